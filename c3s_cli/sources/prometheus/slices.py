"""Split a large question into queries that Prometheus can answer: some pods, some namespaces, some groups."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Final, TypeVar

from msgspec import Struct

from c3s_cli.sources.prometheus import promql
from c3s_cli.terminal.stderr import named

if TYPE_CHECKING:
    from c3s_cli.sources.prometheus.membership import Members, PodSet

T = TypeVar("T")
# Points per query: a fifth of Prometheus' limit, because pods that no longer exist add to it.
POINTS: Final = 10_000_000
# Limits of one query: the number of names written out, and its length.
MOST_PODS: Final = 1500
MOST_GROUPS: Final = 60
LONGEST: Final = 100_000
ALL: Final = "abcdefghijklmnopqrstuvwxyz0123456789-"
LONGEST_TAIL: Final = 2


def in_two(several: tuple[T, ...]) -> Sequence[tuple[T, ...]]:
    """Return two halves; nothing if there are not two members."""
    middle = len(several) // 2
    return (several[:middle], several[middle:]) if middle else ()


class Letters(Struct, frozen=True):
    """The pods whose names end in some letters, for use when the namespaces are not known yet."""

    letters: str = ""
    tail: str = ""

    def __str__(self) -> str:
        """Name it in a message."""
        return "pods"

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


class PodSlice(Struct, frozen=True):
    """Pods of one or more namespaces. names: which pods, all if empty."""

    namespaces: tuple[tuple[str, tuple[str, ...]], ...]
    whole: bool = True

    def __str__(self) -> str:
        """Name it in a message."""
        names = [namespace for namespace, _ in self.namespaces]
        return f"namespace{'s' if len(names) > 1 else ''} {named(names, 3)}"

    def matchers(self) -> dict[str, Sequence[str]]:
        """Return the labels that select it."""
        matchers: dict[str, Sequence[str]] = {"namespace": [namespace for namespace, _ in self.namespaces]}
        if not self.whole:
            matchers["pod"] = [name for _, names in self.namespaces for name in names]
        return matchers

    def halves(self) -> Sequence[PodSlice]:
        """Return two halves: of the namespaces, or of the pods of a single namespace."""
        if len(self.namespaces) > 1:
            return [PodSlice(part, self.whole) for part in in_two(self.namespaces)]
        ((namespace, names),) = self.namespaces
        return [PodSlice(((namespace, part),), whole=False) for part in in_two(names)]


def pod_slices(pods: Mapping[tuple[str, str], int], points: int, *, narrow: bool) -> list[PodSlice]:
    """Cut pods, given with their number of containers, into slices. points: per container. narrow: select by name."""
    most = max(1, POINTS // points)
    by_namespace: dict[str, list[tuple[str, int]]] = {}
    for (namespace, name), containers in sorted(pods.items()):
        by_namespace.setdefault(namespace, []).append((name, containers))
    slices: list[PodSlice] = []
    small: list[tuple[str, tuple[str, ...]]] = []
    held = 0
    for namespace, several in by_namespace.items():
        size = sum(containers for _, containers in several)
        names = tuple(name for name, _ in several)
        if narrow or size > most:
            each = max(1, min(MOST_PODS, most * len(names) // size))
            slices += [
                PodSlice(((namespace, names[place : place + each]),), whole=False)
                for place in range(0, len(names), each)
            ]
            continue
        if held + size > most:
            slices.append(PodSlice(tuple(small)))
            small, held = [], 0
        small.append((namespace, names))
        held += size
    return [*slices, *([PodSlice(tuple(small))] if small else [])]


class GroupSlice(Struct, frozen=True):
    """Some groups, by the value that marks each of them in the answer."""

    groups: tuple[tuple[str, Members], ...]

    def __str__(self) -> str:
        """Name it in a message."""
        return "a group" if len(self.groups) == 1 else f"{len(self.groups)} groups"

    def query(self, ask: Callable[[Members], str], label: str) -> str:
        """Return the query for one result per group, marked with `label`."""
        return " or ".join(promql.marked(ask(members), label, mark) for mark, members in self.groups)

    def halves(self) -> Sequence[GroupSlice]:
        """Return two halves of the groups. A single group cannot be split: its sum needs all members."""
        return [GroupSlice(part) for part in in_two(self.groups)]


def selectors_of(pods: Sequence[PodSet]) -> list[str]:
    """Return selectors of pods: one for all whole namespaces together, and one for each other set."""
    whole = [each.namespace for each in pods if not each.names and not each.pattern]
    selectors = [promql.one_of("namespace", whole)] if whole else []
    for each in pods:
        if each.names:
            selectors.append(promql.joined({"namespace": [each.namespace], "pod": each.names}))
        elif each.pattern:
            selectors.append(f"{promql.one_of('namespace', [each.namespace])},pod=~{promql.quoted(each.pattern)}")
    return selectors


def group_slices(groups: Mapping[str, Members]) -> list[GroupSlice]:
    """Combine groups into slices that are not too large."""
    slices: list[GroupSlice] = []
    held: list[tuple[str, Members]] = []
    size = 0
    for mark, members in groups.items():
        if not members.size:
            continue
        length = sum(len(name) for each in members.pods for name in (each.namespace, *each.names))
        if held and (len(held) >= MOST_GROUPS or size + members.size * 60 + length > LONGEST):
            slices.append(GroupSlice(tuple(held)))
            held, size = [], 0
        held.append((mark, members))
        size += members.size * 60 + length
    return [*slices, *([GroupSlice(tuple(held))] if held else [])]
