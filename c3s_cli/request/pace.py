"""The flags of watch → Pace: how often it reads, when it stops, and what it replays of a recording."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from msgspec import Struct

from c3s_cli.amounts.duration import parse_duration
from c3s_cli.columns.vocabulary import Kind
from c3s_cli.errors import UsageError
from c3s_cli.flags import options
from c3s_cli.flags.watch_options import Repeat
from c3s_cli.request.moment import Moment, read_moment
from c3s_cli.request.numbers import LONGEST_WAIT, at_least, read_seconds
from c3s_cli.request.origin import origin_of
from c3s_cli.request.period import Period, period_of

DECIMAL: Final = r"[0-9]*\.[0-9]+"
# The least --speed of a replay, and its other flags.
LEAST: Final = 0.01
OF_REPLAY: Final = ("at", "start", "end")


class ReplayRequest(Struct, frozen=True):
    """A replay. speed: how many recorded seconds pass in one. period: its range; begin: where in it, if not first."""

    speed: float
    period: Period
    begin: Period | None = None


class Pace(Struct, frozen=True):
    """How often to read, and when to stop. interval, timeout: seconds. None for no limit.

    replay: what of a recording to read, at its own pace.
    """

    interval: float
    count: int | None = None
    timeout: float | None = None
    replay: ReplayRequest | None = None


def pace_of(flags: Repeat) -> Pace:
    """Make the Pace from watch's flags."""
    interval = interval_of(flags.interval)
    if not 0 < interval <= LONGEST_WAIT:
        raise UsageError(f"--interval takes a time above 0, such as 2, 500ms or 1m, not {flags.interval!r}")
    at_least("--count", flags.count)
    if flags.timeout and not until_of(flags):
        raise UsageError("--timeout goes with --until or --until-all")
    # --interval takes decimals, so --timeout does too.
    timeout = f"{flags.timeout}s" if flags.timeout and re.fullmatch(DECIMAL, flags.timeout) else flags.timeout
    return Pace(interval, flags.count, read_seconds(timeout))


def until_of(flags: Repeat) -> Sequence[str] | None:
    """Return the condition that watch waits for."""
    if flags.until and flags.until_all:
        raise UsageError("only one of --until or --until-all can be provided")
    return flags.until or flags.until_all


def interval_of(text: str) -> float:
    """Parse seconds or a duration; 0 if it is neither."""
    for read in (float, parse_duration):
        try:
            return read(text)
        except ValueError:
            continue
    return 0.0


def is_interval(namespace: str | None) -> bool:
    """Return whether a namespace looks like an interval, as -n of watch(1) takes it."""
    return bool(namespace and interval_of(namespace))


def refuse_as_namespace(objects: Kind, namespace: str | None) -> None:
    """Refuse -n with a number, the interval of watch(1), in commands that need no namespace."""
    if objects is Kind.POD or not is_interval(namespace):
        return
    rows = "nodes have" if objects is Kind.NODE else "a cluster has"
    raise UsageError(f"-n {namespace} is a namespace, and {rows} none", hint=f"--interval {namespace} sets the pace")


def replay_of(flags: Repeat, connection: options.Connection) -> ReplayRequest | None:
    """Make the ReplayRequest; None if the source is no recording. UsageError for flags that do not go with it."""
    names = [flag for flag in OF_REPLAY if getattr(flags, flag)] + ["speed"] * (flags.speed != 1)
    if origin_of(connection).kind != "recording":
        if names:
            raise UsageError(f"--{names[0]} goes with --from FILE: only a recording is replayed")
        return None
    if flags.interval != type(flags)().interval:
        raise UsageError(
            "--interval does not go with --from FILE: the readings have their own distances", hint="use --speed 10"
        )
    if not flags.speed >= LEAST:
        raise UsageError(f"--speed takes a number from {LEAST} on, not {flags.speed:g}")
    times: dict[str, float | Moment] = {
        flag: read_moment(text, f"--{flag}") for flag in ("start", "end") if (text := getattr(flags, flag))
    }
    period = Period(start=times.get("start", 0.0), end=times.get("end"))
    return ReplayRequest(flags.speed, period, period_of(None, None, None, flags.at, None))
