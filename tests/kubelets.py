"""What kubelets answer, and a clock for those who wait for them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.servers import FakeApi, Reply, Request

TEXT = "text/plain; version=0.0.4; charset=utf-8"
THEN = 1772443780000
NOW = THEN + 10_000


def look(
    millis: int, cpu: float = 100.0, memory: float = 2.0**30, boxes: dict[str, tuple[Any, ...]] | None = None
) -> str:
    """Write a page. boxes: "namespace/pod/container" → seconds of CPU, bytes, start."""
    lines = [f"node_cpu_usage_seconds_total {cpu} {millis}", f"node_memory_working_set_bytes {memory} {millis}"]
    for name, (used, held, begun) in (boxes or {}).items():
        namespace, of, container = name.split("/")
        labels = f'{{container="{container}",namespace="{namespace}",pod="{of}"}}'
        if used is not None:
            lines.append(f"container_cpu_usage_seconds_total{labels} {used} {millis}")
        if held is not None:
            lines.append(f"container_memory_working_set_bytes{labels} {held} {millis}")
        lines.append(f"container_start_time_seconds{labels} {begun}")
    return "\n".join(lines) + "\n"


def path(name: str, what: str = "metrics/resource") -> str:
    return f"/api/v1/nodes/{name}/proxy/{what}"


def pages(api: FakeApi, name: str, *texts: str, where: str = "metrics/resource") -> None:
    """Answer with one page after the other; with the last one again and again."""
    left = list(texts)

    def answer(_request: Request) -> Reply:
        return Reply(left.pop(0) if len(left) > 1 else left[0], content_type=TEXT)

    api.routes[path(name, where)] = answer


class Waiting:
    """A clock that only moves where c3s sleeps. `passes` is called with the new time."""

    def __init__(self) -> None:
        self.now = 0.0
        self.passes: Callable[[float], object] = lambda _now: None

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.passes(self.now)
