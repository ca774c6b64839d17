"""The flags of a replay → which readings of a recording, from which on, and how fast."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import Struct

from c3s_cli.errors import UsageError
from c3s_cli.request.moment import Moment, read_moment
from c3s_cli.request.origin import origin_of
from c3s_cli.request.period import Period, period_of

if TYPE_CHECKING:
    from c3s_cli.flags import options
    from c3s_cli.flags.watch_options import Repeat

LEAST: Final = 0.01
FLAGS: Final = ("at", "start", "end")


class ReplayRequest(Struct, frozen=True):
    """A replay. speed: how many recorded seconds pass in one. period: its range; begin: where in it, if not first."""

    speed: float
    period: Period
    begin: Period | None = None


def replay_of(flags: Repeat, connection: options.Connection) -> ReplayRequest | None:
    """Make the ReplayRequest; None if the source is no recording. UsageError for flags that do not go with it."""
    names = [flag for flag in FLAGS if getattr(flags, flag)] + ["speed"] * (flags.speed != 1)
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
