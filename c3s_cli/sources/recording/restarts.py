"""How often the containers of pods were started again between the first and the last reading of a range."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from c3s_cli.model.rows import PodFacts
from c3s_cli.sources.recording.recording import Recorded, Recording

Key = tuple[str, str]


class Restarts(Struct):
    """Counts restarts. by_pod, by_container: those so far of the pods and containers whose restarts are known."""

    by_pod: dict[Key, int] = {}
    by_container: dict[tuple[str, str, str], int] = {}
    _last: dict[Key, PodFacts] = {}

    def note(self, pods: Mapping[Key, PodFacts], *, counts: bool) -> None:
        """Note the pods of a reading. counts: whether what has grown since the one before was in the range."""
        for key, pod in pods.items():
            old = self._last.get(key)
            if old is pod or pod.restarts is None:
                continue
            same = old is not None and old.uid == pod.uid and (old.restarts or 0) <= pod.restarts
            before = (old.restarts or 0) if old is not None and same else 0
            self.by_pod[key] = self.by_pod.get(key, 0) + (pod.restarts - before if counts else 0)
            known = {each.name: each.restarts or 0 for each in old.containers} if old is not None and same else {}
            for each in pod.containers:
                if each.restarts is not None:
                    who = (*key, each.name)
                    more = max(0, each.restarts - known.get(each.name, 0)) if counts else 0
                    self.by_container[who] = self.by_container.get(who, 0) + more
            self._last[key] = pod


def restarts_in(recording: Recording, cluster: Recorded, first: int, last: int) -> Restarts:
    """Return the restarts of pods and containers from one reading to another, by their numbers in the file."""
    restarts = Restarts()
    for number, facts in recording.each_facts(cluster, recording.base_of(first), last):
        restarts.note(facts.pods or {}, counts=number > first)
    return restarts
