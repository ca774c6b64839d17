"""A kubelet's figures -> /metrics/resource in the text format of Prometheus."""

from __future__ import annotations

from collections.abc import Iterator

from c3s_cli.demo.kubelet.kubelet import NodeSample

TYPE = "text/plain; version=0.0.4; charset=utf-8"
_SWAP = "Reported only on non-windows systems"
# What each family of series is, in the order of the page.
_FAMILIES = (
    ("container_cpu_usage_seconds_total", "counter",
     "[STABLE] Cumulative cpu time consumed by the container in core-seconds"),
    ("container_memory_working_set_bytes", "gauge", "[STABLE] Current working set of the container in bytes"),
    ("container_start_time_seconds", "gauge", "[STABLE] Start time of the container since unix epoch in seconds"),
    ("container_swap_usage_bytes", "gauge",
     f"[ALPHA] Current amount of the container swap usage in bytes. {_SWAP}"),
    ("node_cpu_usage_seconds_total", "counter", "[STABLE] Cumulative cpu time consumed by the node in core-seconds"),
    ("node_memory_working_set_bytes", "gauge", "[STABLE] Current working set of the node in bytes"),
    ("node_swap_usage_bytes", "gauge", f"[ALPHA] Current swap usage of the node in bytes. {_SWAP}"),
    ("pod_cpu_usage_seconds_total", "counter", "[STABLE] Cumulative cpu time consumed by the pod in core-seconds"),
    ("pod_memory_working_set_bytes", "gauge", "[STABLE] Current working set of the pod in bytes"),
    ("pod_swap_usage_bytes", "gauge", f"[ALPHA] Current amount of the pod swap usage in bytes. {_SWAP}"),
    ("resource_scrape_error", "gauge",
     "[STABLE] 1 if there was an error while getting container metrics, 0 otherwise"),
    ("scrape_error", "gauge",
     "[ALPHA] (Deprecated since 1.29.0) 1 if there was an error while getting metrics, 0 otherwise"),
)  # fmt: skip


def number(value: float) -> str:
    """Write a number as Go does: the shortest text that stands for it, with an exponent from a million on."""
    if 1e-4 <= abs(value) < 1e6 or not value:
        return repr(float(value)).removesuffix(".0")
    # repr() gives the shortest digits; only their form differs.
    digits = repr(float(value)).replace(".", "").replace("-", "").partition("e")[0].strip("0")
    mantissa = digits[0] + ("." + digits[1:] if len(digits) > 1 else "")
    power = int(f"{value:e}".partition("e")[2])
    return f"{'-' if value < 0 else ''}{mantissa}e{'-' if power < 0 else '+'}{abs(power):02d}"


def _seconds(nanoseconds: int) -> str:
    return number(nanoseconds / 1_000_000_000)


def metrics(sample: NodeSample) -> str:
    """Return the whole page."""
    # Hundreds of lines: one text at the end.
    lines: dict[str, list[str]] = {name: [] for name, *_ in _FAMILIES}
    for name, line in _samples(sample):
        lines[name].append(f"{name}{line}\n")
    return "".join(
        f"# HELP {name} {words}\n# TYPE {name} {kind}\n{''.join(lines[name])}" for name, kind, words in _FAMILIES
    )


def _samples(sample: NodeSample) -> Iterator[tuple[str, str]]:
    """(family, labels, value and time) of every series."""
    swap = sample.node.pool.swap
    for pod_sample in sample.pods:
        pod = f'namespace="{pod_sample.pod.group.namespace}",pod="{pod_sample.pod.name}"}}'
        for name, run, millis, usage in pod_sample.boxes:
            box = f'{{container="{name}",{pod}'
            yield "container_cpu_usage_seconds_total", f"{box} {_seconds(usage.cpu_total)} {millis}"
            yield "container_memory_working_set_bytes", f"{box} {number(usage.memory)} {millis}"
            yield "container_start_time_seconds", f"{box} {number(run.start + run.pod.bits % 997 / 1000)}"
            if swap:
                yield "container_swap_usage_bytes", f"{box} 0 {millis}"
        yield "pod_cpu_usage_seconds_total", f"{{{pod} {_seconds(pod_sample.whole.cpu_total)} {pod_sample.millis}"
        yield "pod_memory_working_set_bytes", f"{{{pod} {number(pod_sample.whole.memory)} {pod_sample.millis}"
        if swap:
            yield "pod_swap_usage_bytes", f"{{{pod} 0 {pod_sample.millis}"
    yield "node_cpu_usage_seconds_total", f" {_seconds(sample.whole.cpu_total)} {sample.millis}"
    yield "node_memory_working_set_bytes", f" {number(sample.whole.memory)} {sample.millis}"
    if swap:
        yield "node_swap_usage_bytes", f" {number(swap // 256)} {sample.millis}"
    yield "resource_scrape_error", " 0"
    yield "scrape_error", " 0"
