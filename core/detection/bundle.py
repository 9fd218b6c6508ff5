"""MediaPipe's pose model, assembled on this machine from a PyPI wheel and kept in the user's cache.

The `.task` bundle that the Tasks API wants is a stored zip of two TFLite models, each with metadata that says how
its image input is normalised. The models themselves are in the wheel of mediapipe 0.10.21 (full) and in the npm
package @mediapipe/pose (lite, heavy); neither needs to be installed.
"""

import contextlib
import hashlib
import io
import os
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import platformdirs

from core.detection.landmark_network import with_normalisation, without_mask
from core.errors import ModelError
from core.system.files.atomic import atomic_path, write_text
from core.system.telemetry import user_environment

VARIANTS: Final = ("lite", "full", "heavy")
_WHEEL_VERSION: Final = "0.10.21"
_NPM_PACKAGE: Final = "@mediapipe/pose@0.5.1675469404"
_DETECTOR: Final = "pose_detector.tflite"
_LANDMARKS: Final = "pose_landmarks_detector.tflite"
_ALIGNMENT: Final = 16  # TFLite copies a model that does not start at a multiple of this


@dataclass(frozen=True)
class PoseModel:
    """A usable pose model.

    Attributes:
        path: The `.task` bundle.
        variant: lite, full or heavy.
        sha256: Of the bundle, 64 hex digits: recorded in every recording, pair file and model card.
    """

    path: Path
    variant: str
    sha256: str


_DETECTOR_SHA256: Final = "9ba9dd3d42efaaba86b4ff0122b06f29c4122e756b329d89dca1e297fd8f866c"
_LANDMARK_SHA256: Final = {
    "lite": "f17bfbecadb61c3be1baa8b8d851cc6619c870a87167b32848ad20db306b9d61",
    "full": "e9a5c5cb17f736fafd4c2ec1da3b3d331d6edbe8a0d32395855aeb2cdfd64b9f",
    "heavy": "59e42d71bcd44cbdbabc419f0ff76686595fd265419566bd4009ef703ea8e1fe",
}


def cache_folder() -> Path:
    """Return the folder for what can be made again: pose models, generated pairs."""
    return Path(platformdirs.user_cache_dir("neural-depth-refinement"))


def pose_model_path(variant: str) -> Path:
    """Return where the cache keeps the bundle that is run, whether it is there or not."""
    # another way of making it is another name, so that no older version's bundle is taken for this one
    return cache_folder() / "pose" / f"pose_landmarker_{variant}_no_mask.task"


def load_pose_model(variant: str = "full", report: Callable[[str], None] = lambda _: None) -> PoseModel:
    """Return the pose model without its segmentation mask, from the cache or made now (needs the network once).

    Its landmarks are those of the stock model to the last bit.

    Args:
        variant: lite, full or heavy. A refiner belongs to the variant it was trained on.
        report: Told in a sentence about a download that is about to start.

    Raises:
        ModelError: Unknown variant, no network, or a damaged file in the cache.
    """
    _require_known(variant)
    return _cached(variant, pose_model_path(variant), lambda: _cut(load_stock_pose_model(variant, report)))


def load_stock_pose_model(variant: str = "full", report: Callable[[str], None] = lambda _: None) -> PoseModel:
    """Return the pose model with all that MediaPipe put into it; see `load_pose_model`.

    It stays in the cache as what was fetched: from it the other is made, and the benchmark compares with it.
    """
    _require_known(variant)

    def fetch() -> bytes:
        report(f"Fetching MediaPipe's pose model ({variant}) from its package; this happens once.")
        return _fetch(variant)

    return _cached(variant, cache_folder() / "pose" / f"pose_landmarker_{variant}.task", fetch)


def _require_known(variant: str) -> None:
    if variant not in VARIANTS:
        raise ModelError(f"There is no pose variant '{variant}'; choose one of {', '.join(VARIANTS)}.")


def _cached(variant: str, path: Path, make: Callable[[], bytes]) -> PoseModel:
    checksum = path.with_suffix(".sha256")
    # os.path: a folder that may not be entered has no model for us; writing one there says so
    if not (os.path.isfile(path) and os.path.isfile(checksum)):
        _keep(make(), path, checksum)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    if checksum.read_text(encoding="ascii").strip() != digest:
        raise ModelError(
            f"The cached pose model {path} is damaged; delete that file and start again to get a fresh one."
        )
    return PoseModel(path, variant, digest)


