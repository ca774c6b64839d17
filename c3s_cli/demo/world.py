"""The cluster over time: its current state, the state that metrics-server last saw, and the changes.

The state depends only on the seed and the time since the cluster was created, not on requests.
"""

from __future__ import annotations

import heapq
from itertools import count
from math import sqrt
from threading import Lock

from c3s_cli.demo.churn import Churn, Episode
from c3s_cli.demo.cluster import Cluster
from c3s_cli.demo.draft import Change, Draft, PodChange
from c3s_cli.demo.load import TICK
from c3s_cli.demo.state import FIRST_VERSION, State, first_state

# Seconds until the first episode, and between two episodes in a cluster of the default size.
_FIRST = 4
_BETWEEN = 11.0
_PODS = 150


class World:
    """A cluster and its time."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self.clock = cluster.clock
        self._lock = Lock()
        self._now = self.clock.epoch
        self._state = first_state(cluster)
        self._scraped = self._state, self.clock.epoch
        self._draft: Draft | None = None
        self._due: list[tuple[int, int, Episode | None]] = []
        self._order = count()
        self._episodes = 0
        self._pause = min(22.0, max(0.7, _BETWEEN * sqrt(_PODS / max(1, len(cluster.pods)))))

    def state(self) -> State:
        """Return the state at this time."""
        now = self.clock.now()
        if now > self._now:
            with self._lock:
                self._advance(now)
        return self._state

    def scraped(self) -> tuple[State, int]:
        """Return the state that metrics-server last saw, and when: at the last full tick."""
        self.state()
        return self._scraped

    def since(self, version: int) -> list[Change]:
        """Return the changes since a version. LookupError if they are no longer remembered."""
        self.state()
        with self._lock:
            if version < self.oldest:
                raise LookupError(version)
            return self._draft.since(version) if self._draft else []

    @property
    def oldest(self) -> int:
        """The oldest version whose successors are all remembered."""
        return self._draft.log[0].version - 1 if self._draft and self._draft.log else FIRST_VERSION

    def past(self, after: int = 0) -> list[PodChange]:
        """Return the changes of pods since the beginning, without the first ones. after: how many to leave out."""
        self.state()
        with self._lock:
            return self._draft.past[after:] if self._draft else []

    def _advance(self, now: int) -> None:
        """Apply everything that is due until a time."""
        if now <= self._now:
            return
        if self._draft is None:
            self._draft = Draft(self._state)
            self._churn = Churn(self._draft)
            self._plan(self.clock.epoch + _FIRST, None)
            for seconds, episode in self._churn.beginnings():
                self._plan(self.clock.epoch + seconds, episode)
        last = now // TICK * TICK
        if last > self._scraped[1]:
            self._run_until(self._draft, last)
            self._scraped = self._published(self._draft), last
        self._run_until(self._draft, now)
        self._state = self._published(self._draft)
        self._now = now

    def _published(self, draft: Draft) -> State:
        for state in (self._state, self._scraped[0]):
            if state.version == draft.version:
                return state
        return draft.state()

    def _plan(self, when: int, episode: Episode | None) -> None:
        heapq.heappush(self._due, (when, next(self._order), episode))

    def _run_until(self, draft: Draft, now: int) -> None:
        while self._due[0][0] <= now:
            when, _, episode = heapq.heappop(self._due)
            draft.now = when
            if episode is None:
                episode = self._churn.episode(self._episodes)
                self._episodes += 1
                self._plan(self.clock.epoch + _FIRST + int(self._episodes * self._pause), None)
            pause = next(episode, None)
            if pause is not None:
                self._plan(when + pause, episode)
