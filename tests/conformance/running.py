"""Run a case with kubectl and with c3s, and normalize their output for comparison."""

from __future__ import annotations

import contextlib
import io
import os
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from unittest.mock import patch

from c3s_cli.cli import main
from tests.conformance.cases import Case
from tests.kubectl import run_kubectl


class Answer(NamedTuple):
    """The result of a command line, without what differs from run to run."""

    code: int
    out: str
    err: str


KUBECONFIG = """\
apiVersion: v1
kind: Config
current-context: plain
clusters: [{{name: it, cluster: {{server: "{server}"}}}}]
users: [{{name: someone, user: {{}}}}]
contexts:
- {{name: plain, context: {{cluster: it, user: someone}}}}
- {{name: team, context: {{cluster: it, user: someone, namespace: team}}}}
"""


class Runner:
    """Runs cases against the server at `url`. `home` is an empty folder."""

    def __init__(self, url: str, home: Path) -> None:
        self.url = url
        self.home = home

    def kubectl(self, binary: str, case: Case) -> Answer:
        """Run the case with kubectl."""
        ran = run_kubectl(binary, self.home, *shlex.split(case.line), kubeconfig=self._kubeconfig(case))
        return self._answer(ran.returncode, ran.stdout, ran.stderr)

    def c3s(self, case: Case) -> Answer:
        """Run the case with c3s, in this process."""
        out, err = io.StringIO(), io.StringIO()
        with (
            patch.dict(os.environ, {"KUBECONFIG": str(self._kubeconfig(case))}),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
            working_in(self.home),
        ):
            code = main(shlex.split(case.line))
        return self._answer(int(code), out.getvalue(), err.getvalue())

    def _kubeconfig(self, case: Case) -> Path:
        path = self.home / f"{case.state}.yaml"
        if not path.exists():
            path.write_text(KUBECONFIG.format(server=f"{self.url}/{case.state}"), encoding="utf-8")
        return path

    def _answer(self, code: int, out: str, err: str) -> Answer:
        err = err.replace(self.url.removeprefix("http://"), "SERVER").replace(str(self.home), "HOME")
        for pattern, plain in PLAIN:
            err = pattern.sub(plain, err)
        return Answer(code, trimmed(out), trimmed(err))


PLAIN = (
    # Lines that c3s adds to kubectl's messages.
    (re.compile(r"^hint: .*\n", re.MULTILINE), ""),
    # The program's name.
    (re.compile(r"'kubectl "), "'c3s "),
    (re.compile(r'for "kubectl"'), 'for "c3s"'),
    # Its commands are called nodes and pods; node and pod are aliases.
    (re.compile(r"'c3s top (node|pod)s? "), r"'c3s top \1s "),
    # Ages depend on the clock.
    (re.compile(r"age: [\dhms.µn]+"), "age: AGE"),
)


def trimmed(text: str) -> str:
    """Remove trailing spaces; kubectl pads the last column."""
    return re.sub(r"[ \t]+$", "", text, flags=re.MULTILINE)


@contextlib.contextmanager
def working_in(folder: Path) -> Iterator[None]:
    """Run the block in a folder, so that relative file names find nothing."""
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)
