"""Split a question that is too large for one query: by the names of pods, then by time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from msgspec import Struct

# Points per answer: some 250 MB as JSON at 25 bytes each are too many.
POINTS: Final = 4_000_000
ALL: Final = "abcdefghijklmnopqrstuvwxyz0123456789-"
LONGEST_TAIL: Final = 2


class Letters(Struct, frozen=True):
    """The pods whose names end in some letters."""

    letters: str = ""
    tail: str = ""

    def __str__(self) -> str:
        """Name it in a message."""
        return f"pods whose names end in {self.tail or f'one of {self.letters}'}" if self.letters else "pods"

    def matcher(self) -> str:
        """Return the matcher; "" for all."""
        return f'pod=~".*[{self.letters}]{self.tail}"' if self.letters else ""

    def halves(self) -> Sequence[Letters]:
        """Return two halves of the letters; for a single letter, match one more letter before it."""
        if len(self.letters) == 1:
            return [Letters(ALL, self.letters + self.tail)] if len(self.tail) < LONGEST_TAIL else []
        letters = self.letters or ALL
        middle = len(letters) // 2
        return [Letters(part, self.tail) for part in (letters[:middle], letters[middle:])]


class Instances(Struct, frozen=True):
    """The nodes whose kubelets or exporters have some addresses; what one half does not match, the other one has."""

    matchers: tuple[str, ...] = ()

    def __str__(self) -> str:
        """Name it in a message."""
        return f"nodes with {', '.join(self.matchers)}" if self.matchers else "nodes"

    def matcher(self) -> str:
        """Return the matchers; "" for all."""
        return ",".join(self.matchers)

    def halves(self) -> Sequence[Instances]:
        """Return two halves, by one bit of a character before the port."""
        tail, bit = divmod(len(self.matchers), len(ALL).bit_length())
        if tail > LONGEST_TAIL:
            return []
        letters = "".join(letter for place, letter in enumerate(ALL) if place >> bit & 1)
        name = f"[{letters}]{'[^:]' * tail}"
        pattern = f'"(.*{name}[]]?:[0-9]+|[^:]*{name})"'
        return [Instances((*self.matchers, f"instance{sign}{pattern}")) for sign in ("=~", "!~")]


class Stretch(Struct, frozen=True):
    """A part of the points of a range: of which pods, None for nodes, and from which point to which."""

    letters: Letters | None
    first: int
    last: int

    def __str__(self) -> str:
        """Name it in a message."""
        return "nodes" if self.letters is None else str(self.letters)

    def matcher(self) -> str:
        """Return the matcher of the pods; "" for all."""
        return self.letters.matcher() if self.letters else ""

    def halves(self) -> Sequence[Stretch]:
        """Return two halves: of the pods, or of the time if the pods cannot be split."""
        if self.letters and (halves := self.letters.halves()):
            return [Stretch(part, self.first, self.last) for part in halves]
        middle = (self.first + self.last) // 2
        if middle == self.last:
            return []
        return [Stretch(self.letters, self.first, middle), Stretch(self.letters, middle + 1, self.last)]


def stretches(points: int, rows: int, *, pods: bool) -> list[Stretch]:
    """Cut the points of a range, from 0 on, so that each answer has a bearable size. rows: how many objects."""
    parts = max(1, -(-points * rows // POINTS))
    each = -(-points // parts)
    letters = Letters() if pods else None
    return [Stretch(letters, first, min(first + each, points) - 1) for first in range(0, points, each)]
