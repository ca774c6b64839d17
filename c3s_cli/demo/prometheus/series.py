"""A series: labels, and a value at every scrape between its first and its last one."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

# Seconds between two scrapes, which happen at multiples of it.
INTERVAL = 30
# Sorted pairs of label and value.
Labels = tuple[tuple[str, str], ...]


def labels_of(labels: dict[str, str]) -> Labels:
    """Return labels in their form; what is empty is not there."""
    return tuple(sorted((name, value) for name, value in labels.items() if value))


class Series:
    """One series. `first` and `last` are its scrapes: seconds since 1970 / INTERVAL."""

    __slots__ = ("bare", "first", "grows", "labels", "last", "values")

    def __init__(
        self,
        name: str,
        labels: dict[str, str],
        life: tuple[int, int],
        values: Callable[[int, int], list[float]],
        *,
        grows: bool = False,
    ) -> None:
        self.labels = labels_of({"__name__": name, **labels})
        self.bare = labels_of(labels)
        self.first, self.last = life
        # From a scrape up to and with another one.
        self.values = values
        # Whether it never falls, so that what it grew by shows at its ends.
        self.grows = grows


def constant(value: float) -> Callable[[int, int], list[float]]:
    """Return the values of what does not change."""
    return lambda first, last: [value] * (last - first + 1)
