"""A recording as a watch: its readings are due one after another, at their distances divided by the speed.

Each cluster reads the reading that the replay has reached.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, Final

from msgspec import Struct, structs

from c3s_cli.analysis.events import APPEARED, GONE, NOT_READY, OOM_KILLED, RESTARTED, Thresholds, events
from c3s_cli.analysis.joining import node_rows, pod_rows
from c3s_cli.columns.vocabulary import Kind, Needs
from c3s_cli.errors import C3sError
from c3s_cli.metrics import scope_of
from c3s_cli.report import Report
from c3s_cli.request.pace import Pace, ReplayRequest
from c3s_cli.request.period import Period
from c3s_cli.run.fleet import Fleet
from c3s_cli.run.level import Level
from c3s_cli.run.recorded import RecordedMember
from c3s_cli.run.schedule import Schedule, next_pace

# The speeds that + and - choose from.
SPEEDS: Final = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)
HAPPENINGS: Final = (APPEARED, GONE, RESTARTED, OOM_KILLED, NOT_READY)
# What must be read to see that something happened.
OF_PODS: Final = Needs.POD_METRICS | Needs.PODS | Needs.POD_STATES
OF_NODES: Final = Needs.NODE_METRICS | Needs.NODES | Needs.NODE_DETAILS


class Moment(Struct, frozen=True):
    """A reading of all clusters. when: names it. failed: whether nothing could be read; troubled: something not."""

    when: Period
    time: float
    failed: bool
    troubled: bool


def replay_from(fleet: Fleet, request: ReplayRequest, now: Callable[[], float]) -> Replay:
    """Return the replay of a fleet of a recording. C3sError if it has no readings then."""
    members = [member for member in fleet.members if isinstance(member, RecordedMember)]
    by_number: dict[int, Moment] = {}
    for member in members:
        for each in member.moments(request.period):
            known = by_number.get(each.number)
            by_number[each.number] = Moment(
                Period(number=each.number),
                max(each.time, known.time if known else each.time),
                each.failed and (known is None or known.failed),
                each.troubled or (known is not None and known.troubled),
            )
    moments = [by_number[number] for number in sorted(by_number)]
    place = next((place for place, each in enumerate(moments) if not each.failed), 0)
    if request.begin:
        numbers = sorted(by_number)
        number = min(max(members[0].number(request.begin), numbers[0]), numbers[-1])
        place = max(place, next(place for place, each in enumerate(numbers) if each >= number))
    begun = now()
    return Replay(1.0, begun, begun, moments=moments, members=members, speed=request.speed, now=now, place=place - 1)


class Replay(Schedule):
    """The readings of a recording, of which one is shown. place: which, -1 before the first.

    members: the clusters that read it. speed: how many recorded seconds pass in one. wanted: to which side to look for
    a reading in which something happened, before the next one is read: -1, 1, or 0 for not at all. back: whether it is
    earlier than the one before.
    """

    moments: Sequence[Moment] = ()
    members: Sequence[RecordedMember] = ()
    speed: float = 1.0
    now: Callable[[], float] = float
    place: int = -1
    wanted: int = 0
    back: bool = False

    @property
    def words(self) -> str:
        """The speed, and which reading is shown."""
        end = ", the last" if self.over else ""
        return f"{self.speed:g}x, {self.place + 1} of {len(self.moments)}{end}"

    @property
    def is_replay(self) -> bool:
        """Whether the readings are those of a recording."""
        return True

    @property
    def over(self) -> bool:
        """Whether this is the last reading."""
        return self.place == len(self.moments) - 1

    def pace(self, pace: Pace) -> Pace:
        """Return the pace of a replay that begins here."""
        when = self.moments[self.place].when
        replay = pace.replay and structs.replace(pace.replay, speed=self.speed, begin=when)
        return structs.replace(pace, replay=replay)

    def begins(self, now: float) -> None:
        """Go to the next reading."""
        self._go(min(self.place + 1, len(self.moments) - 1), now)

    def _go(self, place: int, now: float) -> None:
        self.place = place
        self._read_at(place)
        self.due = math.inf if self.over else now + self._distance(place) / self.speed

    def _read_at(self, place: int) -> None:
        for member in self.members:
            member.when = self.moments[place].when

    def _distance(self, place: int) -> float:
        """Return the seconds until the next reading; none if the clock was set back in between."""
        return max(0.0, self.moments[place + 1].time - self.moments[place].time)

    def step(self, action: str) -> bool:
        """Go to the reading before or after, or look for one in which something happened; False if there is none."""
        side = 1 if action.startswith("next") else -1
        place = self.place + side
        if not 0 <= place < len(self.moments):
            return False
        if action.endswith("event"):
            self.wanted = side
        else:
            self._go(place, self.now())
        self.back = side < 0
        return True

    def read(self, level: Level) -> Report:
        """Read what a level shows; if wanted, at the nearest reading in which something happened to it.

        On the way back, the reading before is what it is compared with.
        """
        if self.wanted:
            side, self.wanted = self.wanted, 0
            self._go(self._nearest(level, side), self.now())
        before = self._good_before(self.place) if self.back else None
        self.back = False
        if before is not None:
            self._read_at(before)
            with suppress(C3sError):  # a pod that did not exist yet
                earlier = level.read()
                level.compare(earlier, earlier.rows)
            self._read_at(self.place)
        return level.read()

    def change_pace(self, action: str, now: float) -> None:
        """Replay at another speed; what is left until the next reading takes less or more time."""
        speed = next_pace(SPEEDS, self.speed, longer=action == "faster")
        self.due = now + max(0.0, self.due - now) * self.speed / speed
        self.speed = speed

    def succeeded(self, now: float) -> None:
        """Do nothing: the next reading has its time."""

    def failed(self, now: float, retry_after: float | None = None) -> None:
        """Do nothing: the next reading has its time."""

    # --- where something happened -------------------------------------------------------------------------------

    def _nearest(self, level: Level, side: int) -> int:
        """Return the nearest reading to one side in which something happened, or the last one there."""
        known: dict[int, list[Any]] = {}

        def rows(place: int) -> list[Any]:
            if place not in known:
                if len(known) > 1:
                    del known[next(iter(known))]
                known[place] = self._rows(level, place)
            return known[place]

        end = len(self.moments) - 1 if side > 0 else 0
        places = range(self.place + side, end, side)
        return next((place for place in places if self._happened(place, rows)), end)

    def _happened(self, place: int, rows: Callable[[int], list[Any]]) -> bool:
        """Return whether something happened in a reading, or it failed. rows: returns those of a reading."""
        if self.moments[place].troubled:
            return not self.moments[place - 1].troubled
        before = self._good_before(place)
        if before is None:
            return False
        happened = events(rows(before), rows(place), self.moments[place].time, Thresholds())
        return any(each.what in HAPPENINGS for each in happened)

    def _good_before(self, place: int) -> int | None:
        """Return the last reading before one that is complete."""
        return next((each for each in range(place - 1, -1, -1) if not self.moments[each].troubled), None)

    def _rows(self, level: Level, place: int) -> list[Any]:
        """Return the nodes or pods that a level is about, at a reading."""
        moment, query = self.moments[place], level.query
        rows: list[Any] = []
        of_pods = query.objects is Kind.POD
        names = {member.name for member in level.fleet.members}
        for member in self.members:
            if member.name in names:
                reader = member.reader_at(moment.when)
                scope = structs.replace(scope_of(query, reader.cluster.namespace), dispensable=OF_PODS | OF_NODES)
                try:
                    sample = reader.read(query.needs | (OF_PODS if of_pods else OF_NODES), scope)
                except C3sError:
                    continue  # a pod that does not exist yet, or no more
                rows += pod_rows(sample) if of_pods else node_rows(sample)
        return [row for row in rows if query.where is None or query.objects is Kind.CLUSTER or query.where.matches(row)]
