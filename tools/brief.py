"""`pytest -p tools.brief`, for tools/mutants.py, which runs the tests a thousand times, on a machine that is busy.

Few random inputs, the same each time, and no search for the smallest one that fails. Tests that must end within seconds
may take that much time of the processor, so that no mutant is killed by the load. What was cached before the mutant was
there is forgotten.
"""

import functools
import gc
import time
from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, Phase, settings

# These only have upper bounds.
BOUNDED = ("test_dial", "test_faults", "test_transport")

settings.register_profile(
    "brief",
    max_examples=10,
    derandomize=True,
    deadline=None,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=list(HealthCheck),
)
settings.load_profile("brief")


def pytest_sessionstart() -> None:
    """Empty the caches of the functions of c3s."""
    for cached in gc.get_objects():
        if isinstance(cached, functools._lru_cache_wrapper) and cached.__module__.startswith("c3s_cli"):  # noqa: SLF001
            cached.cache_clear()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give the tests of BOUNDED another clock."""
    for item in items:
        module = getattr(item, "module", None)
        if module and module.__name__.rpartition(".")[2] in BOUNDED:
            module.time = SimpleNamespace(**{**vars(time), "monotonic": time.process_time})
