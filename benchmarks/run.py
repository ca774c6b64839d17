"""c3s beside kubectl, in one run: `make bench`.

    python benchmarks/run.py [--pairs 7] [--only TEXT] [--write]

Prints a table in Markdown, writes every run to benchmarks/results/, and with --write puts the table into
docs/performance.md. kubectl is $KUBECTL, or the one on PATH (the newest plain one beside a dispatcher).
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from measure import Pair, c3s_command, clean_environment, run_once, side_by_side

HERE = Path(__file__).parent
PAGE = HERE.parent / "docs" / "performance.md"
AT = "2026-03-02T09:30:00Z"
SIZES = {"S": (3, 10), "M": (100, 30), "L": (1000, 30), "XL": (5000, 30)}


@dataclass(frozen=True)
class Case:
    """One line of the table. network: round trip in ms over TLS, 0 for plain loopback. bounds: what limits c3s."""

    size: str
    c3s: str
    kubectl: str
    wall: float | None = None
    memory: float | None = None
    network: int = 0
    bounds: str = ""
    memory_mib: float | None = None


CASES = (
    Case("-", "--version", "version --client", 1.6, 0.6, bounds="interpreter"),
    Case("S", "top nodes", "top nodes", 3.3, 0.75, bounds="interpreter, imports"),
    Case("S", "top nodes", "top nodes", 1.3, network=20, bounds="imports, three round trips"),
    Case("S", "top nodes", "top nodes", 0.8, network=80, bounds="three round trips"),
    Case("M", "top pods -A", "top pods -A", bounds="interpreter, imports"),
    Case("L", "top pods -A", "top pods -A", 0.5, 0.5, bounds="imports, decoding"),
    Case("XL", "top nodes", "top nodes", 0.35, 0.6, bounds="imports, decoding"),
    Case("XL", "top pods -A", "top pods -A", 0.3, 0.4, bounds="decoding, printing"),
    Case("XL", "top pods -A --sort-by cpu", "top pods -A --sort-by cpu", 0.3, 0.4, bounds="decoding, printing"),
    Case("XL", "top pods -A -o json", "top pods -A", 0.3, 0.4, bounds="decoding, writing JSON"),
    Case("XL", "top pods -A --containers", "top pods -A --containers", 0.35, 0.45, bounds="decoding, printing"),
    Case("XL", "top cluster", "top nodes", 0.4, 0.6, bounds="imports, decoding"),
    Case("XL", "top pods -A --limit 10", "top pods -A", bounds="decoding"),
    Case(
        "L", "top pods -A -o wide", "get pods -A -o json", 0.15, bounds="60 pages one after the other", memory_mib=150
    ),
)


def find_kubectl() -> str:
    """Give $KUBECTL, the kubectl on PATH, or the newest plain one beside a dispatcher."""
    found = os.environ.get("KUBECTL") or shutil.which("kubectl")
    if found is None:
        sys.exit("no kubectl on PATH: set KUBECTL")
    said = subprocess.run([found, "version", "--client"], capture_output=True, text=True, check=False).stdout
    if "-dispatcher" not in said:
        return found
    beside = [path for path in Path(found).resolve().parent.glob("kubectl.1.*") if path.suffix[1:].isdecimal()]
    return str(max(beside, key=lambda path: int(path.suffix[1:])))


@contextlib.contextmanager
def printing_its_port(command: list[str]) -> Iterator[int]:
    """Run a server that prints a number or an address, until the block ends; give its port."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        line = process.stdout.readline() if process.stdout else ""
        found = re.search(r"127\.0\.0\.1:(\d+)", line) or re.search(r"(\d+)", line)
        if found is None:
            sys.exit(f"{' '.join(command)} did not start")
        yield int(found[1])
    finally:
        process.kill()
        process.communicate()


@contextlib.contextmanager
def demo(size: str) -> Iterator[int]:
    """Serve a frozen demo cluster of a size; give its port."""
    nodes, pods = SIZES[size]
    words = ["demo", "--port", "0", "--at", AT, "--nodes", str(nodes), "--pods-per-node", str(pods)]
    with printing_its_port([sys.executable, "-m", "c3s_cli", *words]) as port:
        yield port


