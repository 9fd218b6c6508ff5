"""Import a BVH or GLB of Neural Depth Refinement into Blender, and render a frame.

In Blender: Scripting > Open > Run Script, after setting FILE below. Without a window, with the `bpy` package (`pip
install bpy==4.5.*` into an environment of Python 3.11):

    python docs/blender_import.py dance.glb                    # saves dance.blend
    python docs/blender_import.py dance.glb picture.png 30     # renders frame 30, counted from 1

Tried with bpy 4.5.
"""

import json
import math
import struct
import sys
from pathlib import Path

import bpy
from mathutils import Vector

FILE = "dance.glb"
METRES_PER_BVH_UNIT = 0.01
COLOURS = {"Left": (0.04, 0.35, 0.80, 1), "Right": (0.87, 0.30, 0.01, 1), "": (0.8, 0.8, 0.8, 1)}


def import_motion(path):
    """Import a file into an empty scene; return the armature, on the floor, facing Blender's front (-y)."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    scene = bpy.context.scene
    if path.suffix.lower() == ".bvh":
        bpy.ops.import_anim.bvh(
            filepath=str(path),
            global_scale=METRES_PER_BVH_UNIT,
            axis_forward="-Z",
            axis_up="Y",
            rotate_mode="QUATERNION",
            update_scene_fps=True,
        )
    else:
        fps = glb_frame_rate(path)
        scene.render.fps, scene.render.fps_base = math.ceil(fps), math.ceil(fps) / fps
        bpy.ops.import_scene.gltf(filepath=str(path), disable_bone_shape=True)
    armature = next(thing for thing in scene.objects if thing.type == "ARMATURE")
    start, end = armature.animation_data.action.frame_range
    scene.frame_start, scene.frame_end = round(start), round(end)
    return armature


def glb_frame_rate(path):
    """Return the frame rate that the file says; Blender would place its keys at 24 per second."""
    with path.open("rb") as file:
        length = struct.unpack("<12xII", file.read(20))[0]
        return json.loads(file.read(length))["asset"]["extras"]["rate_hz"]


def give_body(armature):
    """Give an armature without a mesh (a BVH) a cone for every bone, which follows it."""
    for bone in armature.data.bones:
        if bone.name == "Hips":  # its children begin where it does
            continue
        bpy.ops.mesh.primitive_cone_add(vertices=8, radius1=0.12 * bone.length, radius2=0.03 * bone.length, depth=1)
        cone = bpy.context.object
        cone.scale = (1, 1, bone.length)
        cone.rotation_euler = (-math.pi / 2, 0, 0)
        cone.location = (0, -bone.length / 2, 0)  # seen from the bone's tail
        cone.parent, cone.parent_type, cone.parent_bone = armature, "BONE", bone.name
        side = next(side for side in COLOURS if bone.name.startswith(side))
        cone.data.materials.append(material(side or "Middle", COLOURS[side]))


def material(name, colour):
    """Return the material of that name, made if there is none."""
    found = bpy.data.materials.get(name) or bpy.data.materials.new(name)
    found.use_nodes = True
    found.node_tree.nodes["Principled BSDF"].inputs["Base Color"].default_value = colour
    return found


def render(path, frame, samples=24):
    """Render one frame, seen from the front and a little from above, to a PNG."""
    scene = bpy.context.scene
    scene.frame_set(frame)
    bpy.ops.mesh.primitive_plane_add(size=12)
    bpy.context.object.data.materials.append(material("Floor", (0.12, 0.13, 0.15, 1)))
    camera = bpy.data.objects.new("Camera", bpy.data.cameras.new("Camera"))
    light = bpy.data.objects.new("Light", bpy.data.lights.new("Light", "SUN"))
    light.data.energy, light.data.angle, light.rotation_euler = 3.0, 0.2, (math.radians(40), 0, math.radians(35))
    for thing in (camera, light):
        scene.collection.objects.link(thing)
    aim = Vector((0, 0, 0.85))
    camera.location = aim + Vector((1.0, -3.4, 0.7))
    camera.rotation_euler = (aim - camera.location).to_track_quat("-Z", "Y").to_euler()
    scene.camera = camera
    scene.world = bpy.data.worlds.new("World")
    scene.world.color = (0.3, 0.32, 0.35)
    scene.view_settings.view_transform = "Standard"
    scene.render.engine, scene.cycles.samples = "CYCLES", samples
    scene.render.resolution_x, scene.render.resolution_y = 600, 640
    scene.render.filepath = str(path.resolve())
    bpy.ops.render.render(write_still=True)


def main(arguments):
    """Import, and render or save."""
    path = Path(arguments[0] if arguments else FILE)
    armature = import_motion(path)
    if not any(thing.type == "MESH" for thing in bpy.context.scene.objects):
        give_body(armature)
    if len(arguments) > 1:
        render(Path(arguments[1]), int(arguments[2]) if len(arguments) > 2 else bpy.context.scene.frame_start)
    elif bpy.app.background:
        bpy.ops.wm.save_as_mainfile(filepath=str(path.resolve().with_suffix(".blend")))


if __name__ == "__main__":
    main(sys.argv[sys.argv.index("--") + 1 :] if "--" in sys.argv else sys.argv[1:])
