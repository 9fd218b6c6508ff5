"""Import a BVH or GLB of Neural Depth Refinement into Blender, and render a frame.

In Blender: Scripting > Open > Run Script, after setting FILE below. Without a window, in an environment with the `bpy`
package (`pip install bpy`, which wants the Python of its Blender: 3.11 for 4.5):

    python docs/blender_import.py dance.glb picture.png 30

The picture's name and the frame (from 1) may be left out; then the scene is saved beside the file as .blend.
"""

import math
import sys
from pathlib import Path

import bpy
from mathutils import Vector

FILE = "dance.glb"
METRES_PER_BVH_UNIT = 0.01


def import_motion(path):
    """Import a file into an empty scene; returns the armature, standing on the floor and facing -y (Blender's front)."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    if path.suffix.lower() == ".bvh":
        bpy.ops.import_anim.bvh(
            filepath=str(path),
            global_scale=METRES_PER_BVH_UNIT,
            axis_forward="-Z",
            axis_up="Y",
            rotate_mode="QUATERNION",
            use_fps_scale=False,
            update_scene_fps=True,
            update_scene_duration=True,
        )
    else:
        bpy.ops.import_scene.gltf(filepath=str(path))
    armature = next(thing for thing in bpy.context.scene.objects if thing.type == "ARMATURE")
    start, end = armature.animation_data.action.frame_range
    bpy.context.scene.frame_start, bpy.context.scene.frame_end = int(start), math.ceil(end)
    return armature


def give_body(armature):
    """Give an armature without a mesh (a BVH) one stick per bone, which follows it."""
    for bone in armature.data.bones:
        bpy.ops.mesh.primitive_cone_add(vertices=8, radius1=0.12 * bone.length, radius2=0.03 * bone.length, depth=1)
        stick = bpy.context.object
        stick.scale = (1, 1, bone.length)
        stick.rotation_euler = (-math.pi / 2, 0, 0)
        stick.location = (0, -bone.length / 2, 0)  # a bone's parenting space starts at its tail
        stick.parent, stick.parent_type, stick.parent_bone = armature, "BONE", bone.name


def render(path, frame, aim):
    """Render one frame from the front to a PNG."""
    scene = bpy.context.scene
    scene.frame_set(frame)
    bpy.ops.mesh.primitive_plane_add(size=8)
    camera = bpy.data.objects.new("Camera", bpy.data.cameras.new("Camera"))
    light = bpy.data.objects.new("Light", bpy.data.lights.new("Light", "SUN"))
    light.data.energy, light.rotation_euler = 3.0, (math.radians(45), 0, math.radians(30))
    for thing in (camera, light):
        scene.collection.objects.link(thing)
    camera.location = aim + Vector((0.9, -3.6, 0.5))
    camera.rotation_euler = (aim - camera.location).to_track_quat("-Z", "Y").to_euler()
    scene.camera = camera
    scene.world = bpy.data.worlds.new("World")
    scene.world.color = (0.25, 0.25, 0.25)
    scene.render.engine = "CYCLES"
    scene.cycles.samples = 16
    scene.render.resolution_x, scene.render.resolution_y = 640, 720
    scene.render.filepath = str(path.resolve())
    bpy.ops.render.render(write_still=True)


def main(arguments):
    """Import, and render or save."""
    path = Path(arguments[0] if arguments else FILE)
    armature = import_motion(path)
    if not any(thing.type == "MESH" for thing in bpy.context.scene.objects):
        give_body(armature)
    if len(arguments) > 1:
        frame = int(arguments[2]) if len(arguments) > 2 else bpy.context.scene.frame_start
        render(Path(arguments[1]), frame, Vector((0, 0, 0.9)))
    else:
        bpy.ops.wm.save_as_mainfile(filepath=str(path.resolve().with_suffix(".blend")))


if __name__ == "__main__":
    main(sys.argv[sys.argv.index("--") + 1 :] if "--" in sys.argv else sys.argv[1:])
