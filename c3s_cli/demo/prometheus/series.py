"""A series: labels, and a value at every scrape between its first and its last one."""

from __future__ import annotations

from collections.abc import Callable

# Seconds between two scrapes, which happen at multiples of it.
INTERVAL = 30
# Sorted pairs of label and value.
Labels = tuple[tuple[str, str], ...]
# The values from a scrape up to and with another one.
Values = Callable[[int, int], list[float]]


def labels_of(labels: dict[str, str]) -> Labels:
    """Return labels in their form; what is empty is not there."""
    return tuple(sorted((name, value) for name, value in labels.items() if value))


def without_name(labels: Labels) -> Labels:
    """Return labels without the name of a metric."""
    return tuple(pair for pair in labels if pair[0] != "__name__")


class Series:
    """One series. `first` and `last` are its scrapes: seconds since 1970 / INTERVAL.

    grows: whether it never falls, so that what it grew by shows at its ends.
    """

    __slots__ = ("bare", "first", "grows", "labels", "last", "values")

    def __init__(
        self, name: str, labels: dict[str, str], life: tuple[int, int], values: Values, *, grows: bool = False
    ) -> None:
        self.labels = labels_of({"__name__": name, **labels})
        self.bare = labels_of(labels)
        self.first, self.last = life
        self.values = values
        self.grows = grows


def constant(value: float) -> Values:
    """Return the values of what does not change."""
    return lambda first, last: [value] * (last - first + 1)