def certificates(folder: Path) -> tuple[str, str, str]:
    """Make an authority, and a certificate for loopback with its key."""
    import trustme  # noqa: PLC0415  only the lines with a network need it

    authority = trustme.CA()
    issued = authority.issue_cert("127.0.0.1")
    authority.cert_pem.write_to_path(str(folder / "ca.crt"))
    issued.private_key_and_cert_chain_pem.write_to_path(str(folder / "server.pem"))
    return str(folder / "ca.crt"), str(folder / "server.pem"), str(folder / "server.pem")


def kubeconfig(folder: Path, port: int, authority: str) -> str:
    """Write a kubeconfig for a TLS server on a port, with a token; give its name."""
    path = folder / f"config-{port}"
    cluster = {"server": f"https://127.0.0.1:{port}", "certificate-authority": authority}
    path.write_text(
        json.dumps(
            {
                "apiVersion": "v1",
                "kind": "Config",
                "current-context": "c",
                "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
                "clusters": [{"name": "c", "cluster": cluster}],
                "users": [{"name": "u", "user": {"token": "t"}}],
            }
        )
    )
    return str(path)


def measure(cases: list[Case], pairs: int, folder: Path) -> list[tuple[Case, Pair]]:
    """Measure the cases, size by size."""
    kubectl, c3s, environment = find_kubectl(), c3s_command(), clean_environment(folder)
    results = []
    for size in dict.fromkeys(case.size for case in cases):
        with contextlib.ExitStack() as stack:
            port = stack.enter_context(demo(size)) if size in SIZES else 0
            for case in (case for case in cases if case.size == size):
                target = _target(case, port, folder, stack)
                ours, theirs = [*c3s, *case.c3s.split(), *target], [kubectl, *case.kubectl.split(), *target]
                print(f"{case.size} {case.c3s} {case.network or ''}", file=sys.stderr)
                results.append((case, side_by_side(ours, theirs, environment, pairs)))
    return results


def _target(case: Case, port: int, folder: Path, stack: contextlib.ExitStack) -> list[str]:
    if not port:
        return []
    if not case.network:
        return ["--server", f"http://127.0.0.1:{port}"]
    authority, certificate, key = certificates(folder)
    command = [sys.executable, str(HERE / "delay.py"), str(port), str(case.network), certificate, key]
    far = stack.enter_context(printing_its_port(command))
    return ["--kubeconfig", kubeconfig(folder, far, authority)]


