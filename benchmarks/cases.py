"""The benchmark's cases: every row of the table, with its targets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

# Nodes, and pods on each of them.
SIZES: Final = {"S": (3, 10), "M": (100, 30), "L": (1000, 30), "XL": (5000, 30)}
# Ticks of a watch before measuring, and ticks measured.
WARM: Final = 3
TICKS: Final = 10


@dataclass(frozen=True)
class Case:
    """One row of the table: a command of c3s compared with one of kubectl.

    wall, cpu, memory: the largest acceptable ratios. memory_mib: as memory, but absolute. growth: the largest
    acceptable ratio of a watch's peak memory after many ticks to that after a few. network: the round trip in ms, over
    TLS; 0 for plain loopback. bounds: what c3s spends its time on. first_line: the reader closes the pipe after a line.
    """

    size: str
    c3s: str
    kubectl: str
    wall: float | None = None
    memory: float | None = None
    bounds: str = ""
    network: int = 0
    cpu: float | None = None
    memory_mib: float | None = None
    growth: float | None = None
    first_line: bool = False

    @property
    def title(self) -> str:
        """The name of the row, for --only and for progress messages."""
        return f"{self.where} {self.shown}"

    @property
    def where(self) -> str:
        """The size of the cluster, and the network."""
        return f"{self.size}, TLS, {self.network} ms" if self.network else self.size

    @property
    def shown(self) -> str:
        """The command of c3s as typed in a shell."""
        return f"{self.c3s} | head -1" if self.first_line else self.c3s

    @property
    def is_watch(self) -> bool:
        """Whether to measure the CPU of one tick of a watch, not of a whole process."""
        return self.c3s.startswith("watch")


START = "interpreter, imports"
TRIPS = "imports, then one round trip"
DECODING = "transfer, decoding"
CASES: Final = (
    Case("-", "--version", "version --client", 1.6, 0.6, "interpreter"),
    Case("S", "top nodes", "top nodes", 4.4, 0.75, START),
    Case("S", "top nodes", "top nodes", 1.7, None, TRIPS, network=20),
    Case("S", "top pods -A -o wide", "top pods -A", 1.9, None, f"{TRIPS}, on four connections", network=20),
    Case("S", "top nodes", "top nodes", 1.0, None, TRIPS, network=80),
    Case("S", "top pods -A", "top pods -A", None, None, TRIPS, network=80),
    Case("M", "top pods -A", "top pods -A", 1.35, None, START),
    Case("L", "top pods -A", "top pods -A", 0.4, 0.5, f"{START}, {DECODING}"),
    Case("XL", "top nodes", "top nodes", 0.35, 0.6, f"{START}, {DECODING}"),
    Case("XL", "top cluster", "top nodes", 0.4, 0.6, f"{START}, {DECODING}"),
    Case("XL", "top pods -A", "top pods -A", 0.27, 0.4, f"{DECODING}, printing"),
    Case("XL", "top pods -A -o json", "top pods -A", 0.3, 0.4, f"{DECODING}, writing JSON"),
    Case("XL", "top pods -A --limit 10", "top pods -A", None, None, DECODING),
    Case("XL", "top pods -A -o name", "top pods -A", None, None, DECODING, first_line=True),
    Case("XL", "top pods -A --sort-by cpu", "top pods -A --sort-by cpu", 0.3, 0.4, f"{DECODING}, printing"),
    Case("XL", "top pods -A --containers", "top pods -A --containers", 0.35, 0.45, f"{DECODING}, printing"),
    Case("L", "top pods -A -o wide", "get pods -A -o json", 0.15, None, "the server's pages, decoding", memory_mib=150),
    Case("L", "fit --cpu 1 --replicas 1000", "get pods -A", None, None, "the server's pages, decoding"),
    Case("L", "watch pods -A", "top pods -A", None, None, "transfer, printing", cpu=0.2, growth=1.2),
    Case("L", "watch pods -A -o wide", "top pods -A", None, None, "transfer, printing", growth=1.2),
)
