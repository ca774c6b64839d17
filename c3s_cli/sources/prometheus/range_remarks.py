"""What to say about the points of a range: gaps, and points that are further apart or less exact than they need be."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator
from contextlib import suppress
from typing import Any, Final

from c3s_cli.amounts.duration import go_duration
from c3s_cli.errors import C3sError
from c3s_cli.sources.prometheus import promql
from c3s_cli.sources.prometheus.current import Current
from c3s_cli.sources.prometheus.past import Past
from c3s_cli.sources.prometheus.samples import JITTER, LONGEST_ROW, PLENTY, ROW, ages_of

# Gaps shorter than this share of the range are not worth a remark.
SHORT: Final = 0.005
# A smaller error of windows of CPU is not worth one.
UNSURE: Final = 0.02
# Nor is a smaller error of an average.
LOW: Final = 0.01


def remarks_on(past: Past, last: float, current: Current, used: Collection[Any]) -> Iterator[str]:
    """Yield it. last: the end of the range, or of its data. used: what runs then, pods or names of nodes."""
    period, history = past.period, past.history
    keys = history.objects()
    missing = sum(history.start + place * period.step <= last for place in past.empty - {0})
    if keys and (past.lost >= promql.WINDOW or missing > max(1, SHORT * period.points)):
        yield words_of_gap(missing * period.step + past.lost, past.seconds)
    of_cpu = any(each.startswith("cpu.") and each != "cpu.avg" for each in past.wanted)
    left_out = sum(0 < place <= history.count for place in history.near(history.before) - history.near(history.gaps))
    if of_cpu and keys and left_out > SHORT * period.points:
        yield (
            "there is no data just before the range: minima, maxima and percentiles of CPU leave out its first "
            f"{go_duration(left_out * period.step * 10**9)}"
        )
    unsure = max(past.unsure, past.windows.unsure)
    if unsure and {*past.wanted} - {"cpu.avg"}:
        share = f"{math.ceil(unsure * 100)}%"
        yield f"samples come at uneven times: minima, maxima and percentiles of CPU may be up to {share} off"
    elif keys and of_cpu and JITTER > UNSURE * period.window < (ages := _ages(past, current)):
        share = f"{math.ceil(ages / period.window * 100)}%"
        yield (
            f"values are up to {math.ceil(ages)}s old when they are scraped: minima, maxima and percentiles of CPU may "
            f"be up to {share} off"
        )
    if past.rough:
        pods = "1 pod" if len(past.rough) == 1 else f"{len(past.rough)} pods"
        yield (
            f"the samples of {pods} that restarted, or may have, were too many to read or could not be read: "
            "averages of their CPU may be too low, extremes of CPU and memory off"
        )
    if keys and period.interval > promql.FAR:
        interval = go_duration(round(period.interval) * 10**9)
        rates = f"rates cover {go_duration(period.window * 10**9)}"
        yield f"samples are {interval} apart: {rates}, and what starts or ends is seen up to {interval} late"
    elif keys and period.step > max(usual := promql.usual_step(period.seconds), promql.WINDOW):
        words = go_duration(usual * 10**9)
        yield f"each point of CPU is the average of a --step, so maxima are lower than with the usual {words}"
    elif keys and of_cpu and period.step > promql.WINDOW:
        step = go_duration(period.step * 10**9)
        yield f"each point of CPU is the average of {step}, so maxima are lower than with a shorter --step"
    yield from _without_last_samples(past, current, used)


def words_of_gap(missing: float, seconds: int) -> str:
    """Say for how long a range of so many seconds has no data."""
    hours = go_duration(round(missing / 60) * 60 * 10**9)
    return f"there is no data for {hours} of the range of {go_duration(seconds * 10**9)}"


def _ages(past: Past, current: Current) -> float:
    """Return up to how old values are when they are scraped; from containers if what is shown has too few samples."""
    interval = past.history.intervals.usual
    known = len(current.last) * (promql.WINDOW / interval - 2) >= PLENTY and (ROW + 1) * interval < promql.WINDOW
    if not (current.ages or known or past.period.uneven):
        # Where there are few objects, more samples of each.
        row = min(3 * LONGEST_ROW, max(ROW + 3, 2 * PLENTY // max(1, len(current.last))))
        window = max(promql.WINDOW, math.ceil(row * interval))
        with suppress(C3sError):  # nobody knows
            series = f"{promql.CPU}{promql.braces(promql.CONTAINERS, past.match)}[{window}s]"
            return ages_of(past.engine.samples(series, past.end))
    return current.ages


def _without_last_samples(past: Past, current: Current, used: Collection[Any]) -> Iterator[str]:
    """Say whose kubelets were not scraped for the last minutes, so that engines count these without load."""
    silent: dict[Any, float] = {}
    for key, time in current.last.items():
        who = key[:2] if len(key) > 1 else key[0]
        # What has no window at the end either counts until its last sample.
        if who in used and past.period.lookback < past.end - time < past.period.window:
            silent[who] = max(past.end - time, silent.get(who, 0.0))
    seconds = max(silent.values(), default=0.0)
    low = (seconds - past.period.interval / 2) / past.period.seconds
    if low >= LOW and any(each.startswith("cpu.") for each in past.wanted):
        kind = "node" if isinstance(next(iter(silent)), str) else "pod"
        who = f"1 {kind} was" if len(silent) == 1 else f"{len(silent)} {kind}s were"
        yield (
            f"{who} not scraped for up to {math.ceil(seconds)}s at the end of the range: averages of CPU may be up to "
            f"{math.ceil(low * 100)}% too low, minima more"
        )
