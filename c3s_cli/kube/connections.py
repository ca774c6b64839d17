"""urllib3 connections with one deadline for a whole reading, which use TCP connections that are already open.

urllib3 limits each wait separately, so a server that sends one byte a second could keep it waiting forever. These
connections check the deadline before every wait: for DNS, the connection, TLS, a proxy's tunnel, the headers and the
body.
"""

from __future__ import annotations

from functools import cache
from io import BufferedReader, RawIOBase
from typing import TYPE_CHECKING, Any

from c3s_cli.kube.deadline import Deadline, within

if TYPE_CHECKING:
    from collections.abc import Mapping
    from socket import socket

    from c3s_cli.kube.dial import Dial


def bounded(pools: Mapping[str, type], dials: list[Dial], deadline: Deadline) -> dict[str, type]:
    """Return urllib3's pool classes, by scheme, with connections that use `dials` and keep the deadline."""
    made = {}
    for scheme, pool in pools.items():
        attributes = {"dials": dials, "deadline": deadline, "response_class": _response_class(deadline)}
        connection = type("Connection", (_mixin(), pool.ConnectionCls), attributes)  # type: ignore[attr-defined]
        made[scheme] = type("Pool", (pool,), {"ConnectionCls": connection})
    return made


@cache
def _mixin() -> type:
    import urllib3  # 60 ms, loaded while the connections are made

    class Bounded:
        """The differences from urllib3's connections."""

        dials: list[Dial]
        deadline: Deadline

        def _new_conn(self) -> socket:
            try:
                made = self._dialled() or within(self.deadline.wait(), super()._new_conn)  # type: ignore[misc]
                # TLS and a proxy's tunnel follow, with the time that is left.
                made.settimeout(self.deadline.wait())
            except TimeoutError:
                raise urllib3.exceptions.ConnectTimeoutError(self, "timed out") from None
            connected: socket = made
            return connected

        def _dialled(self) -> socket | None:
            """Take one of the dials and set urllib3's options on it; None if there is none."""
            try:
                made = self.dials.pop().answered(self.deadline.wait())
            except IndexError:
                return None
            if made is not None:
                for option in self.socket_options or ():  # type: ignore[attr-defined]
                    made.setsockopt(*option)
            return made

    return Bounded


def _response_class(deadline: Deadline) -> type:
    from http.client import HTTPResponse  # already imported by urllib3

    class Response(HTTPResponse):
        def __init__(self, sock: socket, *args: Any, **more: Any) -> None:
            super().__init__(sock, *args, **more)
            unbounded, self.fp = self.fp, BufferedReader(_Timed(sock, deadline))
            unbounded.close()

    return Response


class _Timed(RawIOBase):
    """The bytes of a socket; no read waits beyond the deadline."""

    def __init__(self, sock: socket, deadline: Deadline) -> None:
        self._sock = sock
        self._deadline = deadline
        self._raw: Any = sock.makefile("rb", buffering=0)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self._sock.settimeout(self._deadline.wait())
        count: int | None = self._raw.readinto(buffer)
        return count

    def close(self) -> None:
        self._raw.close()
        super().close()
