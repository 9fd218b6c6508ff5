"""Poses as OSC over UDP: the VMC protocol for avatars, and plain addresses for everything else.

python-osc encodes each message once; what changes from frame to frame are the numbers at its end, which are packed
here: encoding sixty messages sixty times a second would take a tenth of a core.
"""

import socket
import struct
import time
from collections.abc import Iterable
from typing import Any, Final

import numpy as np
from pythonosc.osc_bundle_builder import IMMEDIATELY, OscBundleBuilder
from pythonosc.osc_message_builder import OscMessageBuilder

from core.errors import SettingsError
from core.live.streaming.pose import StreamedPose
from core.pose.humanoid import BONE_NAMES, N_BONES
from core.pose.skeleton import COCO_NAMES
from core.pose.types import FloatArray

_MOST_BYTES: Final = 1400
"""Of a bundle: what goes through a usual network in one piece."""
_BUNDLE_HEAD: Final[bytes] = OscBundleBuilder(IMMEDIATELY).build().dgram


class Template:
    """A message with fixed texts in front and `n` 32-bit floats behind."""

    def __init__(self, address: str, *texts: str, n: int) -> None:
        builder = OscMessageBuilder(address)
        for text in texts:
            builder.add_arg(text)
        for _ in range(n):
            builder.add_arg(0.0, OscMessageBuilder.ARG_TYPE_FLOAT)
        self._head = builder.build().dgram[: -4 * n]
        self._pack = struct.Struct(f">{n}f").pack

    def __call__(self, *values: float) -> bytes:
        """Return the message with these numbers."""
        return self._head + self._pack(*values)


def message(address: str, *values: int | float | str) -> bytes:
    """Return a message of a few values, each sent as what it is."""
    builder = OscMessageBuilder(address)
    for value in values:
        builder.add_arg(value)
    return builder.build().dgram


class UdpSender:
    """Sends OSC messages to one address, which is looked up once."""

    def __init__(self, host: str, port: int) -> None:
        """Open a socket.

        Raises:
            SettingsError: There is no such host.
        """
        try:
            family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)[0]
        except (OSError, UnicodeError) as error:
            raise SettingsError(f"There is no host '{host}' to stream to; check the name.") from error
        self._address: Any = address
        self._socket = socket.socket(family, kind, protocol)
        self._socket.setblocking(False)

    def send(self, messages: Iterable[bytes]) -> None:
        """Send messages in as few bundles as fit a network's packets.

        Raises:
            OSError: The network refuses.
        """
        bundle = _BUNDLE_HEAD
        for message in messages:
            element = struct.pack(">i", len(message)) + message
            if len(bundle) + len(element) > _MOST_BYTES:
                self._socket.sendto(bundle, self._address)
                bundle = _BUNDLE_HEAD
            bundle += element
        self._socket.sendto(bundle, self._address)

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()


class OscSink:
    """Plain OSC, once per frame.

    `/ndr/frame` frame number (int), time in seconds, whether somebody is seen (0 or 1, int); then, if so, `/ndr/view`
    azimuth and elevation in degrees, `/ndr/joint/NAME` x, y, z, standard deviation in metres for those of the 17 COCO
    joints that were seen, `/ndr/hips` x, y, z, `/ndr/bone/NAME` the local quaternion x, y, z, w of the 19 bones, and
    `/ndr/held` the names of the bones that are not seen and keep their last turn. Right-handed, y up.
    """

    is_paced = False

    def __init__(self, host: str, port: int) -> None:
        self._sender = UdpSender(host, port)
        self._view, self._hips = Template("/ndr/view", n=2), Template("/ndr/hips", n=3)
        self._joints = [Template(f"/ndr/joint/{name}", n=4) for name in COCO_NAMES]
        self._bones = [Template(f"/ndr/bone/{name}", n=4) for name in BONE_NAMES]

    def send(self, pose: StreamedPose) -> None:
        """Send one pose."""
        messages = [message("/ndr/frame", pose.frame_index, pose.time_s, int(pose.is_found))]
        if pose.is_found:
            places = np.column_stack([pose.joints_m, pose.uncertainty_m]).tolist()
            messages += [self._view(pose.azimuth_deg, pose.elevation_deg), self._hips(*pose.root_m.tolist())]
            seen = np.asarray(np.isfinite(pose.joints_m).all(axis=1))
            rows = zip(self._joints, places, seen, strict=True)
            messages += [template(*row) for template, row, is_seen in rows if is_seen]
            messages += _held(pose)
            messages += [template(*row) for template, row in zip(self._bones, pose.local.tolist(), strict=True)]
        self._sender.send(messages)

    def close(self) -> None:
        """Close the socket."""
        self._sender.close()


class VmcSink:
    """The performer's side of the VMC protocol 2.7, at a steady rate.

    `/VMC/Ext/OK` says whether somebody is seen and what the calibration is doing, `/VMC/Ext/T` the time,
    `/VMC/Ext/Root/Pos` the origin, `/VMC/Ext/Bone/Pos` position and rotation of each bone seen from its parent. Unity's
    axes: left-handed, y up, z where the person faces in the T-pose. When nobody is seen the last pose is repeated; a
    bone that is not seen keeps its last turn, and `/ndr/held`, which programs for avatars pass over, names it.
    """

    is_paced = True

    def __init__(self, host: str, port: int) -> None:
        self._sender = UdpSender(host, port)
        self._start_s = time.monotonic()
        self._last: StreamedPose | None = None
        self._time = Template("/VMC/Ext/T", n=1)
        self._root = Template("/VMC/Ext/Root/Pos", "root", n=7)(0, 0, 0, 0, 0, 0, 1)
        self._bones = [Template("/VMC/Ext/Bone/Pos", name, n=7) for name in BONE_NAMES]

    def send(self, pose: StreamedPose) -> None:
        """Send one pose."""
        if pose.is_found:
            self._last = pose
        is_loaded = int(self._last is not None)
        messages = [
            message("/VMC/Ext/OK", is_loaded, int(pose.calibration), 0, int(pose.is_found)),
            self._time(time.monotonic() - self._start_s),
        ]
        if self._last is not None:
            places = self._last.humanoid.offsets_m[:N_BONES].copy()
            places[0] = self._last.root_m
            rows = np.concatenate([unity_vectors(places), unity_quaternions(self._last.local)], axis=1).tolist()
            messages += _held(self._last)
            messages += [self._root, *(template(*row) for template, row in zip(self._bones, rows, strict=True))]
        self._sender.send(messages)

    def close(self) -> None:
        """Close the socket."""
        self._sender.close()


def _held(pose: StreamedPose) -> list[bytes]:
    """Return the message that names the bones that are not seen, if there are any."""
    return [message("/ndr/held", *pose.held_bones)] if pose.held_bones else []


def unity_vectors(vectors: FloatArray) -> FloatArray:
    """Return (..., 3) vectors in Unity's left-handed axes: x, to the person's left here, is to the right there."""
    return vectors * [-1.0, 1.0, 1.0]


def unity_quaternions(quaternions: FloatArray) -> FloatArray:
    """Return (..., 4) quaternions x, y, z, w in Unity's left-handed axes."""
    return quaternions * [1.0, -1.0, -1.0, 1.0]
