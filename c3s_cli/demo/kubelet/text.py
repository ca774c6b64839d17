"""A kubelet's figures -> /metrics/resource in the text format of Prometheus."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from c3s_cli.demo.kubelet.kubelet import Look

TYPE = "text/plain; version=0.0.4; charset=utf-8"
# (labels, value, time in ms if it has one)
_Sample = tuple[str, str, int | None]


def number(value: float) -> str:
    """Write a number as Go does: the shortest text that stands for it, with an exponent from a million on."""
    if value == int(value) and abs(value) < 1e6:
        return str(int(value))
    mantissa, _, exponent = f"{value:e}".partition("e")
    text = repr(value)
    if 1e-4 <= abs(value) < 1e6:
        return text.removesuffix(".0")
    # repr() gives the shortest digits; only their form differs.
    digits = text.replace(".", "").replace("-", "").partition("e")[0].strip("0") or "0"
    mantissa = digits[0] + ("." + digits[1:] if len(digits) > 1 else "")
    sign = "-" if value < 0 else ""
    power = int(exponent)
    return f"{sign}{mantissa}e{'-' if power < 0 else '+'}{abs(power):02d}"


def _seconds(nanoseconds: int) -> str:
    return number(nanoseconds / 1_000_000_000)


def _family(name: str, kind: str, words: str, samples: Iterable[_Sample]) -> Iterator[str]:
    yield f"# HELP {name} {words}\n# TYPE {name} {kind}\n"
    for labels, value, millis in samples:
        yield f"{name}{labels} {value}{'' if millis is None else f' {millis}'}\n"


def metrics(look: Look) -> str:
    """Return the whole page."""
    boxes = [
        (f'{{container="{name}",namespace="{seen.pod.group.namespace}",pod="{seen.pod.name}"}}', run, usage, seen)
        for seen in look.pods
        for name, run, usage in seen.boxes
    ]
    pods = [(f'{{namespace="{seen.pod.group.namespace}",pod="{seen.pod.name}"}}', seen) for seen in look.pods]
    swap = look.node.pool.swap
    # Hundreds of lines: one text at the end.
    return "".join(
        [
            *_family(
                "container_cpu_usage_seconds_total",
                "counter",
                "[STABLE] Cumulative cpu time consumed by the container in core-seconds",
                ((labels, _seconds(usage.cpu_total), seen.millis) for labels, _, usage, seen in boxes),
            ),
            *_family(
                "container_memory_working_set_bytes",
                "gauge",
                "[STABLE] Current working set of the container in bytes",
                ((labels, number(usage.memory), seen.millis) for labels, _, usage, seen in boxes),
            ),
            *_family(
                "container_start_time_seconds",
                "gauge",
                "[STABLE] Start time of the container since unix epoch in seconds",
                ((labels, number(run.start + run.pod.bits % 997 / 1000), None) for labels, run, _, _ in boxes),
            ),
            *_family(
                "container_swap_usage_bytes",
                "gauge",
                "[ALPHA] Current amount of the container swap usage in bytes. Reported only on non-windows systems",
                ((labels, "0", seen.millis) for labels, _, _, seen in boxes if swap),
            ),
            *_family(
                "node_cpu_usage_seconds_total",
                "counter",
                "[STABLE] Cumulative cpu time consumed by the node in core-seconds",
                [("", _seconds(look.whole.cpu_total), look.millis)],
            ),
            *_family(
                "node_memory_working_set_bytes",
                "gauge",
                "[STABLE] Current working set of the node in bytes",
                [("", number(look.whole.memory), look.millis)],
            ),
            *_family(
                "node_swap_usage_bytes",
                "gauge",
                "[ALPHA] Current swap usage of the node in bytes. Reported only on non-windows systems",
                [("", number(swap // 256), look.millis)] if swap else [],
            ),
            *_family(
                "pod_cpu_usage_seconds_total",
                "counter",
                "[STABLE] Cumulative cpu time consumed by the pod in core-seconds",
                ((labels, _seconds(seen.whole.cpu_total), seen.millis) for labels, seen in pods),
            ),
            *_family(
                "pod_memory_working_set_bytes",
                "gauge",
                "[STABLE] Current working set of the pod in bytes",
                ((labels, number(seen.whole.memory), seen.millis) for labels, seen in pods),
            ),
            *_family(
                "pod_swap_usage_bytes",
                "gauge",
                "[ALPHA] Current amount of the pod swap usage in bytes. Reported only on non-windows systems",
                ((labels, "0", seen.millis) for labels, seen in pods if swap),
            ),
            *_family(
                "resource_scrape_error",
                "gauge",
                "[STABLE] 1 if there was an error while getting container metrics, 0 otherwise",
                [("", "0", None)],
            ),
            *_family(
                "scrape_error",
                "gauge",
                "[ALPHA] (Deprecated since 1.29.0) 1 if there was an error while getting metrics, 0 otherwise",
                [("", "0", None)],
            ),
        ]
    )
