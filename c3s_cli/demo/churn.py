"""Changes of the cluster over time: episodes, each a sequence of changes with pauses in between.

Everything that looks random is derived from the seed and the number of the episode.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator

from c3s_cli.demo import dice
from c3s_cli.demo.catalogue import Stage
from c3s_cli.demo.cluster import Cluster
from c3s_cli.demo.draft import Draft
from c3s_cli.demo.things import Group, Node, Pod

# Yields the seconds to wait before the next step.
Episode = Generator[int, None, None]

_DEPLOYED = ("Deployment", "Rollout")
_RESTARTING = (*_DEPLOYED, "DaemonSet", "StatefulSet")
# A pod is measured once metrics-server has scraped its containers twice.
_UNTIL_MEASURED = 30
_GRACE = 30


class Churn:
    """Makes episodes of a draft."""

    def __init__(self, draft: Draft) -> None:
        self.draft = draft
        self.cluster: Cluster = draft.cluster
        self._busy: set[object] = set()
        self._created = 0
        # How often each kind happens, out of twenty.
        often = (self._restart, 4), (self._crash, 2), (self._job, 3), (self._roll_out, 1), (self._lose_node, 1)
        self._kinds = [kind for kind, times in (*often, (self._replace, 9)) for _ in range(times)]

    def beginnings(self) -> Iterator[tuple[int, Episode]]:
        """Return the episodes in progress when the cluster is created, and after how many seconds each continues."""
        for pod in self.draft.pods:
            if pod.state == Stage.TERMINATING:
                yield 12, self._succeed(pod)
            elif pod.state == Stage.CREATING:
                yield 9 + pod.bits % 5, self._start(pod)

    def episode(self, number: int) -> Episode:
        """Return the episode of a number."""
        bits = dice.mix(dice.mix(self.cluster.seed, 4711), number)
        return self._kinds[bits % 20](bits >> 16)

    # Choosing.

    def _choose(self, pick: int, kinds: tuple[str, ...]) -> Pod | None:
        """Return a running pod that no other episode uses."""
        pods = self.draft.pods
        ready = {node.name for node in self.draft.nodes if node.ready}
        for step in range(min(len(pods), 200)):
            pod = pods[(pick + step * 7) % len(pods)]
            calm = pod.state == Stage.RUNNING and not self._busy & {pod.key, pod.group}
            if calm and pod.group.workload.kind in kinds and pod.node and pod.node.name in ready:
                return pod
        return None

    def _node_for(self, pod: Pod) -> Node | None:
        """Return a node with room for a pod, or else any schedulable node."""
        workload = pod.group.workload
        cpu, memory = pod.group.requested
        usable = [node for node in self.draft.nodes if node.ready and not node.unschedulable]
        start = pod.bits >> 24
        for pool in dict.fromkeys((workload.pool, "general", "memory", "spot")):
            nodes = [node for node in usable if node.pool.name == pool]
            for step in range(len(nodes)):
                node = nodes[(start + step) % len(nodes)]
                free_cpu, free_memory, slots = self.draft.free[node.name]
                if free_cpu >= cpu and free_memory >= memory and slots > 0:
                    return node
            if pool == "gpu":
                return None
        ordinary = [node for node in usable if node.pool.name not in ("cp", "gpu")] or usable
        return ordinary[start % len(ordinary)] if ordinary else None

    # Steps.

    def _create(self, group: Group) -> Pod:
        self._created += 1
        ordinal = 1000 + self._created
        bits = dice.mix(dice.mix(self.cluster.seed, 4712), ordinal)
        stem = group.owner.name if group.owner else group.workload.name
        pod = Pod(group, f"{stem}-{dice.letters(bits, 5)}", ordinal, Stage.NEW, bits, self.draft.now)
        pod.restarts = 0
        self._busy.add(pod.key)
        self.draft.add(pod)
        return pod

    def _up(self, pod: Pod) -> Generator[int, None, Pod]:
        """Start a new pod; it stays pending until there is a node for it."""
        yield 1
        while (node := self._node_for(pod)) is None:
            yield 15
        slot = (len(self.draft.on_node[node.name]) + 100 + self._created) % 250
        pod = self.draft.change(pod, state=Stage.CREATING, node=node, slot=slot)
        yield 2 + pod.bits % 3
        return self._run(pod)

    def _run(self, pod: Pod) -> Pod:
        now = self.draft.now
        return self.draft.change(pod, state=Stage.RUNNING, started=now, measured_from=now + _UNTIL_MEASURED)

    def _terminate(self, pod: Pod) -> Pod:
        return self.draft.change(pod, state=Stage.TERMINATING, deleted=self.draft.now + _GRACE)

    def _free(self, *pods: Pod) -> None:
        self._busy -= {pod.key for pod in pods}

    # Episodes.

    def _replace(self, pick: int) -> Episode:
        """Delete a Deployment's pod, like an eviction; a new one replaces it, often on another node."""
        old = self._choose(pick, _DEPLOYED)
        if old is None:
            return
        self._busy.add(old.key)
        old = self._terminate(old)
        new = yield from self._up(self._create(old.group))
        yield 2 + pick % 4
        self.draft.remove(old)
        self._free(old, new)

    def _restart(self, pick: int) -> Episode:
        """Restart the first container of a pod."""
        if pod := self._choose(pick, _RESTARTING):
            self._restarted(pod)
            yield 0

    def _restarted(self, pod: Pod) -> Pod:
        now = self.draft.now
        changes = {"restarted": now, "restarts": pod.restarts + 1, "measured_from": now + _UNTIL_MEASURED}
        return self.draft.change(pod, state=Stage.RUNNING, **changes)

    def _crash(self, pick: int) -> Episode:
        """Let the first container of a pod crash twice, with a back-off in between."""
        pod = self._choose(pick, _DEPLOYED)
        if pod is None:
            return
        self._busy.add(pod.key)
        pod = self._restarted(pod)
        yield 4 + pick % 5
        pod = self.draft.change(pod, state=Stage.CRASHING, finished=self.draft.now)
        yield 15 + pick % 20
        self._restarted(pod)
        self._free(pod)

    def _job(self, pick: int) -> Episode:
        """Run a CronJob's next Job, and clean up after it."""
        groups = [group for group in self.draft.members if group.workload.kind == "CronJob"]
        if not groups:
            return
        sibling = groups[pick % len(groups)]
        group = self.cluster.make_group(sibling.workload, self.cluster.clock.epoch - self.draft.now)
        # A Job is named after the minute it is scheduled for.
        if group.owner and group.owner.name in {other.owner.name for other in groups if other.owner}:
            return
        group.root_age = sibling.root_age
        self.draft.add_group(group, 1)
        pod = yield from self._up(self._create(group))
        yield 30 + pick % 30
        pod = self.draft.change(pod, state=Stage.SUCCEEDED, finished=self.draft.now)
        yield 40 + pick % 40
        self.draft.remove_group(group)
        yield 1
        self.draft.remove(pod)
        self._free(pod)

    def _roll_out(self, pick: int) -> Episode:
        """Roll out a small Deployment to a new ReplicaSet, pod by pod; the ReplicaSet before the last is removed."""
        chosen = self._choose(pick, _DEPLOYED)
        if chosen is None:
            return
        old = chosen.group
        pods = self.draft.members[old].pods
        if len(pods) > 4 or any(pod.state != Stage.RUNNING or pod.key in self._busy for pod in pods):
            return
        self._created += 1
        new = self.cluster.make_group(old.workload, self.cluster.clock.epoch - self.draft.now, self._created)
        new.root_age = old.root_age
        self._busy |= {old, new}
        self.draft.add_group(new, 0)
        wanted = len(pods)
        for place, pod in enumerate(pods):
            self.draft.want(new, place + 1)
            yield from self._up(self._create(new))
            self.draft.want(old, wanted - place - 1)
            leaving = self._terminate(pod)
            yield 3
            self.draft.remove(leaving)
        yield 5
        for group, members in list(self.draft.members.items()):
            if group.owners[-1:] == old.owners[-1:] and group not in (old, new) and not members.pods:
                self.draft.remove_group(group)
        self._free(*self.draft.members[new].pods)
        self._busy -= {old, new}

    def _lose_node(self, pick: int) -> Episode:
        """Let a node stop reporting for a while."""
        nodes = [node for node in self.draft.nodes if node.pool.name in ("general", "memory", "spot")]
        if len(nodes) < 4 or not all(node.ready for node in nodes):
            return
        node = self.draft.change_node(nodes[pick % len(nodes)], ready=False, changed=self.draft.now)
        yield 40
        self.draft.change_node(node, ready=True, changed=self.draft.now)

    def _succeed(self, old: Pod) -> Episode:
        """Remove a pod that was terminating from the beginning; its controller creates a new one."""
        new = self._create(old.group) if old.group.workload.kind in _DEPLOYED else None
        self.draft.remove(old)
        if new is not None:
            self._free((yield from self._up(new)))

    def _start(self, pod: Pod) -> Episode:
        """Start a pod that was being created from the beginning; a Job's pod also completes."""
        pod = self._run(pod)
        if pod.group.workload.kind == "Job":
            yield 75
            self.draft.change(pod, state=Stage.SUCCEEDED, finished=self.draft.now)
