"""Functions that Markdown pages call to show what the program prints. Each prints Markdown.

cog runs them where a page says `[[[cog sample("c3s top nodes") ]]]`. They read the built-in demo cluster, frozen at
one moment, so that every run gives the same text.
"""

from __future__ import annotations

import io
import json
import os
import re
import shlex
import subprocess
import sys
from contextlib import ExitStack, chdir, redirect_stderr, redirect_stdout
from datetime import datetime
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final
from unittest.mock import patch

from c3s_cli.cli import COMMANDS, GROUPS, main
from c3s_cli.columns.definitions import NOT_KNOWN
from c3s_cli.columns.kinds import ALIASES
from c3s_cli.columns.sources import DEFINED
from c3s_cli.demo.server import start
from c3s_cli.errors import MEANINGS, ExitCode
from c3s_cli.terminal.keys import KEYS

AT: Final = "2026-03-02T09:30:00Z"
READING: Final = ("top", "watch", "nodes", "pods", "cluster", "volumes", "fit", "rightsize")
# The moments of the recording that a page shows.
MOMENTS: Final = ("2026-03-02T09:29:00Z", "2026-03-02T09:29:30Z", AT)
WIDTH: Final = "100"
SHELL: Final = re.compile(r"[|;&>$\n]|^(?!c3s )")
ROOT: Final = Path(__file__).parent.parent
# In a shell, c3s runs with this interpreter and reads the frozen demo.
PREAMBLE: Final = f"""
python3() {{ "$PYTHON" "$@"; }}
c3s() {{
  case "$1" in
    {"|".join(READING)}) "$PYTHON" -m c3s_cli "$@" --demo-at {AT} ;;
    *) "$PYTHON" -m c3s_cli "$@" ;;
  esac
}}
"""


# Invented: what the machines of the demo might cost.
PRICES: Final = """\
currency: EUR
hoursPerMonth: 730
default:                # nodes that no entry below is about; without it they have no price
  coreHour: 0.034       # one core for an hour
  gibHour: 0.0045       # one GiB of memory for an hour
nodes:                  # the first entry counts of which everything matches; * stands for any text
- labels:
    node.kubernetes.io/instance-type: g5.*
  coreHour: 0.045
  gibHour: 0.005
  gpuHour: 1.10         # needed where a pod requests a GPU
- pool: spot            # as in the column `pool`; instanceType is there, too
  coreHour: 0.013
  gibHour: 0.0017
"""


def prices() -> None:
    """Print the price file of the samples."""
    print("```yaml", PRICES.rstrip(), "```", sep="\n")


def sample(command: str, lines: int = 0, code: int = 0) -> None:
    """Print a command line and its output; with `lines`, only the first lines of it.

    RuntimeError if the exit code is not `code`, so that a page never shows a failure by accident.
    """
    with TemporaryDirectory() as folder, chdir(folder):
        Path("prices.yaml").write_text(PRICES)
        ended, text = output(command)
    if ended != code:
        raise RuntimeError(f"{command} ended with {ended}: {text}")
    shown = text.splitlines()
    if lines and len(shown) > lines:
        shown = [*shown[:lines], "..."]
    ending = [] if code == 0 else ["$ echo $?", str(code)]
    print("```console", f"$ {command}", *shown, *ending, "```", sep="\n")


def recorded(command: str, code: int = 0) -> None:
    """Print a command line and its output like `sample`; load.c3s is a recording of the demo at three moments."""
    with TemporaryDirectory() as folder, chdir(folder):
        for moment in MOMENTS:
            _in_process(["record", "load.c3s", "--demo-at", moment, "--count", "1"])
        ended, text = _in_process(shlex.split(command)[1:])
    if ended != code:
        raise RuntimeError(f"{command} ended with {ended}: {text}")
    print("```console", f"$ {command}", *text.splitlines(), "```", sep="\n")


def fleet(command: str, code: int = 0) -> None:
    """Print a command line and its output like `sample`, of three demo clusters and one that does not answer."""
    with ExitStack() as stack, TemporaryDirectory() as folder:
        servers = {name: stack.enter_context(serve()).url for name, serve in FLEET.items()}
        config = Path(folder) / "config"
        config.write_text(_kubeconfig({**servers, "staging": "http://127.0.0.1:1"}))
        frozen = datetime.fromisoformat(AT).timestamp()
        with patch.dict(os.environ, KUBECONFIG=str(config)), patch(LOCAL_TIME, lambda: frozen):
            ended, text = _in_process(shlex.split(command)[1:])
    if ended != code:
        raise RuntimeError(f"{command} ended with {ended}: {text}")
    text = text.replace(str(config), "~/.kube/config")
    for name, url in servers.items():
        # Ports and times differ from run to run; replace them by fixed ones of the same length.
        text = text.replace(url, f"http://{name[-2:]}1.example.com")
    text = re.sub(r"(?<=yes {7})\d+ *", lambda found: "12".ljust(len(found[0])), text)
    text = re.sub(r"answers in \d+ ms", "answers in 12 ms", text)
    ending = [] if code == 0 else ["$ echo $?", str(code)]
    print("```console", f"$ {command}", text.rstrip("\n"), *ending, "```", sep="\n")


