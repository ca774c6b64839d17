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


class Controller(NamedTuple):
    """A controller at one time. Only watches need its JSON."""

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
    old: Pod | Node | Controller | None
    new: Pod | Node | Controller | None


class PodChange(NamedTuple):
    """A pod was changed, created or deleted."""

    when: int
    old: Pod | None
    new: Pod | None


def _counts(members: Members) -> tuple[int, int, int, int]:
    """Return the counts in the status of a controller."""
    here = [pod.state for pod in members.pods if not pod.deleted]
    ready, finished = sum(state in MEASURABLE for state in here), sum(state in FINISHED for state in here)
    return members.wanted, len(here), ready, finished


class Draft:
    """A state that can be changed."""

    def __init__(self, first: State) -> None:
        self.cluster = first.cluster
        self.now = first.cluster.clock.epoch
        self.version = first.version
        self.pods = list(first.pods)
        self.keys = [pod.key for pod in first.pods]
        self.nodes = list(first.nodes)
        self.on_node = dict(first.on_node)
        self.members = dict(first.members)
        self.log: deque[Change] = deque(maxlen=_REMEMBERED)
        self.past: list[PodChange] = []
        self.free = {node.name: [node.cpu, node.memory, node.slots] for node in first.nodes}

    def state(self) -> State:
        """Return the draft as a new state."""
        nodes, pods, on_node, members = list(self.nodes), list(self.pods), dict(self.on_node), dict(self.members)
        return State(self.cluster, self.version, nodes, pods, on_node, members)

    def since(self, version: int) -> list[Change]:
        """Return the changes behind a version, which is remembered."""
        skipped = max(0, version - (self.log[0].version - 1)) if self.log else 0
        return list(islice(self.log, skipped, None))

    def _write(self, resource: str, old: Any, new: Any) -> None:
        self.log.append(Change(self.version, resource, old, new))

    def add(self, pod: Pod) -> None:
        """Add a pod."""
        self.version += 1
        pod.version = self.version
        place = bisect_left(self.keys, pod.key)
        self.keys.insert(place, pod.key)
        self.pods.insert(place, pod)
        self._record_pod(None, pod)

    def change(self, pod: Pod, **changes: Any) -> Pod:
        """Change a pod, given in its current version."""
        self.version += 1
        place = bisect_left(self.keys, pod.key)
        new = self.pods[place] = pod.but(version=self.version, **changes)
        self._record_pod(pod, new)
        return new

    def remove(self, pod: Pod) -> None:
        """Remove a pod, given in its current version."""
        self.version += 1
        place = bisect_left(self.keys, pod.key)
        del self.keys[place], self.pods[place]
        self._record_pod(pod, None)

    def _record_pod(self, old: Pod | None, new: Pod | None) -> None:
        """Record a pod's change: on its node, in its group, for watches and in the history."""
        self._write("pods", old, new)
        self.past.append(PodChange(self.now, old, new))
        both = [pod for pod in (old, new) if pod is not None]
        for pod in both:
            if pod.node is not None and pod.occupies:
                sign = 1 if pod is old else -1
                cpu, memory = pod.group.requested
                free = self.free[pod.node.name]
                free[:] = free[0] + sign * cpu, free[1] + sign * memory, free[2] + sign
        key, added = both[0].key, both[1:] if old is not None else both
        for name in {pod.node.name for pod in both if pod.node is not None}:
            self.on_node[name] = [*(pod for pod in self.on_node[name] if pod.key != key), *added]
        # A controller may have been deleted first.
        if members := self.members.get(both[0].group):
            pods = (*(pod for pod in members.pods if pod.key != key), *added)
            self._replace(both[0].group, members._replace(pods=pods))

    def _replace(self, group: Group, new: Members) -> None:
        """Change a group; its controller changes if its status does."""
        old = self.members[group]
        if _counts(old) != _counts(new):
            self.version += 1
            new = new._replace(version=self.version)
            self._record_controller(group, old, new)
        self.members[group] = new

    def _record_controller(self, group: Group, old: Members | None, new: Members | None) -> None:
        # Nobody watches the others, but the record must not skip a version.
        resource = _WATCHED.get(group.owner.kind if group.owner else "", "others")
        self._write(resource, *(Controller(self.cluster, group, one) if one else None for one in (old, new)))

    def want(self, group: Group, count: int) -> None:
        """Change the number of replicas of a controller."""
        self._replace(group, self.members[group]._replace(wanted=count))

    def add_group(self, group: Group, wanted: int) -> None:
        """Add a controller without pods."""
        self.version += 1
        self.members[group] = Members((), wanted, self.version)
        self._record_controller(group, None, self.members[group])

    def remove_group(self, group: Group) -> None:
        """Remove a controller; its remaining pods are removed later."""
        self.version += 1
        self._record_controller(group, self.members.pop(group), None)

    def change_node(self, node: Node, **changes: Any) -> Node:
        """Change a node, given in its current version."""
        self.version += 1
        place = next(place for place, other in enumerate(self.nodes) if other.name == node.name)
        new = self.nodes[place] = node.but(version=self.version, **changes)
        self._write("nodes", node, new)
        return new
