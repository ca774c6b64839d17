"""Simulate a watch of many days in minutes: `make soak`.

3,000 ticks of 3,000 pods, as fast as they can be read, from a demo with an accelerated clock: pods come and go, and
watch streams end and restart all the time. Memory, open files and threads must not grow. Prints a Markdown table; exits
with 1 if something has grown after the first hundred ticks.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Final, NamedTuple

from servers import AT, HERE

NODES, PODS_PER_NODE = 100, 30
# Simulated seconds per real second.
PACE: Final = 20
# timeoutSeconds of a watch: this many seconds up to twice as many, instead of 300.
LASTING: Final = 3
WARM: Final = 100
# How much memory may vary between ticks without counting as growth.
SLACK_MIB: Final = 4.0
SERVER: Final = f"""
from c3s_cli.demo.server import start
with start(nodes={NODES}, pods_per_node={PODS_PER_NODE}, at="{AT}", pace={PACE}) as server:
    print(server.port, flush=True)
    server.wait()
"""
WATCH: Final = f"""
import sys
from c3s_cli.__main__ import entry_point
from c3s_cli.sources.following import follower
follower.LASTING = {LASTING}
sys.argv[0] = "c3s"
entry_point()
"""
COMMAND: Final = "watch pods -A -o wide --columns default,node,owner,status,restarts,zone --interval 0.01"


class Look(NamedTuple):
    """Figures of the process after some ticks. resident: MiB. cpu: seconds so far."""

    ticks: int
    resident: float
    files: int
    threads: int
    cpu: float


def look(pid: int, ticks: int) -> Look:
    """Read them from /proc."""
    process = Path(f"/proc/{pid}")
    status = dict(line.split(":", 1) for line in (process / "status").read_text().splitlines())
    times = (process / "stat").read_text().rpartition(")")[2].split()
    cpu = (int(times[11]) + int(times[12])) / os.sysconf("SC_CLK_TCK")
    files = len(list((process / "fd").iterdir()))
    return Look(ticks, int(status["VmRSS"].split()[0]) / 1024, files, int(status["Threads"]), cpu)


def ticks(output: IO[bytes]) -> Iterator[int]:
    """Count complete tables: each ends with the headings of the next one."""
    seen = -1
    for line in output:
        if line.startswith(b"NAMESPACE "):
            seen += 1
            if seen:
                yield seen


@contextlib.contextmanager
def running(code: str, *words: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run a program until the block ends."""
    environment = {**os.environ, "PYTHONPATH": str(HERE.parent)}
    command = [sys.executable, "-c", code, *words]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment) as process:
        try:
            yield process
        finally:
            process.kill()


def soak(count: int, every: int) -> list[Look]:
    """Watch, and measure the process after the first hundred ticks and at intervals."""
    looks: list[Look] = []
    with running(SERVER) as server:
        port = int(server.stdout.readline()) if server.stdout else 0
        words = [*COMMAND.split(), "--count", str(count + 1), "--server", f"http://127.0.0.1:{port}"]
        with running(WATCH, *words) as watch:
            assert watch.stdout  # noqa: S101  it is a pipe
            for tick in ticks(watch.stdout):
                if tick in (10, WARM) or tick % every == 0:
                    looks.append(look(watch.pid, tick))
                    print(looks[-1], file=sys.stderr, flush=True)
    return looks


def grown(looks: Sequence[Look]) -> list[str]:
    """Return what has grown after the first hundred ticks."""
    first, last = next(each for each in looks if each.ticks >= WARM), looks[-1]
    return [
        f"{name}: {before:g} → {after:g}"
        for name, before, after, slack in (
            ("memory", first.resident, last.resident, SLACK_MIB),
            ("open files", first.files, last.files, 0),
            ("threads", first.threads, last.threads, 0),
        )
        if after > before + slack
    ]


def main() -> None:
    """Run the test and print the results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ticks", type=int, default=3000, help="how many readings (3000)")
    asked = parser.parse_args()
    begun = time.monotonic()
    looks = soak(asked.ticks, max(WARM, asked.ticks // 6))
    print(f"`c3s {COMMAND}`: {asked.ticks} ticks in {time.monotonic() - begun:.0f} s, {NODES * PODS_PER_NODE} pods.\n")
    print("| ticks | resident memory | open files | threads | CPU of a tick |\n|---|---|---|---|---|")
    for before, each in zip([Look(0, 0, 0, 0, 0), *looks], looks, strict=False):
        cpu = (each.cpu - before.cpu) / (each.ticks - before.ticks) * 1000
        print(f"| {each.ticks:,} | {each.resident:.1f} MiB | {each.files} | {each.threads} | {cpu:.0f} ms |")
    more = grown(looks)
    print(f"\n{'; '.join(more) if more else 'Nothing has grown since the first hundred ticks.'}")
    sys.exit(bool(more))


if __name__ == "__main__":
    main()
