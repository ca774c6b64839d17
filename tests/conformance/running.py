"""Run a case through kubectl and through c3s, and make what they say comparable."""

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
    """What a command line came to, without what may differ from one run to the next."""

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
    """Runs cases against the server at `url`; `home` is where nothing else is."""

    def __init__(self, url: str, home: Path) -> None:
        self.url = url
        self.home = home

    def kubectl(self, binary: str, case: Case) -> Answer:
        """Ask the real one."""
        ran = run_kubectl(binary, self.home, *shlex.split(case.line), kubeconfig=self._kubeconfig(case))
        return self._answer(ran.returncode, ran.stdout, ran.stderr)

    def c3s(self, case: Case) -> Answer:
        """Ask ours, in this process."""
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
    # What is said beside kubectl's words.
    (re.compile(r"^hint: .*\n", re.MULTILINE), ""),
    # The program's name.
    (re.compile(r"'kubectl "), "'c3s "),
    (re.compile(r'for "kubectl"'), 'for "c3s"'),
    # Its commands are called nodes and pods; node and pod are aliases.
    (re.compile(r"'c3s top (node|pod)s? "), r"'c3s top \1s "),
    # Both read a clock.
    (re.compile(r"age: [\dhms.µn]+"), "age: AGE"),
)


def trimmed(text: str) -> str:
    """Leave out trailing blanks; kubectl pads the last column."""
    return re.sub(r"[ \t]+$", "", text, flags=re.MULTILINE)


@contextlib.contextmanager
def working_in(folder: Path) -> Iterator[None]:
    """Run where relative file names lead nowhere."""
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)
