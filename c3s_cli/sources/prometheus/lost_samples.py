"""Batches of samples that were lost on their way, of some series at a time: what the others still tell. No I/O."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

from c3s_cli.sources.prometheus.decoding import Labels, Matrix
from c3s_cli.sources.prometheus.history import History, Key, Life
from c3s_cli.sources.prometheus.promql import NEAR

# From when until when objects ran at least.
Spans = Mapping[Key, Sequence[Life]]


def hide_lost(history: History, spans: Spans, memory: Matrix, key_of: Callable[[Labels], Key]) -> None:
    """Note when objects ran without a point of memory."""
    start, step = history.start, history.range.step
    known: dict[Key, set[int]] = {}
    for labels, points in memory:
        if (key := key_of(labels)) in spans:
            known.setdefault(key, set()).update(round((time - start) / step) for time in points.times)
    for key, places in known.items():
        for first, last in spans[key]:
            begin, end = math.ceil((first - start) / step), math.floor((last - start) / step)
            end = history.count if last > history.end - NEAR * history.range.interval else end
            for place in set(range(max(0, begin), end + 1)) - places:
                history.hide(key, start + place * step)


def hide_nodes(history: History) -> None:
    """Note when nodes had no point of memory, although their CPU grew then and later."""
    reach = math.ceil(history.range.window / history.range.step)
    for key, line in history.lines["memory"].items():
        grown = history.lines["cpu"].get(key, ())
        for place, value in enumerate(line):
            if math.isnan(value) and not any(map(math.isnan, grown[place : place + reach + 1] or (math.nan,))):
                history.hide(key, history.start + place * history.range.step)


def note_doubts(history: History, doubts: Iterable[tuple[Labels, int]], key_of: Callable[[Labels], Key]) -> None:
    """Note the windows of CPU of which only the average is known."""
    for labels, place in doubts:
        key = key_of(labels)
        for each in (key, key[:2]):
            history.doubts.setdefault(each, set()).add(place)


def seen_times(spans: Spans, objects: Collection[Key], size: int) -> Iterator[tuple[Key, float]]:
    """Yield some times at which objects ran. size: of their keys."""
    for key, lives in spans.items():
        if key[:size] in objects:
            yield from ((key[:size], time) for life in lives for time in life)


def keep_absences(history: History, spans: Spans) -> None:
    """Forget the absences of objects that ran meanwhile."""
    for key, lives in spans.items():
        for each in {key, key[:2]} & history.absences.keys():
            history.absences[each] = [
                (begin, end)
                for begin, end in history.absences[each]
                if not any(first < begin and end < last for first, last in lives)
            ]