def _keep(bundle: bytes, path: Path, checksum: Path) -> None:
    # The bundle comes last: a crash in between leaves none, and another instance that sees it has its sum too.
    if not os.path.isfile(checksum):
        with contextlib.suppress(PermissionError):
            path.unlink(missing_ok=True)
    write_text(checksum, hashlib.sha256(bundle).hexdigest())
    with atomic_path(path) as temporary:
        temporary.write_bytes(bundle)


def _fetch(variant: str) -> bytes:
    """Return a bundle of what the packages hold."""
    wheel = _fetch_wheel()
    detector = _zip_member(wheel, "mediapipe/modules/pose_detection/pose_detection.tflite")
    if variant == "full":
        landmark = _zip_member(wheel, "mediapipe/modules/pose_landmark/pose_landmark_full.tflite")
    else:
        landmark = _fetch_npm_member(f"package/pose_landmark_{variant}.tflite")
    _require_digest("pose detector", detector, _DETECTOR_SHA256)
    _require_digest(f"{variant} landmark model", landmark, _LANDMARK_SHA256[variant])
    return _stored_zip(
        {
            _DETECTOR: with_normalisation(detector, mean=127.5, std=127.5),
            _LANDMARKS: with_normalisation(landmark, mean=0.0, std=255.0),
        }
    )


def _cut(stock: PoseModel) -> bytes:
    bundle = stock.path.read_bytes()
    detector, landmark = _zip_member(bundle, _DETECTOR), _zip_member(bundle, _LANDMARKS)
    return _stored_zip({_DETECTOR: detector, _LANDMARKS: without_mask(landmark)})


def _run(command: list[str], what: str) -> None:
    try:
        subprocess.run(command, check=True, capture_output=True, text=True, timeout=600, env=user_environment())  # noqa: S603 pip
    except FileNotFoundError as error:
        raise ModelError(f"Cannot fetch {what}: the program '{command[0]}' is not installed.") from error
    except subprocess.TimeoutExpired as error:
        raise ModelError(f"Cannot fetch {what}: no answer within 10 minutes; check the network.") from error
    except subprocess.CalledProcessError as error:
        last = (error.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise ModelError(f"Cannot fetch {what}: {last}; check the network and start again.") from error


def _fetch_wheel() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        command = [
            sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:",
            "--python-version", "3.11", "--implementation", "cp", "--abi", "cp311",
            "--platform", "manylinux_2_28_x86_64", "--dest", folder, f"mediapipe=={_WHEEL_VERSION}",
        ]  # fmt: skip
        _run(command, f"the mediapipe {_WHEEL_VERSION} package with pip")
        return next(Path(folder).glob("*.whl")).read_bytes()


def _fetch_npm_member(member: str) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        _run(["npm", "pack", "--silent", "--pack-destination", folder, _NPM_PACKAGE], f"{_NPM_PACKAGE} with npm")
        with tarfile.open(next(Path(folder).glob("*.tgz"))) as archive:
            handle = archive.extractfile(member)
            if handle is None:
                raise ModelError(f"The npm package {_NPM_PACKAGE} lacks {member}.")
            return handle.read()


def _zip_member(archive: bytes, member: str) -> bytes:
    try:
        with zipfile.ZipFile(io.BytesIO(archive)) as bundle:
            return bundle.read(member)
    except (zipfile.BadZipFile, KeyError) as error:
        raise ModelError(f"The downloaded mediapipe package lacks {member}; start again.") from error


def _require_digest(what: str, content: bytes, expected: str) -> None:
    if hashlib.sha256(content).hexdigest() != expected:
        raise ModelError(f"The downloaded {what} is not the one expected (sha256 differs); start again.")


def _stored_zip(members: dict[str, bytes]) -> bytes:
    """Return an uncompressed zip whose members start at multiples of 16 bytes, the same bytes every time."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive:
        for name, content in members.items():
            info = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            header = 30 + len(name)
            # an extra field is a 4-byte header and its bytes; fill it so that the content is aligned
            padding = -(stream.tell() + header + 4) % _ALIGNMENT
            info.extra = b"\x00\x00" + padding.to_bytes(2, "little") + bytes(padding)
            archive.writestr(info, content)
    return stream.getvalue()
