"""Prometheus' text format: read a few metric families from a page, which has thousands of lines on a kubelet."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Final

from c3s_cli.sources.decode.shapes import USUAL

Body = bytes | bytearray
# Labels as written → (value, ms since 1970; None without a timestamp).
Samples = dict[bytes, tuple[float, int | None]]

# The labels of a container as kubelets write them. Any other order, or escapes, take the slower general pattern.
CONTAINER: Final = re.compile(rb'container="([^"\\]*)",namespace="([^"\\]*)",pod="([^"\\]*)"')
LABEL: Final = re.compile(rb'([A-Za-z_]\w*)\s*=\s*"((?:[^"\\]|\\.)*)"')
# The end of the year 9999, the last that datetime supports, in ms.
LATEST: Final = 253_402_300_800_000
ESCAPE: Final = re.compile(r"\\(.)")


@cache
def _lines(families: Sequence[str]) -> re.Pattern[bytes]:
    """Return a pattern for the samples of several families, to read them in one pass over the page."""
    names = "|".join(map(re.escape, families))
    return re.compile(rf"\n({names})(?:{{(.*)}})?[ \t]+([^ \t\n]+)(?:[ \t]+(-?\d+))?(?=\s*(?:\n|\Z))".encode())


def read(body: Body, families: tuple[str, ...]) -> Mapping[str, Samples]:
    """Return the samples of some families, without impossible values and timestamps."""
    by_family: dict[str, Samples] = {family: {} for family in families}
    tables = {family.encode(): samples for family, samples in by_family.items()}
    for family, labels, value, millis in _lines(families).findall(b"\n" + body):
        try:
            number, moment = float(value), int(millis) if millis else None
        except ValueError:
            continue
        if 0 <= number < USUAL and (moment is None or 0 <= moment < LATEST):
            tables[family][labels] = number, moment
    return by_family


def container_of(labels: bytes) -> tuple[str, str, str]:
    """Return the namespace, pod and container that labels name; "" for a missing label."""
    match = CONTAINER.fullmatch(labels)
    if match:
        namespace, pod, container = (match[place].decode("utf-8", "replace") for place in (2, 3, 1))
        return namespace, pod, container
    every = {name.decode(): _unescaped(value) for name, value in LABEL.findall(labels)}
    return every.get("namespace", ""), every.get("pod", ""), every.get("container", "")


def labels_of(namespace: str, pod: str, container: str) -> bytes:
    """Return the labels that name a container, as a kubelet writes them."""
    parts = (part.replace("\\", r"\\").replace('"', r"\"") for part in (container, namespace, pod))
    return 'container="{}",namespace="{}",pod="{}"'.format(*parts).encode("utf-8", "replace")


def _unescaped(value: bytes) -> str:
    return ESCAPE.sub(lambda match: "\n" if match[1] == "n" else match[1], value.decode("utf-8", "replace"))
