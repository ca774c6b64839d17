"""The changing cluster: every change gets the next resourceVersion and is recorded for watches."""

from __future__ import annotations

from bisect import bisect_left
from collections import deque
from itertools import islice
from typing import Any, NamedTuple

from c3s_cli.demo import owners
from c3s_cli.demo.catalogue import FINISHED, MEASURABLE
from c3s_cli.demo.cluster import Cluster
from c3s_cli.demo.state import State
from c3s_cli.demo.templates import Json
from c3s_cli.demo.things import Group, Members, Node, Pod

# A watch that is further behind than this many changes has to list again.
_REMEMBERED = 2000
_WATCHED = {"ReplicaSet": "replicasets", "Job": "jobs"}


class Held(NamedTuple):
    """A controller at one time; its JSON is made for watches."""

    cluster: Cluster
    group: Group
    members: Members

    def json(self) -> Json:
        """Return the controller."""
        return owners.direct(self.cluster, self.group, self.members)


class Change(NamedTuple):
    """A change of an object: None if it does not exist yet, or any more."""

    version: int
    resource: str
    old: Pod | Node | Held | None
    new: Pod | Node | Held | None


class Passing(NamedTuple):
    """A pod was changed, created or deleted."""

    when: int
    old: Pod | None
    new: Pod | None


def _standing(members: Members) -> tuple[int, int, int]:
    """Return what a controller's status says of its pods."""
    here = [pod.state for pod in members.pods if not pod.deleted]
    return len(here), sum(state in MEASURABLE for state in here), sum(state in FINISHED for state in here)


class Draft:
    """A state that can be changed."""

    def __init__(self, first: State) -> None:
        self.cluster = first.cluster
        self.now = first.cluster.clock.epoch
        self.version = first.version
        self.pods = list(first.pods)
        self.keys = list(first.keys)
        self.nodes = list(first.nodes)
        self.on_node = dict(first.on_node)
        self.members = dict(first.members)
        self.log: deque[Change] = deque(maxlen=_REMEMBERED)
        self.past: list[Passing] = []
        self.free = {node.name: [node.cpu, node.memory, node.slots] for node in first.nodes}

    def state(self) -> State:
        """Return the draft as a new state."""
        return State(
            self.cluster,
            self.version,
            list(self.nodes),
            list(self.pods),
            list(self.keys),
            dict(self.on_node),
            dict(self.members),
        )

    def since(self, version: int) -> list[Change]:
        """Return the changes behind a version, which is remembered."""
        skipped = max(0, version - (self.log[0].version - 1)) if self.log else 0
        return list(islice(self.log, skipped, None))

    def pod(self, key: tuple[str, str]) -> Pod | None:
        """Return the current version of a pod."""
        place = bisect_left(self.keys, key)
        return self.pods[place] if place < len(self.keys) and self.keys[place] == key else None

    def _write(self, resource: str, old: Any, new: Any) -> None:
        self.log.append(Change(self.version, resource, old, new))

    def add(self, pod: Pod) -> None:
        """Add a pod."""
        self.version += 1
        pod.version = self.version
        place = bisect_left(self.keys, pod.key)
        self.keys.insert(place, pod.key)
        self.pods.insert(place, pod)
        self._pass(None, pod)

    def change(self, pod: Pod, **changes: Any) -> Pod:
        """Change a pod, given in its current version."""
        self.version += 1
        place = bisect_left(self.keys, pod.key)
        new = self.pods[place] = pod.but(version=self.version, **changes)
        self._pass(pod, new)
        return new

    def remove(self, pod: Pod) -> None:
        """Remove a pod, given in its current version."""
        self.version += 1
        place = bisect_left(self.keys, pod.key)
        del self.keys[place], self.pods[place]
        self._pass(pod, None)

    def _pass(self, old: Pod | None, new: Pod | None) -> None:
        """Record a pod's change: on its node, in its group, for watches and in the history."""
        self._write("pods", old, new)
        self.past.append(Passing(self.now, old, new))
        for pod, sign in ((old, 1), (new, -1)):
            if pod is not None and pod.node is not None and pod.occupies:
                free = self.free[pod.node.name]
                free[0] += sign * pod.group.requested[0]
                free[1] += sign * pod.group.requested[1]
                free[2] += sign
        for name in {pod.node.name for pod in (old, new) if pod is not None and pod.node is not None}:
            there = [pod for pod in self.on_node[name] if old is None or pod.key != old.key]
            self.on_node[name] = [*there, new] if new is not None else there
        group = next(pod.group for pod in (new, old) if pod is not None)
        members = self.members.get(group)
        if members is None:
            # The controller was deleted first.
            return
        pods = tuple(pod for pod in members.pods if old is None or pod.key != old.key)
        self._replace(group, members._replace(pods=(*pods, new) if new is not None else pods))

    def _replace(self, group: Group, new: Members) -> None:
        """Change a group; its controller changes if its status does."""
        old = self.members[group]
        if (old.wanted, _standing(old)) != (new.wanted, _standing(new)):
            self.version += 1
            new = new._replace(version=self.version)
            self._tell(group, old, new)
        self.members[group] = new

    def _tell(self, group: Group, old: Members | None, new: Members | None) -> None:
        resource = _WATCHED.get(group.owner.kind if group.owner else "", "")
        if not resource:
            # Nobody watches it, but the record must not skip a version.
            resource = "others"
        self._write(
            resource,
            Held(self.cluster, group, old) if old is not None else None,
            Held(self.cluster, group, new) if new is not None else None,
        )

    def want(self, group: Group, count: int) -> None:
        """Change the number of replicas of a controller."""
        self._replace(group, self.members[group]._replace(wanted=count))

    def add_group(self, group: Group, wanted: int) -> None:
        """Add a controller without pods."""
        self.version += 1
        self.members[group] = Members((), wanted, self.version)
        self._tell(group, None, self.members[group])

    def remove_group(self, group: Group) -> None:
        """Remove a controller; its remaining pods are removed later."""
        self.version += 1
        self._tell(group, self.members.pop(group), None)

    def change_node(self, node: Node, **changes: Any) -> Node:
        """Change a node, given in its current version."""
        self.version += 1
        place = next(place for place, other in enumerate(self.nodes) if other.name == node.name)
        new = self.nodes[place] = node.but(version=self.version, **changes)
        self._write("nodes", node, new)
        return new
