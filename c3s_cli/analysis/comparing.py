"""Two readings → the Report of what changed: match rows, select, judge, and leave out what stayed the same."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from fractions import Fraction
from typing import Any

from msgspec import Struct, structs

from c3s_cli.analysis.judging import full_name
from c3s_cli.analysis.report import report_of
from c3s_cli.columns.changing import TEXTUAL, change_column, value_of
from c3s_cli.columns.vocabulary import Column, Getter
from c3s_cli.model.change_rows import CHANGED, Change
from c3s_cli.model.rows import Pod
from c3s_cli.model.sample import WHOLE, Failure, Sample
from c3s_cli.report import LeftOut, Report
from c3s_cli.request.comparing import DiffRequest
from c3s_cli.request.query import Query, SortKey
from c3s_cli.terminal.stderr import SOME, counted, named


class SideRows(Struct, frozen=True):
    """The rows of one side. samples: what they were read from, or its time and context alone.

    unfiltered: the objects that --where could not judge. complete: whether rows without known usage are listed, too.
    """

    samples: Sequence[Sample]
    rows: Sequence[Any]
    unfiltered: Sequence[Any] = ()
    failures: tuple[Failure, ...] = ()
    complete: bool = True

    @property
    def contexts(self) -> tuple[str, ...]:
        """The contexts that were read."""
        return tuple(dict.fromkeys(sample.context for sample in self.samples))

    @property
    def all_failures(self) -> tuple[Failure, ...]:
        """Its failures: of whole clusters, and in what was read of them."""
        return (*self.failures, *(each for sample in self.samples for each in sample.failures))

    @property
    def now(self) -> datetime:
        """The time of its usage in its latest sample."""
        return max(sample.usage_time or sample.now for sample in self.samples)


def make_diff(before: SideRows, after: SideRows, request: DiffRequest) -> Report:
    """Make the Report of the changes from `before` to `after`.

    --fail-if judges all rows, also those that hardly changed; --min-change and --limit only leave out what is shown.
    """
    several = len(before.contexts) > 1 or len(after.contexts) > 1
    unknown: list[Change] = []
    changes: list[Any] = list(_matched(before, after, request, unknown, several=several))
    unfiltered: list[Any] = [
        *(_change(each, None) for each in before.unfiltered),
        *(_change(None, each) for each in after.unfiltered),
    ]
    if request.selected:
        judged = [(row, request.selected.judge(row)) for row in changes]
        changes = [row for row, truth in judged if truth]
        unfiltered += [row for row, truth in judged if truth is None]
    query = request.query
    sorted_by = query.sort or tuple(_by_size(column) for column in request.columns if column.unit not in TEXTUAL)
    query = structs.replace(query, sort=sorted_by, limit=None)
    of_both = {each for sample in before.samples for each in sample.remarks}
    of_both &= {each for sample in after.samples for each in sample.remarks}
    samples = [
        structs.replace(
            sample,
            failures=(),
            moment="",
            remarks=tuple(f"{'before and after' if each in of_both else name}: {each}" for each in sample.remarks),
        )
        for name, side in (("before", before), ("after", after))
        for sample in side.samples
    ]
    report = report_of(
        samples,
        query,
        changes,
        None,
        failures=[*_of("before", before.all_failures), *_of("after", after.all_failures)],
        contexts=several,
        left_out=LeftOut(unfiltered if query.fail_if else (), bool(request.selected or request.base.where)),
    )
    rows = [row for row in report.rows if _differs(row, request)]
    at_all = structs.replace(request, least=Fraction(0))
    little = sum(_differs(row, at_all) for row in report.rows) - len(rows)
    shown = rows if request.query.limit is None else rows[: request.query.limit]
    message = "" if rows else "No changes found" if changes else report.empty_message
    return structs.replace(
        report,
        rows=shown,
        omitted=len(rows) - len(shown),
        empty_message=message,
        source=" → ".join(dict.fromkeys(_source(side) for side in (before, after))),
        compared={"before": before.now, "after": after.now},
        usage_time=max(before.now, after.now),
        remarks=(
            *report.remarks,
            *_not_judged(() if query.fail_if else unfiltered, contexts=several),
            *_hidden(little, request.least),
            *_never_measured(unknown, contexts=several),
            *_doubts(rows, before, after),
        ),
    )


def _not_judged(unfiltered: Sequence[Any], *, contexts: bool) -> Iterator[str]:
    """Say which rows --where leaves out although they may match."""
    if names := [*dict.fromkeys(full_name(row, contexts=contexts) for row in unfiltered)]:
        yield f"--where could not judge {counted(len(names), 'row')}: {named(names, SOME)}"


def _hidden(little: int, least: Fraction) -> Iterator[str]:
    """Say how many rows changed by so little that they are left out."""
    if little:
        them = "it" if little == 1 else "them"
        yield f"{counted(little, 'row')} changed by no more than {float(least):g}%: --min-change 0 shows {them}"


def _never_measured(changes: Sequence[Change], *, contexts: bool) -> Iterator[str]:
    """Say which pods run, but are left out since nothing is known of them on either side."""
    pods = [each for each in changes if isinstance(each.after, Pod) and each.after.facts and each.after.facts.started]
    if pods:
        them = f"{counted(len(pods), 'pod')} without data before and after {'is' if len(pods) == 1 else 'are'} left out"
        yield f"{them}: {named([full_name(each, contexts=contexts) for each in pods], SOME)}"


def _doubts(rows: Sequence[Any], before: SideRows, after: SideRows) -> Iterator[str]:
    """Say which rows may have been there, but were not measured, and that the sides may have been exchanged."""
    if before.now > after.now:
        yield "before is later than after"
    for side, name, change in ((before, "before", "added"), (after, "after", "removed")):
        count = sum(row.change == change and getattr(row.after, "created_at", None) is None for row in rows)
        if count and not side.complete:
            words = f"{counted(count, 'row')} {change}"
            yield f"{name} lists only what was measured: {words} may have been there without metrics"


def _source(side: SideRows) -> str:
    return ", ".join(dict.fromkeys(sample.source for sample in side.samples))


def _of(side: str, failures: Iterable[Failure]) -> Iterator[Failure]:
    """Say of failures on which side they are."""
    for failure in failures:
        if failure.source == WHOLE:
            yield structs.replace(failure, message=f"{side}: {failure.message}")
        elif failure.source == "quantity":
            yield failure
        else:
            yield structs.replace(failure, source=f"{side}: {failure.source}")


def _matched(
    before: SideRows, after: SideRows, request: DiffRequest, unknown: list[Change], *, several: bool
) -> Iterator[Change]:
    """Yield the rows of both sides, matched by their names or keys; the context matters if there are several.

    Add those of which nothing is known to `unknown`.
    """
    lost = {each.context for side in (before, after) for each in side.failures if each.source == WHOLE}
    key_of = _key(request.query, several=several)
    old, new = (
        {key_of(row): row for row in side.rows if not (several and row.context in lost)} for side in (before, after)
    )
    getters = [value_of(column) for column in request.read]
    for key in {**old, **new}:
        change = _change(_unmeasured(old.get(key), new.get(key), before), new.get(key))
        # A side that lists only what is measured does not say whether anything else was there.
        if change.before is None and not before.complete and change.after.timestamp is None:
            continue
        if change.after is None and not after.complete and change.before.timestamp is None:
            continue
        if change.change != CHANGED or _is_known(change, getters):
            yield change
        else:
            unknown.append(change)


def _unmeasured(row: Any, after: Any, before: SideRows) -> Any:
    """Return a row of unknown usage for a pod that is older than a side which lists only what is measured."""
    if row is not None or before.complete or not isinstance(after, Pod):
        return row
    is_older = after.created_at is not None and after.created_at < before.now.timestamp()
    return Pod(after.context, after.namespace, after.name, None, None) if is_older else None


def _is_known(change: Change, getters: Sequence[Getter]) -> bool:
    """Return whether there is anything to compare: most pods that are pending have no usage on either side."""
    return any(get(side) is not None for get in getters for side in (change.before, change.after))


def _key(query: Query, *, several: bool) -> Callable[[Any], Any]:
    if query.by:
        return lambda row: (row.context if several else "", row.keys)
    if query.kind.named:
        return lambda row: (row.context if several else "", row.namespace, row.name)
    return lambda row: row.context if several else ""


def _change(before: Any, after: Any) -> Change:
    row = before if after is None else after
    return Change(row.context, getattr(row, "namespace", ""), row.name, before, after, getattr(row, "keys", ()))


def _by_size(column: Column) -> SortKey:
    """Sort by the size of a change, in either direction."""
    change = change_column(column, "change") or column

    def size(row: Any) -> Any:
        value = change.value(row)
        return None if value is None else abs(value)

    return SortKey(change, size, descending=True)


def _differs(row: Any, request: DiffRequest) -> bool:
    """Return whether a row came, went, or changed in one of the compared columns."""
    if row.change != CHANGED:
        return True
    getters = ((column, value_of(column)) for column in request.columns)
    return any(_changed(column, get(row.before), get(row.after), request.least) for column, get in getters)


def _changed(column: Column, before: Any, after: Any, least: Fraction) -> bool:
    """Return whether a value changed by more than `least` percent; any text; and whether a number became unknown."""
    if column.unit in TEXTUAL:
        return None not in (before, after) and _as_text(before) != _as_text(after)
    if before is None or after is None:
        return before is not after
    return bool(abs(_exact(after) - _exact(before)) * 100 > least * abs(_exact(before)))


def _as_text(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _exact(value: Any) -> Any:
    return Fraction(str(value)) if isinstance(value, float) else value
