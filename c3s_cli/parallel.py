"""Run jobs in parallel, in threads that nobody waits for if a signal ends the process."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial
from typing import Any, Final, TypeVar

from c3s_cli import signals
from c3s_cli.errors import C3sError

Key = TypeVar("Key")
# Bytes. A thread takes up to 72 MiB of address space, and Python waits for ever for one that finds too little.
ROOM: Final = 512 << 20


def in_parallel(
    jobs: Mapping[Key, Callable[[], Any]], limit: int | None = None, finished: Callable[[int], None] = lambda _: None
) -> dict[Key, Any]:
    """Run jobs, the last one in this thread. Return the result, or the C3sError, of each.

    limit: how many to run at once, None for all. finished: called with the number of jobs that have ended. Raises any
    other exception of a job.
    """
    results: dict[Key, Any] = {}
    waiting = deque(jobs.items())
    lock = threading.Lock()

    def work(take: Callable[[], tuple[Key, Callable[[], Any]]]) -> None:
        while True:
            try:
                key, job = take()
            except IndexError:
                return
            try:
                results[key] = job()
            except Exception as problem:  # noqa: BLE001  raised again by the thread that asked
                results[key] = problem
            with lock:
                finished(len(results))

    others = min(len(jobs), limit or len(jobs)) - 1
    threads = [start_thread(partial(work, waiting.popleft)) for _ in range(others)]
    work(waiting.pop)
    for thread in threads:
        if thread is not None:
            thread.join()
    for result in results.values():
        if isinstance(result, BaseException) and not isinstance(result, C3sError):
            raise result
    return {key: results[key] for key in jobs}


def results_of(jobs: Mapping[Key, Callable[[], Any]]) -> dict[Key, Any]:
    """Run jobs in parallel and return their results. Raises the first C3sError, in the order of the jobs."""
    results = in_parallel(jobs)
    for result in results.values():
        if isinstance(result, C3sError):
            raise result
    return results


def all_results(jobs: Sequence[Callable[[], Any]]) -> list[Any]:
    """Run jobs in parallel and return their results in order. Raises the first C3sError, in this order."""
    return list(results_of(dict(enumerate(jobs))).values())


def in_background(job: Callable[[], None]) -> None:
    """Run a job in another thread, or in this one if no other can be started."""
    if start_thread(job) is None:
        job()


def start_thread(job: Callable[[], None], name: str | None = None) -> threading.Thread | None:
    """Run a job in a thread that nobody waits for at the end. None if a limit allows no more threads."""
    if not _has_room():
        return None
    if signals.SOURCES:
        _watch_signals()
    return _started(job, name)


@cache
def _watch_signals() -> None:
    _started(signals.watch, "c3s-signals")


def _started(job: Callable[[], None], name: str | None) -> threading.Thread | None:
    thread = threading.Thread(target=job, name=name, daemon=True)
    try:
        thread.start()
    except RuntimeError:
        return None
    return thread


@cache
def _has_room() -> bool:
    """Return whether the address space (ulimit -v), which Linux alone limits, is large enough for threads."""
    try:
        # Importing `resource` takes longer.
        with open("/proc/self/limits", "rb") as limits:  # noqa: PTH123  pathlib is slow to import
            space = next(line.split()[3] for line in limits if line.startswith(b"Max address space"))
    except (OSError, StopIteration):
        return True
    return not space.isdigit() or int(space) >= ROOM
