"""The servers: demo clusters on loopback, some behind a simulated network, and the flags that point to them."""

from __future__ import annotations

import contextlib
import json
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cases import SIZES

HERE: Final = Path(__file__).parent
AT: Final = "2026-03-02T09:30:00Z"


@contextlib.contextmanager
def server(command: Sequence[str]) -> Iterator[int]:
    """Run a server that prints its port or address until the block ends. Yields the port."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            line = process.stdout.readline() if process.stdout else ""
            found = re.search(r"127\.0\.0\.1:(\d+)", line) or re.search(r"(\d+)", line)
            if found is None:
                sys.exit(f"{' '.join(command)} did not start")
            yield int(found[1])
        finally:
            process.kill()


@contextlib.contextmanager
def demo(size: str, *, moves: bool) -> Iterator[int]:
    """Serve a demo cluster of a size. Yields the port. moves: whether time passes, so that a watch has changes."""
    nodes, pods = SIZES[size]
    words = ["demo", "--port", "0", "--nodes", str(nodes), "--pods-per-node", str(pods)]
    words += [] if moves else ["--at", AT]
    with server([sys.executable, "-m", "c3s_cli", *words]) as port:
        yield port


@dataclass(frozen=True)
class Certificates:
    """The files of a certificate authority, and of a certificate for loopback signed by it."""

    authority: Path
    server: Path

    @classmethod
    def make(cls, folder: Path) -> Certificates:
        """Create new certificates in a directory."""
        import trustme  # noqa: PLC0415  only cases with a network need it

        made = cls(folder / "ca.crt", folder / "server.pem")
        authority = trustme.CA()
        authority.cert_pem.write_to_path(str(made.authority))
        authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(str(made.server))
        return made


@contextlib.contextmanager
def target(port: int, round_trip: int, folder: Path) -> Iterator[list[str]]:
    """Yield the flags that point both programs to the demo at a port, directly or through a network.

    No flags for port 0, which means no server.
    """
    if not port:
        yield []
        return
    if not round_trip:
        yield ["--server", f"http://127.0.0.1:{port}"]
        return
    certificates = Certificates.make(folder)
    words = [str(port), str(round_trip), str(certificates.server)]
    with server([sys.executable, str(HERE / "delay.py"), *words]) as far:
        yield ["--kubeconfig", str(_kubeconfig(folder, far, certificates.authority))]


def _kubeconfig(folder: Path, port: int, authority: Path) -> Path:
    """Write a kubeconfig for a TLS server at a port, with a token."""
    path = folder / f"config-{port}"
    cluster = {"server": f"https://127.0.0.1:{port}", "certificate-authority": str(authority)}
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "bench",
        "contexts": [{"name": "bench", "context": {"cluster": "bench", "user": "bench"}}],
        "clusters": [{"name": "bench", "cluster": cluster}],
        "users": [{"name": "bench", "user": {"token": "bench"}}],
    }
    path.write_text(json.dumps(document))
    return path
