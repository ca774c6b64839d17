"""Import the official client without the parts that c3s never uses.

`import kubernetes` loads its dynamic client, watches, leader election, models and OAuth, and with them pydantic and
requests: a third of a second. c3s needs only its Configuration, its REST client and its kubeconfig loader. So two
packages are registered without running their code, and modules that these parts import but never use here are replaced
by stand-ins during the import: OAuth (only an `auth-provider` needs it, and credentials.py passes none to the loader),
the client's retries and urllib.request (credentials.py switches the retries off and passes the proxies), the version of
the HTTP/2 library, and multiprocessing, asked only for the number of processors. If the import fails, or if
C3S_PLAIN_IMPORT is set, c3s imports the client in the normal way.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec, module_from_spec
from threading import RLock
from types import ModuleType, SimpleNamespace
from typing import TYPE_CHECKING, Any, Final, TypeVar

from c3s_cli.kube.plugin import process_class

if TYPE_CHECKING:
    from c3s_cli.kube.deadline import Deadline

UNEXECUTED: Final = ("kubernetes", "kubernetes.utils")
STAND_INS: Final = (
    "oauthlib",
    "oauthlib.oauth2",
    "requests_oauthlib",
    "kubernetes.client.api_client",
    "kubernetes.utils.retry",
    "importlib.metadata",
    "multiprocessing",
    "urllib.request",
)
PARTS: Final = ("kubernetes", "oauthlib", "requests_oauthlib")
# Clusters are read in parallel: one thread must not remove the stand-ins of another.
IMPORTING: Final = RLock()

Part = TypeVar("Part")


def rest_client() -> tuple[Any, Any]:
    """Return the client's Configuration and RESTClientObject classes."""
    return _light(
        lambda: (
            import_module("kubernetes.client.configuration").Configuration,
            import_module("kubernetes.client.rest").RESTClientObject,
        )
    )


def kubeconfig_loader() -> Any:
    """Return the client's kube_config module."""
    return _light(lambda: import_module("kubernetes.config.kube_config"))


def adapt_plugins(deadline: Deadline) -> None:
    """Let an exec plugin prompt the user even if stdout is a pipe, and let none run beyond the deadline.

    Call it after `kubeconfig_loader`. The client hides the plugin's prompts unless stdout is a terminal; kubectl checks
    stdin. So the client's module gets its own `sys`, in which stdout is stdin, and its own `subprocess`, whose
    processes end at the deadline.
    """
    import subprocess  # only plugins need it

    module = sys.modules.get("kubernetes.config.exec_provider")
    if module is not None:
        seen = SimpleNamespace(stdin=sys.stdin, stdout=sys.stdin, stderr=sys.stderr, platform=sys.platform)
        vars(module)["sys"] = seen
        vars(module)["subprocess"] = SimpleNamespace(Popen=process_class(deadline), PIPE=subprocess.PIPE)


def incluster_loader() -> Any:
    """Return the client's incluster_config module."""
    return _light(lambda: import_module("kubernetes.config.incluster_config"))


def _light(load: Callable[[], Part]) -> Part:
    """Import with stand-ins, in one thread at a time; without them if that is disabled or fails."""
    with IMPORTING:
        return _imported(load)


def _imported(load: Callable[[], Part]) -> Part:
    executed = getattr(sys.modules.get("kubernetes"), "client", None) and hasattr(sys.modules["kubernetes"], "watch")
    if os.environ.get("C3S_PLAIN_IMPORT") or executed:
        return load()
    try:
        with _stood_in():
            return load()
    except Exception:  # noqa: BLE001  a newer client may break this, but its normal import works
        _forget()
        return load()


@contextmanager
def _stood_in() -> Iterator[None]:
    for name in UNEXECUTED:
        if name not in sys.modules:
            sys.modules[name] = _unexecuted(name)
    added = [name for name in STAND_INS if name not in sys.modules]
    for name in added:
        sys.modules[name] = _StandIn(name)
    try:
        yield
    finally:
        for name in added:
            sys.modules.pop(name, None)
        vars(sys.modules.get("kubernetes.client", ModuleType(""))).pop("ApiClient", None)


class _StandIn(ModuleType):
    """A module whose other attributes are all exception classes, never instantiated."""

    cpu_count = staticmethod(os.cpu_count)

    def __getattr__(self, name: str) -> type[Exception]:
        return type(name, (Exception,), {})


def _unexecuted(name: str) -> ModuleType:
    spec = find_spec(name)
    if spec is None:
        raise ImportError(name)
    package = module_from_spec(spec)
    package.__dict__["__version__"] = ""  # some submodules import such a name
    return package


def _forget() -> None:
    """Remove partly imported modules, so that the normal import starts from the beginning."""
    for name in [name for name in sys.modules if name.partition(".")[0] in PARTS]:
        del sys.modules[name]
