"""The simulated cluster: its nodes and pods, and where they run. The same seed gives the same cluster."""

from __future__ import annotations

from collections.abc import Iterable

from c3s_cli.demo import dice
from c3s_cli.demo.catalogue import DAEMONS, FINISHED, STATIC, WORKLOADS, Stage, Workload
from c3s_cli.demo.clock import Clock
from c3s_cli.demo.resources import Resources, resized
from c3s_cli.demo.sizes import DEFAULT_NODES, DEFAULT_PODS_PER_NODE, default_nodes, oddities, scaled_nodes, spread
from c3s_cli.demo.things import Group, Node, Owner, Pod, requested

YOUNG_AGE = 38
_APIS = dict.fromkeys(("Deployment", "StatefulSet", "DaemonSet"), "apps/v1")
_APIS |= {"Rollout": "argoproj.io/v1alpha1", "RayCluster": "ray.io/v1", "CronJob": "batch/v1", "Job": "batch/v1"}


class Cluster:
    """Nodes and pods, made once; `pods` is sorted as the API server lists them."""

    def __init__(
        self, *, nodes: int | None, pods_per_node: int | None, seed: int, clock: Clock, resources: Resources
    ) -> None:
        self.seed = seed
        self._resources = resources
        self.clock = clock
        self.groups: list[Group] = []
        scaled = nodes is not None or pods_per_node is not None
        count = DEFAULT_NODES if nodes is None else nodes
        per_node = DEFAULT_PODS_PER_NODE if pods_per_node is None else pods_per_node
        self.nodes = list(scaled_nodes(count, per_node) if scaled else default_nodes())
        oddities(self.nodes)
        self._by_pool: dict[str, list[Node]] = {}
        for node in self.nodes:
            self._by_pool.setdefault(node.pool.name, []).append(node)
        self._ordinary = [node for node in self.nodes if node.pool.name not in ("cp", "gpu")] or self.nodes
        self._turn: dict[str, int] = {}
        self._full: dict[str, list[tuple[int, int]]] = {}
        bound = self._daemons()
        if scaled:
            self._deploy(spread(max(0, count * per_node - bound)))
        else:
            self._deploy((workload, workload.replicas) for workload in WORKLOADS)
        for node in self.nodes:
            node.capacity = node.slots + sum(pod.occupies for pod in node.pods)
        self.nodes.sort(key=lambda node: node.name)
        self.pods = sorted((pod for group in self.groups for pod in group.pods), key=lambda pod: pod.key)
        self.namespaces = sorted(
            {"default", "kube-node-lease", "kube-public", "kube-system"} | {g.namespace for g in self.groups}
        )

    # Creating pods.

    def _daemons(self) -> int:
        """Bind the DaemonSets' and static pods to their nodes; return their number."""
        bound = 0
        for workload in (resized(each, self._resources) for each in DAEMONS):
            nodes = self._by_pool.get(workload.pool, []) if workload.pool else self.nodes
            if not nodes:
                continue
            group = self.make_group(workload, workload.age)
            for ordinal, node in enumerate(nodes):
                pod = self._pod(group, ordinal, Stage.RUNNING)
                # A node's DaemonSet pods come with the node.
                pod.created = max(pod.created, self.clock.epoch - node.pool.age + 20)
                self._bind(pod, node)
            bound += len(nodes)
        for node in self._by_pool.get("cp", []):
            for original in STATIC:
                workload = resized(original, self._resources, f"Pod/{original.name}-{node.name}")
                owner = Owner("v1", "Node", node.name, dice.uid(node.bits))
                group = Group(workload, (owner,), {"component": workload.name, "tier": "control-plane"}, workload.age)
                name = f"{workload.name}-{node.name}"
                self._bind(self._add(group, name, 0, Stage.RUNNING, dice.of_text(self.seed, name), group.age), node)
                self.groups.append(group)
                bound += 1
        return bound

    def _deploy(self, workloads: Iterable[tuple[Workload, int]]) -> None:
        for original, replicas in workloads:
            workload = resized(original, self._resources)
            states, wanted = dict(workload.states), requested(workload)
            one_each = workload.kind == "CronJob"
            jobs = min(replicas, max(workload.states, default=(0, ""))[0] + 2) if one_each else 1
            group: Group | None = None
            for ordinal in range(replicas):
                if group is None or ordinal < jobs:
                    # The last Job of a CronJob runs now, the earlier ones ran on the days before.
                    group = self.make_group(workload, workload.age + (jobs - 1 - ordinal) * 86400)
                pod = self._pod(group, ordinal, states.get(ordinal, Stage.RUNNING))
                if pod.state != Stage.PENDING:
                    self._place(pod, workload.pool, wanted)

    def make_group(self, workload: Workload, age: int, revision: int = 0) -> Group:
        """Add a group: the first of its workload, or a later ReplicaSet or Job of it."""
        name, kind = workload.name, workload.kind
        path = f"{workload.namespace}/{kind}/{name}"
        bits = dice.of_text(self.seed, path)
        labels = {"app.kubernetes.io/instance": name, "app.kubernetes.io/name": name.rstrip("0123456789-")}
        if workload.team:
            labels |= {"app.kubernetes.io/part-of": "shop", "team": workload.team}
        owners = [Owner(_APIS[kind], kind, name, dice.uid(bits))] if kind in _APIS else []
        if kind in ("Deployment", "Rollout"):
            bits = dice.mix(bits, revision) if revision else bits
            mark = dice.letters(bits, 10)
            labels["pod-template-hash" if kind == "Deployment" else "rollouts-pod-template-hash"] = mark
            owners.insert(0, Owner("apps/v1", "ReplicaSet", f"{name}-{mark}", dice.uid(bits + 1)))
        elif kind == "CronJob":
            # The controller names a job after its scheduled minute since 1970.
            job = f"{name}-{(self.clock.epoch - age) // 60}"
            owners.insert(0, Owner("batch/v1", "Job", job, dice.uid(dice.of_text(self.seed, f"{path}/{age}"))))
        elif kind == "RayCluster":
            labels |= {"ray.io/cluster": name, "ray.io/node-type": "worker"}
        elif kind in ("StatefulSet", "DaemonSet"):
            labels["controller-revision-hash"] = f"{name}-{dice.letters(bits, 9)}"
        if owners and owners[0].kind == "Job":
            labels |= {"batch.kubernetes.io/job-name": owners[0].name, "job-name": owners[0].name}
        group = Group(workload, tuple(owners), labels, age)
        self.groups.append(group)
        return group

    def _pod(self, group: Group, ordinal: int, state: str) -> Pod:
        stem = group.owner.name if group.owner else group.workload.name
        if group.workload.kind == "StatefulSet":
            name = f"{group.workload.name}-{ordinal}"
            bits = dice.of_text(self.seed, f"{group.namespace}/{name}")
        else:
            bits = dice.mix(self.seed + len(self.groups), ordinal)
            name = f"{stem}-{dice.letters(bits, 5)}" if group.owner else stem
        age = YOUNG_AGE if state == Stage.YOUNG else max(8, group.age - (ordinal * 37) % (group.age // 2 + 1))
        return self._add(group, name, ordinal, state, bits, age)

    def _add(self, group: Group, name: str, ordinal: int, state: str, bits: int, age: int) -> Pod:
        pod = Pod(group, name, ordinal, state, bits, self.clock.epoch - age)
        group.pods.append(pod)
        return pod

    def _bind(self, pod: Pod, node: Node) -> None:
        pod.node = node
        pod.slot = len(node.pods)
        node.pods.append(pod)
        if pod.state not in FINISHED:
            cpu, memory = pod.group.requested
            node.cpu -= cpu
            node.memory -= memory
            node.gpus -= pod.group.gpus
            node.slots -= 1

    def _place(self, pod: Pod, pool: str, wanted: tuple[int, int]) -> None:
        """Bind a pod to the next node of its pool with room, or else of any pool without special hardware."""
        if pool == "gpu":
            if not self._fits(pod, pool, wanted):
                pod.state = Stage.PENDING
            return
        if pod.state in FINISHED:
            wanted = (0, 0)
        if any(self._fits(pod, name, wanted) for name in (pool, "general", "memory", "spot")):
            return
        # No node has room: overcommit, so that a cluster of any size has the requested pods.
        turn = self._turn["overcommit"] = (self._turn.get("overcommit", -1) + 1) % len(self._ordinary)
        self._bind(pod, self._ordinary[turn])

    def _fits(self, pod: Pod, pool: str, wanted: tuple[int, int]) -> bool:
        """Bind a pod to the next node of a pool with room for it, if there is one."""
        cpu, memory = wanted
        gpus = pod.group.gpus
        full = self._full.setdefault(pool, [])
        if any(cpu >= full_cpu and memory >= full_memory for full_cpu, full_memory in full):
            return False
        nodes = self._by_pool.get(pool, [])
        start = self._turn.get(pool, 0)
        for step in range(len(nodes)):
            node = nodes[(start + step) % len(nodes)]
            roomy = node.cpu >= cpu and node.memory >= memory and node.gpus >= gpus
            if roomy and node.slots > 0 and not node.unschedulable:
                self._turn[pool] = (start + step + 1) % len(nodes)
                self._bind(pod, node)
                return True
        # Room never increases, so later pods with the same requests can skip these nodes.
        if not gpus:
            full.append(wanted)
        return False
