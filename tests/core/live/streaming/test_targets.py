import socket

import pytest

from core.errors import OutputError, SettingsError
from core.live.streaming import DEFAULT_PORTS, TARGETS, Target, open_sinks, parse_target
from core.live.streaming.osc import VmcSink


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("vmc", Target("vmc", "127.0.0.1", 39539)),
        ("VMC=39540", Target("vmc", "127.0.0.1", 39540)),
        ("osc=studio.local", Target("osc", "studio.local", 39541)),
        (" ws = 0.0.0.0:8080 ", Target("ws", "0.0.0.0", 8080)),
        ("tcp=[::1]:9", Target("tcp", "::1", 9)),
        ("vmc=[fe80::2]", Target("vmc", "fe80::2", 39539)),
    ],
)
def test_what_people_type(text, target):
    assert parse_target(text) == target
    assert parse_target(str(target)) == target


@pytest.mark.parametrize("text", ["", "avatar", "vmc=host:port", "vmc=1.2.3.4:70000", "osc=::1"])
def test_what_makes_no_sense_is_one_sentence(text):
    with pytest.raises(SettingsError):
        parse_target(text)


def test_nothing_leaves_the_machine_unless_a_host_is_named():
    assert all(parse_target(kind).is_local for kind in TARGETS)
    assert set(DEFAULT_PORTS) == set(TARGETS)
    assert parse_target("vmc=localhost").is_local
    assert parse_target("vmc=[::1]").is_local
    for elsewhere in ("vmc=192.168.1.20", "ws=0.0.0.0", "osc=studio.local"):
        assert not parse_target(elsewhere).is_local


def test_all_targets_open_or_none():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(OutputError, match="Cannot listen"):
            open_sinks(["ws=0", f"tcp={port}"])
    vmc, ws = open_sinks([Target("vmc", "127.0.0.1", 39539), "ws=0"])
    assert isinstance(vmc, VmcSink)
    vmc.close()
    ws.close()
