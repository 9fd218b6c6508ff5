"""Files whose packets carry the times that a test wants."""

from fractions import Fraction

import av
import pytest


@pytest.fixture
def retimed(make_video, tmp_path):
    """Copy the packets of a video, each with the (shown, decoded) ticks that `change` makes of its own."""

    def make(name, change, *, n=60, fps=30, tick=Fraction(1, 1000), options=None, codec="libx264", **stream_options):
        encoding = {"g": "10", **stream_options}
        source = make_video(f"source-{name}.mkv", n=n, fps=fps, codec=codec, stream_options=encoding)
        path = tmp_path / name
        with av.open(str(source)) as given, av.open(str(path), "w", options=options or {}) as taken:
            stream = given.streams.video[0]
            copy = taken.add_stream_from_template(stream)
            copy.time_base = tick
            for number, packet in enumerate(p for p in given.demux(stream) if p.size):
                packet.pts, packet.dts = change(number, packet)
                packet.time_base, packet.stream = tick, copy
                taken.mux(packet)
        return path

    return make
