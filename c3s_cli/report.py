"""The Report: the rows to show, the columns asked for, the totals, and how the conditions came out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct, structs

from c3s_cli.model.rows import Group
from c3s_cli.model.sample import Failure

if TYPE_CHECKING:
    from c3s_cli.columns.vocabulary import Column, Kind
    from c3s_cli.model.fit_rows import Row
    from c3s_cli.model.placing import FitResult, MissingNodes
    from c3s_cli.model.prices import CostTerms


class LeftOut(Struct, frozen=True):
    """What --where left out: the objects that it could not judge, and whether there were others."""

    unjudged: Sequence[Row] = ()
    others: bool = False


ALL: Final = LeftOut()


class Judgement(Struct, frozen=True):
    """The result of --fail-if or --until over all rows, by their names.

    flag: the flag as written. met: whether the condition is met. fails: whether the exit code is 3. of: how many rows
    there are. matched: the rows that match. unjudged: the rows with unknown values; because: why these are unknown.
    shares: how many members of each unjudged group are measured, or which containers of a pod are not; "" if all are.
    nothing: that there was nothing to judge, in words, or nothing in some namespaces, or what of all rows could not be
    read; "" if there was. blind: whether that is no success, as --fail-if-unknown asks.
    """

    flag: str
    met: bool
    fails: bool
    of: int
    matched: tuple[str, ...] = ()
    unjudged: tuple[str, ...] = ()
    because: str = ""
    shares: tuple[str, ...] = ()
    nothing: str = ""
    blind: bool = False


class Report(Struct, frozen=True):
    """What is shown: the rows in order, the requested columns, and the totals of all rows before --limit.

    kind: the kind of the rows. keys: the columns of --by. contexts: whether several contexts were requested, so that a
    table begins with CONTEXT. namespaces: whether NAMESPACE follows. containers: whether the pods' containers are
    shown. omitted: how many rows --limit cut off. fail_if, until: the results of the conditions, None without one.
    empty_message: the message on stderr if there are no rows; absence: why. moment: the time in the past that is shown,
    in words; "" for now; usage_time: that time, None for now. time: in a series, that of the reading. compared: the
    times of what `c3s diff` compares, before and after. fit_results: the result of `c3s fit`. missing: with --missing,
    what it lacks. costs: what costs are about, None without prices. rule: that of `c3s rightsize`, in words and
    numbers, None in other commands.
    """

    now: datetime
    source: str
    kind: Kind
    columns: tuple[Column, ...]
    rows: Sequence[Row]
    totals: Group | None
    keys: tuple[Column, ...] = ()
    contexts: bool = False
    namespaces: bool = False
    containers: bool = False
    failures: tuple[Failure, ...] = ()
    remarks: tuple[str, ...] = ()
    omitted: int = 0
    fail_if: Judgement | None = None
    until: Judgement | None = None
    empty_message: str = ""
    absence: str = ""
    moment: str = ""
    usage_time: datetime | None = None
    time: datetime | None = None
    fit_results: tuple[FitResult, ...] = ()
    missing: tuple[MissingNodes, ...] | None = None
    costs: CostTerms | None = None
    compared: Mapping[str, datetime] = {}
    rule: Mapping[str, Any] | None = None

    @property
    def each_once(self) -> Sequence[Row]:
        """The rows; with --containers, each pod once with all containers that are shown, wherever these stand."""
        if not self.containers:
            return self.rows
        pods: dict[tuple[str, str, str], Any] = {}
        rows: Sequence[Any] = self.rows
        for row in rows:
            who = (row.context, row.namespace, row.name)
            known = pods.get(who)
            pods[who] = structs.replace(known, containers=(*known.containers, *row.containers)) if known else row
        return list(pods.values())

    @property
    def judgements(self) -> tuple[Judgement, ...]:
        """The results of the given conditions."""
        return tuple(each for each in (self.fail_if, self.until) if each)


class Series(Struct, frozen=True):
    """The reports of the readings in a range, made one after another. Each has the time of its reading.

    start, end: the first and the last of these times. readings: how many there are. failures: those of readings, known
    at the end.
    """

    reports: Iterator[Report]
    start: datetime
    end: datetime
    readings: int
    failures: list[Failure]
