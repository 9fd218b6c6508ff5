"""A small OpenGL renderer without a window: people in a textured room."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import moderngl
import numpy as np

from core.errors import ModelError
from core.pose.types import FloatArray, ImageArray
from models.data.studio.appearance import Appearance
from models.data.studio.body import Float32
from models.data.studio.scene import Scene

_NEAR_M, _FAR_M = 0.1, 80.0

_BODY_VERTEX: Final = """
#version 330
uniform mat4 view; uniform mat4 projection;
in vec3 position; in vec3 normal; in vec3 colour; in vec3 second_colour; in vec3 rest; in float cloth;
out vec3 f_normal; out vec3 f_colour; out vec3 f_second; out vec3 f_rest; out float f_cloth; out vec3 f_position;
void main() {
    f_normal = normal; f_colour = colour; f_second = second_colour; f_rest = rest; f_cloth = cloth;
    f_position = position;
    gl_Position = projection * view * vec4(position, 1.0);
}
"""
_BODY_FRAGMENT: Final = """
#version 330
uniform vec3 light; uniform float ambient; uniform vec3 sky; uniform vec3 tint; uniform vec3 eye;
uniform int pattern; uniform float frequency; uniform sampler2DArray textures;
in vec3 f_normal; in vec3 f_colour; in vec3 f_second; in vec3 f_rest; in float f_cloth; in vec3 f_position;
out vec4 result;
void main() {
    vec3 n = normalize(f_normal);
    float share = 0.0;
    float h = step(0.5, fract(f_rest.y * frequency)), w = step(0.5, fract((f_rest.x + f_rest.z) * frequency));
    if (pattern == 1) share = h;
    if (pattern == 2) share = w;
    if (pattern == 3) share = 0.5 * (h + w);
    vec3 base = mix(f_colour, f_second, share * f_cloth);
    float wrinkle = texture(textures, vec3(f_rest.xy * 3.0 + f_rest.z, 5.0)).r - 0.5;
    base *= 1.0 + wrinkle * (0.12 + 0.4 * f_cloth);
    float lambert = max(dot(n, light), 0.0);
    float hemisphere = 0.5 + 0.5 * n.y;
    float rim = pow(1.0 - max(dot(n, normalize(eye - f_position)), 0.0), 3.0);
    vec3 lit = base * (ambient * (0.55 + 0.45 * hemisphere) * sky + (1.0 - ambient) * 1.25 * lambert * tint);
    result = vec4(lit * (1.0 - 0.45 * rim), 1.0);
}
"""
_ROOM_VERTEX: Final = """
#version 330
uniform mat4 view; uniform mat4 projection;
in vec3 position; in vec3 normal; in vec3 uv_layer;
out vec3 f_normal; out vec3 f_uv; out vec3 f_position;
void main() {
    f_normal = normal; f_uv = uv_layer; f_position = position;
    gl_Position = projection * view * vec4(position, 1.0);
}
"""
_ROOM_FRAGMENT: Final = """
#version 330
uniform vec3 light; uniform float ambient; uniform sampler2DArray textures; uniform vec3 blobs[3]; uniform float shade;
in vec3 f_normal; in vec3 f_uv; in vec3 f_position;
out vec4 result;
void main() {
    vec3 base = texture(textures, f_uv).rgb;
    float lit = ambient + (1.0 - ambient) * (0.35 + 0.65 * max(dot(f_normal, light), 0.0));
    if (f_position.y < 0.01)
        for (int i = 0; i < 3; i++) {
            vec2 d = (f_position.xz - blobs[i].xy) / blobs[i].z;
            lit *= 1.0 - shade * exp(-dot(d, d));
        }
    result = vec4(base * lit, 1.0);
}
"""


_EGL: Final[dict[str, Any]] = {"backend": "egl"}


def _uniform(program: moderngl.Program, name: str) -> moderngl.Uniform:
    member = program[name]
    assert isinstance(member, moderngl.Uniform)  # noqa: S101 as the shaders declare it
    return member


@dataclass(frozen=True)
class CameraPose:
    """A pinhole camera: (3, 3) intrinsics, (3, 3) world → camera (OpenCV axes), (3,) place in the world, metres."""

    intrinsics: FloatArray
    rotation: FloatArray
    position: FloatArray


class _Figure:
    """A dressed body on the graphics card."""

    def __init__(self, gl: moderngl.Context, program: moderngl.Program, a: Appearance) -> None:
        self._program, self._pattern = program, a.pattern
        fixed = np.concatenate([a.colours, a.second_colours, a.vertices, a.cloth[:, None]], axis=1)
        self._moving = gl.buffer(reserve=len(a.vertices) * 24, dynamic=True)
        self._fixed = gl.buffer(np.ascontiguousarray(fixed, dtype=np.float32))
        self._faces = gl.buffer(np.ascontiguousarray(a.faces))
        self._array = gl.vertex_array(
            program,
            [
                (self._moving, "3f 3f", "position", "normal"),
                (self._fixed, "3f 3f 3f 1f", "colour", "second_colour", "rest", "cloth"),
            ],
            self._faces,
        )

    def draw(self, skinned: Float32) -> None:
        _uniform(self._program, "pattern").value, _uniform(self._program, "frequency").value = self._pattern
        self._moving.write(np.ascontiguousarray(skinned))
        self._array.render()

    def release(self) -> None:
        for thing in (self._array, self._moving, self._fixed, self._faces):
            thing.release()


class Renderer:
    """Draws at one image size; make a new scene per clip with `load`, then draw its frames. Not thread-safe."""

    def __init__(self, n_samples: int = 0) -> None:
        """Open an EGL context.

        Raises:
            ModelError: There is no EGL, or it has no OpenGL 3.3.
        """
        try:
            self._gl = moderngl.create_context(standalone=True, require=330, **_EGL)
        except Exception as error:  # moderngl and glcontext raise nothing narrower
            raise ModelError(
                f"The studio cannot open OpenGL through EGL ({error}); on Debian install libegl1 and libgl1-mesa-dri."
            ) from error
        self._n_samples = n_samples
        self._body_program = self._gl.program(vertex_shader=_BODY_VERTEX, fragment_shader=_BODY_FRAGMENT)
        self._room_program = self._gl.program(vertex_shader=_ROOM_VERTEX, fragment_shader=_ROOM_FRAGMENT)
        self._figures: list[_Figure] = []
        self._size: tuple[int, int] | None = None
        self._target: moderngl.Framebuffer
        self._resolved: moderngl.Framebuffer
        self._scene_objects: list[moderngl.Buffer | moderngl.VertexArray | moderngl.TextureArray] = []

    def load(self, scene: Scene, appearances: Sequence[Appearance], size: tuple[int, int]) -> None:
        """Take over a clip's room, the clothes of everybody in it, and its image size (width, height)."""
        self._resize(size)
        for thing in self._scene_objects:
            thing.release()
        layers, height, width, _ = scene.textures.shape
        textures = self._gl.texture_array((width, height, layers), 3, np.ascontiguousarray(scene.textures))
        textures.build_mipmaps()
        textures.filter = (moderngl.LINEAR_MIPMAP_LINEAR, moderngl.LINEAR)
        textures.use(0)
        room = self._gl.buffer(np.ascontiguousarray(scene.triangles, dtype=np.float32))
        self._room = self._gl.vertex_array(self._room_program, [(room, "3f 3f 3f", "position", "normal", "uv_layer")])
        self._scene_objects = [textures, self._room, room]
        for figure in self._figures:
            figure.release()
        self._figures = [_Figure(self._gl, self._body_program, appearance) for appearance in appearances]
        for program in (self._body_program, self._room_program):
            _uniform(program, "light").value = tuple(scene.light)
            _uniform(program, "ambient").value = scene.ambient
        _uniform(self._body_program, "sky").value = tuple(scene.sky)
        _uniform(self._body_program, "tint").value = tuple(scene.tint)
        _uniform(self._room_program, "shade").value = scene.shade

    def draw(self, skinned: Sequence[Float32], blobs: FloatArray, camera: CameraPose) -> ImageArray:
        """Return the (H, W, 3) RGB image of one moment.

        Args:
            skinned: (V, 6) positions and normals, world, of each person in the order of `load`; the last may lack.
            blobs: (3, 3) shadows on the floor: x, z, radius, metres.
            camera: Where from.
        """
        assert self._size is not None  # noqa: S101 known since `load`
        width, height = self._size
        view = np.eye(4)
        view[:3, :3] = camera.rotation
        view[:3, 3] = -camera.rotation @ camera.position
        view[1:3] *= -1  # OpenGL looks along -z, y up
        matrix = projection(camera.intrinsics, width, height)
        for program in (self._body_program, self._room_program):
            _uniform(program, "view").write(np.ascontiguousarray(view.T, dtype=np.float32))
            _uniform(program, "projection").write(np.ascontiguousarray(matrix.T, dtype=np.float32))
        _uniform(self._body_program, "eye").value = tuple(camera.position)
        _uniform(self._room_program, "blobs").value = [tuple(b) for b in blobs]
        self._target.use()
        self._target.clear(0.6, 0.7, 0.8, depth=1.0)
        self._gl.enable(moderngl.DEPTH_TEST)
        self._gl.enable(moderngl.CULL_FACE)  # halves the time that the body takes
        for figure, body in zip(self._figures, skinned, strict=False):
            figure.draw(body)
        self._gl.disable(moderngl.CULL_FACE)
        self._room.render()
        if self._n_samples:
            self._gl.copy_framebuffer(self._resolved, self._target)
        flat = np.frombuffer(self._resolved.read(components=3, alignment=1), np.uint8)
        return flat.reshape(height, width, 3)[::-1]

    def _resize(self, size: tuple[int, int]) -> None:
        if size == self._size:
            return
        if self._size is not None:
            for target in {self._target, self._resolved}:
                target.release()
        self._size = size
        self._resolved = self._gl.simple_framebuffer(size, components=3)
        self._target = (
            self._gl.simple_framebuffer(size, components=3, samples=self._n_samples)
            if self._n_samples
            else self._resolved
        )

    def close(self) -> None:
        """Free the context."""
        self._gl.release()


def projection(intrinsics: FloatArray, width: int, height: int) -> FloatArray:
    """Return the (4, 4) OpenGL projection of a pinhole camera."""
    fx, fy, cx, cy = intrinsics[0, 0], intrinsics[1, 1], intrinsics[0, 2], intrinsics[1, 2]
    near, far = _NEAR_M, _FAR_M
    return np.array(
        [
            [2 * fx / width, 0, 1 - 2 * cx / width, 0],
            [0, 2 * fy / height, 2 * cy / height - 1, 0],
            [0, 0, -(far + near) / (far - near), -2 * far * near / (far - near)],
            [0, 0, -1, 0],
        ]
    )
