"""What to say about the points of a range: gaps, and points that are further apart or less exact than they need be."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Final

from c3s_cli.amounts.duration import go_duration
from c3s_cli.sources.prometheus import promql
from c3s_cli.sources.prometheus.past import Past

# Gaps shorter than this share of the range are not worth a remark.
SHORT: Final = 0.005
# A smaller error of windows of CPU is not worth one.
UNSURE: Final = 0.02


def remarks_on(past: Past, last: float, ages: float) -> Iterator[str]:
    """Yield it. last: the end of the range, or of its data. ages: up to how old values are when they are scraped."""
    period, history = past.period, past.history
    keys = history.objects()
    missing = sum(history.start + place * period.step <= last for place in past.empty - {0})
    if keys and (past.lost >= promql.WINDOW or missing > max(1, SHORT * period.points)):
        hours = go_duration(round((missing * period.step + past.lost) / 60) * 60 * 10**9)
        yield f"there is no data for {hours} of the range of {go_duration(past.seconds * 10**9)}"
    unsure = max(past.unsure, past.windows.unsure)
    if unsure and {*past.wanted} - {"cpu.avg"}:
        share = f"{math.ceil(unsure * 100)}%"
        yield f"samples come at uneven times: minima, maxima and percentiles of CPU may be up to {share} off"
    elif ages > UNSURE * period.window and any(each.startswith("cpu.") and each != "cpu.avg" for each in past.wanted):
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
