"""Find a real kubectl to compare with: a plain binary, not a dispatcher."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from functools import cache
from pathlib import Path


@cache
def find_kubectl() -> str | None:
    """Give $KUBECTL, else the kubectl on PATH, else the newest plain one that lies beside a dispatcher."""
    if named := os.environ.get("KUBECTL"):
        return named
    found = shutil.which("kubectl")
    if found is None:
        return None
    said = subprocess.run([found, "version", "--client"], capture_output=True, text=True, check=False).stdout
    if "-dispatcher" not in said:
        return found if "Client Version" in said else None
    beside = Path(found).resolve().parent.glob("kubectl.1.*")
    numbered = [
        (int(match[1]), str(path)) for path in beside if (match := re.fullmatch(r"kubectl\.1\.(\d+)", path.name))
    ]
    return max(numbered)[1] if numbered else None


@cache
def version(kubectl: str) -> tuple[int, int]:
    """Give a kubectl's version, as (1, 33)."""
    said = subprocess.run([kubectl, "version", "--client"], capture_output=True, text=True, check=False).stdout
    match = re.search(r"v(\d+)\.(\d+)", said)
    return (int(match[1]), int(match[2])) if match else (0, 0)


def run_kubectl(
    kubectl: str, home: Path, *words: str, kubeconfig: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """Run kubectl with nothing of this machine's configuration."""
    environment = {"HOME": str(home), "PATH": os.environ["PATH"], "KUBECONFIG": str(kubeconfig or home / "none")}
    # So short a run needs no garbage collection, which takes a quarter of its time.
    environment["GOGC"] = "off"
    return subprocess.run(
        [kubectl, *words],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
        stdin=subprocess.DEVNULL,
        cwd=home,
    )
