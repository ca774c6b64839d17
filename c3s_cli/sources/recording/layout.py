"""Where the values of nodes or pods stand in the columns of readings.

A layout is a list of things, which may grow at its end: a thing keeps its place as long as the layout lasts, so that
statistics over many readings need not look for it in each.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from c3s_cli.model.rows import Node, Pod

# A node (namespace None), or a pod with the containers that were measured.
Thing = tuple[str | None, str, tuple[str, ...]]
# 150,000 pods have some 300,000 containers.
MOST: Final = 4_000_000
# A layout is replaced if more than this share of it is empty.
EMPTY: Final = 0.125


class Layout:
    """The things of a layout, and where the values of each begin; there is one for a node or for each container."""

    def __init__(self, number: int, things: Iterable[Thing] = ()) -> None:
        self.number = number
        self.things: list[Thing] = []
        self.first = [0]
        for thing in things:
            self.append(thing)

    def append(self, thing: Thing) -> None:
        """Add a thing. A pod without measured containers has one value, which is unknown. ValueError if it is full."""
        if self.first[-1] > MOST:
            raise ValueError("too many containers")
        self.things.append(thing)
        self.first.append(self.first[-1] + (len(thing[2]) or 1))


class GrowingLayout(Layout):
    """The layout of a recorder, which adds what is new. stored: how many of its things are in the file."""

    def __init__(self, number: int, things: Iterable[Thing] = (), stored: int = 0) -> None:
        self.places: dict[Thing, int] = {}
        self.stored = stored
        super().__init__(number, things)

    def append(self, thing: Thing) -> None:
        """Add a thing."""
        self.places[thing] = len(self.things)
        super().append(thing)

    def place(self, thing: Thing) -> int:
        """Return the place of a thing, which is added if it is new."""
        if thing not in self.places:
            self.append(thing)
        return self.places[thing]

    def fits(self, things: Sequence[Thing]) -> bool:
        """Return whether few enough places would be empty. A reading without any things fits, as it has failed."""
        new = sum([thing not in self.places for thing in things])
        size = len(self.things) + new
        return not things or size - len(things) <= EMPTY * size


def thing_of(row: Node | Pod) -> Thing:
    """Return what a row is in a layout."""
    if isinstance(row, Node):
        return None, row.name, ()
    return row.namespace, row.name, tuple([each.name for each in row.containers])
