"""PodFacts → PodFacts with top-level owners: the Deployment of a ReplicaSet, the CronJob of a Job."""

from __future__ import annotations

from collections.abc import Mapping
from sys import intern
from typing import TYPE_CHECKING

from msgspec import structs

from c3s_cli.model.rows import PodFacts
from c3s_cli.model.snapshot import Snapshot

if TYPE_CHECKING:
    from c3s_cli.sources.decode.owners import Owners
    from c3s_cli.sources.decode.pods import Key


class OwnerResolver:
    """Pods with their top-level owners. Those of a Snapshot that have not changed since the last one stay."""

    def __init__(self) -> None:
        self._pods: Snapshot | None = None
        self._owners: Owners | None = None
        self._snapshot: Snapshot | None = None

    def pods(self, pods: Mapping[Key, PodFacts], owners: Owners | None) -> Mapping[Key, PodFacts]:
        """Replace a ReplicaSet by its Deployment and a Job by its CronJob, as the owner of their pods.

        If `owners` is None (not readable), pods of a ReplicaSet or Job have an unknown owner.
        """
        if not isinstance(pods, Snapshot):
            return {key: _with_owner(key, facts, owners) for key, facts in pods.items()}
        changed = pods.changes_since(self._pods)
        if self._snapshot is None or changed is None or owners is None or self._owners is None:
            snapshot = Snapshot({key: _with_owner(key, facts, owners) for key, facts in pods.items()})
        else:
            other = {f"{kind}/{name}" for (_, kind, name), _ in owners.items() ^ self._owners.items()}
            if other:
                changed |= {key for key, facts in pods.items() if facts.owner in other}
            snapshot = Snapshot(self._snapshot, self._snapshot, changed)
            for key in changed:
                if key in pods:
                    snapshot[key] = _with_owner(key, pods[key], owners)
                else:
                    snapshot.pop(key, None)
        self._pods, self._owners, self._snapshot = pods, owners, snapshot
        return snapshot


def _with_owner(key: Key, facts: PodFacts, owners: Owners | None) -> PodFacts:
    kind, _, name = (facts.owner or "").partition("/")
    if kind not in ("ReplicaSet", "Job"):
        return facts
    above = None if owners is None else owners.get((key[0], kind, name), facts.owner)
    return structs.replace(facts, owner=intern(above) if above else None)
