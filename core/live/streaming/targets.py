"""From what a person typed to where poses go."""

import ipaddress
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from core.errors import SettingsError
from core.live.streaming.sinks import PoseSink

DEFAULT_HOST: Final = "127.0.0.1"
DEFAULT_PORTS: Final = {"vmc": 39539, "osc": 39541, "tcp": 39542, "ws": 39543}
TARGETS: Final = {
    "vmc": "avatars: VMC protocol over OSC",
    "osc": "plain OSC, one bundle per frame",
    "tcp": "JSON lines; this program listens",
    "ws": "JSON over WebSocket; this program listens",
}


@dataclass(frozen=True)
class Target:
    """One place to stream to.

    Attributes:
        kind: Key of TARGETS.
        host: Where to send; for "tcp" and "ws" the address of this machine to listen on.
        port: 1 to 65535.
    """

    kind: str
    host: str = DEFAULT_HOST
    port: int = 0

    def __post_init__(self) -> None:
        if self.kind not in TARGETS:
            raise SettingsError(f"There is no way to stream called '{self.kind}'; choose from {', '.join(TARGETS)}.")
        if not 0 <= self.port <= 65535:
            raise SettingsError(f"There is no port {self.port}; choose 1 to 65535.")

    @property
    def is_local(self) -> bool:
        """Whether nothing leaves this machine."""
        try:
            return self.host == "localhost" or ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.kind}={host}:{self.port}"


def parse_target(text: str) -> Target:
    """Read KIND, KIND=HOST, KIND=PORT or KIND=HOST:PORT; an IPv6 address goes in brackets.

    Raises:
        SettingsError: Not of this form.
    """
    kind, _, address = (part.strip() for part in text.partition("="))
    kind = kind.lower()
    host, port = DEFAULT_HOST, DEFAULT_PORTS.get(kind, 0)
    if address.startswith("[") and "]" in address:
        host, _, rest = address[1:].partition("]")
        given = rest.removeprefix(":")
    elif address.isdecimal():
        given = address
    else:
        name, _, given = address.partition(":")
        host = name or host
    if given:
        if not given.isdecimal():
            raise SettingsError(f"'{text}' is not KIND=HOST:PORT, for example vmc=192.168.1.20:39539.")
        port = int(given)
    return Target(kind, host, port)


def open_sinks(targets: Iterable[str | Target]) -> list[PoseSink]:
    """Open every target; all of them or none.

    Raises:
        SettingsError: A target makes no sense, or there is no such host.
        OutputError: A port to listen on is taken.
    """
    from core.live.streaming.json_lines import TcpSink, WebSocketSink
    from core.live.streaming.osc import OscSink, VmcSink

    kinds: dict[str, Callable[[str, int], PoseSink]]
    kinds = {"vmc": VmcSink, "osc": OscSink, "tcp": TcpSink, "ws": WebSocketSink}
    wanted = [parse_target(target) if isinstance(target, str) else target for target in targets]
    sinks: list[PoseSink] = []
    try:
        for target in wanted:
            sinks.append(kinds[target.kind](target.host, target.port))
    except BaseException:
        for sink in sinks:
            sink.close()
        raise
    return sinks
