"""Import the official client without what its package loads for other programs.

`import kubernetes` runs its `__init__`, which imports watches, leader election, OAuth and models, and with them
pydantic and requests: a third of a second. c3s needs the Configuration and the REST client. So the package
`kubernetes`, and nothing else, is entered without running its `__init__`; its modules are imported in the ordinary
way, by others too. With C3S_PLAIN_IMPORT=1, and in a process that has already imported `kubernetes`, it is left as it
is. See docs/decisions.md.
"""

from __future__ import annotations

import os
import sys
from importlib import import_module
from importlib.util import find_spec, module_from_spec
from threading import Lock
from typing import Any, Final

# Clusters are read in parallel.
ENTERING: Final = Lock()


def configuration_class() -> Any:
    """Return the client's Configuration class."""
    _enter()
    return import_module("kubernetes.client.configuration").Configuration


def connections_module() -> Any:
    """Return c3s_cli.kube.connections, whose classes are those of the client and of urllib3."""
    _enter()
    return import_module("c3s_cli.kube.connections")


def _enter() -> None:
    """Register the package without running its `__init__`."""
    with ENTERING:
        if "kubernetes" in sys.modules or os.environ.get("C3S_PLAIN_IMPORT"):
            return
        spec = find_spec("kubernetes")
        if spec is not None:
            sys.modules["kubernetes"] = module_from_spec(spec)