# The demo clusters are frozen; freeze the clock that the doctor compares with theirs, too.
LOCAL_TIME: Final = "c3s_cli.doctor.doctor.local_time"
FLEET: Final = {
    "prod-eu": partial(start, at=AT),
    "prod-us": partial(start, at=AT, seed=7),
    "prod-ap": partial(start, at=AT, seed=3, nodes=4, pods_per_node=12),
}


def _kubeconfig(servers: dict[str, str]) -> str:
    contexts = [{"name": name, "context": {"cluster": name, "user": "jane"}} for name in servers]
    clusters = [{"name": name, "cluster": {"server": url}} for name, url in servers.items()]
    whole = {"current-context": "prod-eu", "contexts": contexts, "clusters": clusters}
    return json.dumps({**whole, "users": [{"name": "jane", "user": {}}]})


def output(command: str) -> tuple[int, str]:
    """Run a command line against the frozen demo. Returns its exit code and output."""
    if SHELL.search(re.sub(r"'[^']*'", "''", command)):
        return _in_a_shell(command)
    words = shlex.split(command)[1:]
    return _in_process([*words, "--demo-at", AT] if words[0] in READING and "--help" not in words else words)


def _in_process(argv: list[str]) -> tuple[int, str]:
    out, err = io.StringIO(), io.StringIO()
    with patch.dict(os.environ, COLUMNS=WIDTH), redirect_stdout(out), redirect_stderr(err):
        code = main(argv)
    return int(code), out.getvalue() + err.getvalue()


def _in_a_shell(command: str) -> tuple[int, str]:
    here = {"PYTHON": sys.executable, "PYTHONPATH": str(ROOT), "COLUMNS": WIDTH, "LC_ALL": "C.UTF-8"}
    done = subprocess.run(
        ["bash", "-c", PREAMBLE + command],
        check=False,
        env={**os.environ, **here},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=600,
    )
    return done.returncode, done.stdout


def helps() -> None:
    """Print the help of every command, each under a heading. A command with several names appears once."""
    for group in ((), *((name,) for name in GROUPS)):
        print(f"\n### `{' '.join(('c3s', *group))}`\n")
        print("```text", _in_process([*group, "--help"])[1].rstrip(), "```", sep="\n")
    seen: set[tuple[str, str]] = set()
    for path, target in COMMANDS.items():
        if target in seen:
            continue
        seen.add(target)
        code, text = _in_process([*path, "--help"])
        if code:
            raise RuntimeError(f"{path}: {text}")
        also = [" ".join(other) for other, same in COMMANDS.items() if same == target and other != path]
        also += [" ".join((*path[:-1], alias)) for alias, name in ALIASES.items() if name == path[-1]]
        print(f"\n### `c3s {' '.join(path)}`\n")
        if also:
            print("Also: " + ", ".join(f"`c3s {words}`" for words in also) + ".\n")
        print("```text", text.rstrip(), "```", sep="\n")


def exit_codes() -> None:
    """Print the table of the exit codes."""
    _table(("Code", "Meaning"), [(str(int(code)), MEANINGS[code]) for code in ExitCode])


def keys() -> None:
    """Print the table of the keys of the live view."""
    # A bar would end a cell.
    _table(("Key", "Meaning"), [(f"`{each.shown}`", each.words.replace("|", "\\|")) for each in KEYS])


def columns(kind: str) -> None:
    """Print the table of the columns of a kind of row."""
    table = json.loads(output(f"c3s columns {kind} -o json")[1])
    _table(
        ("Column", "Alias", "Unit", "Meaning"),
        [
            (f"`{row['column']}`", f"`{row['alias']}`" if row["alias"] else "", row["unit"], row["meaning"])
            for row in table
        ],
    )


def definitions() -> None:
    """Print what each source computes for each column; columns with the same definitions share a line."""
    by_source = {source: json.loads(output(f"c3s columns --from {source} -o json")[1]) for source in DEFINED}
    lines: dict[tuple[str, ...], dict[str, list[str]]] = {}
    for rows in zip(*by_source.values(), strict=True):
        column, of = rows[0]["column"], rows[0]["of"]
        if of.startswith("fit"):
            continue
        cells = [" ".join(filter(None, (row["definition"], row["window"] and f"({row['window']})"))) for row in rows]
        known = ["no" if row["definition"] == str(NOT_KNOWN) else cell for row, cell in zip(rows, cells, strict=True)]
        cells = [known[0], *("the same" if cell == known[0] != "no" else cell for cell in known[1:])]
        lines.setdefault(tuple(cells), {}).setdefault(column, []).append(of)
    kinds: dict[str, int] = {}
    for columns_of in lines.values():
        for column in columns_of:
            kinds[column] = kinds.get(column, 0) + 1
    _table(
        ("Column", "`metrics`", "`kubelet`", "`prometheus`, URL", "a recording"),
        [
            (
                ", ".join(
                    f"`{column}`" + (f" of {', '.join(of)}" if kinds[column] > 1 else "")
                    for column, of in columns_of.items()
                ),
                *cells,
            )
            for cells, columns_of in lines.items()
        ],
    )


def _table(headings: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    print("|", " | ".join(headings), "|")
    print("|", " | ".join("---" for _ in headings), "|")
    for row in rows:
        print("|", " | ".join(cell.replace("|", "\\|") for cell in row), "|")