def watch_tick(pairs: int, folder: Path) -> str:
    """Compare the CPU of one tick of `watch pods -A` at L with one `kubectl top pods -A`; and the memory of many."""
    kubectl, c3s, environment = find_kubectl(), c3s_command(), clean_environment(folder)
    with demo("L") as port:
        server = ["--server", f"http://127.0.0.1:{port}"]
        words = [*c3s, "watch", "pods", "-A", "--interval", "0.01", *server, "--count"]
        ticks, ratios, growth = 11, [], []
        for _ in range(max(3, pairs // 2)):
            one, many = run_once([*words, "1"], environment), run_once([*words, str(ticks)], environment)
            theirs = run_once([kubectl, "top", "pods", "-A", *server], environment)
            ratios.append((many.cpu - one.cpu) / (ticks - 1) / theirs.cpu)
            growth.append(many.memory / one.memory)
    ratios.sort()
    ratio = ratios[len(ratios) // 2]
    verdict = "met" if ratio <= 0.2 else f"missed by {ratio - 0.2:.2f}"
    return (
        f"| L | `watch pods -A`, CPU of a tick | `top pods -A` | {ratio:.2f} ({ratios[0]:.2f}-{ratios[-1]:.2f}) "
        f"| ≤ 0.2 | x{max(growth):.2f} after {ticks} ticks | flat | {verdict} | decoding, printing |"
    )


def table(results: list[tuple[Case, Pair]]) -> list[str]:
    """Write the results as lines of Markdown."""
    lines = [
        "| size | c3s | kubectl | wall: c3s / kubectl | target | memory: c3s / kubectl | target | | bounded by |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for case, pair in results:
        low, high = pair.spread("wall")
        wall = f"{pair.ratio('wall'):.2f} ({low:.2f}-{high:.2f}): {_ms(pair, 'c3s')} / {_ms(pair, 'kubectl')}"
        ours, theirs = pair.median("c3s", "memory"), pair.median("kubectl", "memory")
        memory = f"{ours / theirs:.2f}: {ours:.0f} / {theirs:.0f} MiB"
        memory_target = f"≤ {case.memory_mib:.0f} MiB" if case.memory_mib else _target_text(case.memory)
        size = f"{case.size}, TLS, {case.network} ms" if case.network else case.size
        lines.append(
            f"| {size} | `{case.c3s}` | `{case.kubectl}` | {wall} | {_target_text(case.wall)} | {memory} "
            f"| {memory_target} | {_verdict(case, pair)} | {case.bounds} |"
        )
    return lines


def _ms(pair: Pair, who: str) -> str:
    return f"{pair.median(who, 'wall') * 1000:.0f} ms"


def _target_text(target: float | None) -> str:
    return "" if target is None else f"≤ {target:g}"


def _verdict(case: Case, pair: Pair) -> str:
    missed = []
    for what, target in (("wall", case.wall), ("memory", case.memory)):
        if target is not None and pair.ratio(what) > target:
            missed.append(f"{what} missed by {pair.ratio(what) - target:.2f}")
    if case.memory_mib is not None and pair.median("c3s", "memory") > case.memory_mib:
        missed.append(f"memory missed by {pair.median('c3s', 'memory') - case.memory_mib:.0f} MiB")
    if case.wall is None and case.memory is None and case.memory_mib is None:
        return ""
    return "; ".join(missed) or "met"


def per_pod(results: list[tuple[Case, Pair]]) -> str:
    """Say what a pod more costs c3s, between M and L and between L and XL."""
    walls = {case.size: pair.median("c3s", "wall") for case, pair in results if case.c3s == "top pods -A"}
    if not {"M", "L", "XL"} <= set(walls):
        return ""
    first = (walls["L"] - walls["M"]) / 27_000
    second = (walls["XL"] - walls["L"]) / 120_000
    return (
        f"A pod more costs {first * 1e6:.1f} µs between M and L and {second * 1e6:.1f} µs between L and XL: "
        f"a factor of {second / first:.2f}."
    )


def main() -> None:
    """Measure, print, keep."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=7)
    parser.add_argument("--only", default="", help="only the cases whose line contains this")
    parser.add_argument("--write", action="store_true", help="put the table into docs/performance.md")
    arguments = parser.parse_args()
    cases = [case for case in CASES if arguments.only in f"{case.size} {case.c3s} {case.network}"]
    begun = time.time()
    with tempfile.TemporaryDirectory() as folder:
        results = measure(cases, arguments.pairs, Path(folder))
        lines = table(results)
        if arguments.only in "L watch pods":
            lines.append(watch_tick(arguments.pairs, Path(folder)))
    version = subprocess.run([find_kubectl(), "version", "--client"], capture_output=True, text=True, check=True).stdout
    about = f"{version.splitlines()[0].replace('Client Version: ', 'kubectl ')}, Python {sys.version.split()[0]}, "
    about += f"{os.cpu_count()} cores, {arguments.pairs} pairs."
    text = "\n".join([about, "", *lines, "", per_pod(results)]).rstrip() + "\n"
    print(text)
    keep = HERE / "results"
    keep.mkdir(exist_ok=True)
    raw = [
        {"size": case.size, "c3s": case.c3s, "network": case.network, "runs": pair.__dict__} for case, pair in results
    ]
    (keep / f"{int(begun)}.json").write_text(json.dumps(raw, indent=1))
    if arguments.write:
        page = PAGE.read_text()
        head, _, rest = page.partition("<!-- measured -->\n")
        tail = rest.partition("<!-- end -->")[2]
        PAGE.write_text(f"{head}<!-- measured -->\n{text}<!-- end -->{tail}")


if __name__ == "__main__":
    main()
