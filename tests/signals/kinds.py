"""The kinds of moments at which signals come, and the servers that c3s is busy with then."""

from __future__ import annotations

import signal
import socket
import threading
from base64 import b64encode
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Final, NamedTuple

from c3s_cli.demo.server import start
from tests.authority import server_context, write_files
from tests.fleets import kubeconfig
from tests.servers import FakeApi, node, node_metrics

INT, TERM, HUP, QUIT = signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT


class Kind(NamedTuple):
    """One kind. words: the command line, with names of `places`. signals: one of them is sent.

    between: when it is sent, in the time that a reading takes; for `unread`, after the live view has begun. again: a
    second signal follows within 4 ms. files: as on a system without files in memory. screen: it runs at a terminal.
    unread: nobody reads from that terminal any more. ends: it may have ended by itself before.
    """

    words: str
    signals: tuple[signal.Signals, ...]
    between: tuple[float, float]
    again: bool = False
    files: bool = False
    screen: bool = False
    unread: bool = False
    ends: bool = False


# The time in which the others are measured.
READING: Final = "top nodes --server {demo}"
FLEET: Final = "top nodes --all-contexts --kubeconfig {twenty}"
KINDS: Final = {
    "early": Kind("--help", (INT,), (0, 0.4), ends=True),
    "refused": Kind("top nodes --server http://127.0.0.1:9", (INT,), (0, 0.7), ends=True),
    "wide": Kind("top pods -A -o wide --server {demo}", (INT,), (0.05, 0.9), ends=True),
    "fleet": Kind(FLEET, (TERM, INT, HUP, QUIT), (0.5, 1.5)),
    "files": Kind(FLEET, (TERM, INT, HUP, QUIT), (0.5, 1.5), files=True),
    "screen": Kind("watch nodes -i 0.05 --server {demo}", (INT, TERM, HUP), (0.6, 2.2), again=True, screen=True),
    "unread": Kind("watch pods -A -i 0.05 --server {demo}", (INT, TERM, HUP), (0, 1.2), screen=True, unread=True),
    "quit": Kind("watch nodes -i 0.05 --kubeconfig {one}", (QUIT,), (0.6, 2.2), files=True, screen=True),
}


@contextmanager
def places(folder: Path) -> Iterator[dict[str, str]]:
    """Start the servers; give the address of a demo, and kubeconfigs with keys in them: of one, and of twenty."""
    names = write_files(folder)
    data = {name: b64encode(Path(path).read_bytes()).decode() for name, path in names.items()}
    user = {"client-certificate-data": data["client.crt"], "client-key-data": data["client.key"]}
    with ExitStack() as stack:
        demo = stack.enter_context(start())
        secure = stack.enter_context(FakeApi(server_context(clients=True)))
        secure.nodes(node("a"))
        secure.node_metrics(node_metrics("a"))
        urls = {f"c{number}": stack.enter_context(_deaf()) for number in range(20)}
        one = kubeconfig(folder / "one", {"c": secure.url}, c=user)
        twenty = kubeconfig(folder / "twenty", urls, **dict.fromkeys(urls, user))
        for path in (one, twenty):
            text = path.read_text().replace(
                '{"server"', f'{{"certificate-authority-data": "{data["ca.crt"]}", "server"'
            )
            path.write_text(text)
        yield {"demo": demo.url, "one": str(one), "twenty": str(twenty)}


@contextmanager
def _deaf() -> Iterator[str]:
    """Accept connections, and never answer."""
    with socket.create_server(("127.0.0.1", 0), backlog=100) as server:

        def accept() -> None:
            with suppress(OSError):
                while True:
                    threading.Thread(target=_swallow, args=server.accept()[:1], daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        yield f"https://127.0.0.1:{server.getsockname()[1]}"
        server.shutdown(socket.SHUT_RDWR)


def _swallow(connection: socket.socket) -> None:
    with connection, suppress(OSError):
        while connection.recv(1 << 16):
            pass
