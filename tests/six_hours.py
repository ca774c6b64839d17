"""Six hours of a cluster in a handful of series: restarts, ends, kills, new machines. The tests have their truths."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.engines import END, Sample

BEGIN = END - 6 * 3600
SCRAPE, STATES = 30, 60
MI = 2**20
CPU, MEMORY = "container_cpu_usage_seconds_total", "container_memory_working_set_bytes"
OOM = "container_oom_events_total"

Series = tuple[str, dict[str, str], Iterator[Sample]]


def at(begin: int, end: int, value: Any, every: int = SCRAPE) -> Iterator[Sample]:
    """Give samples between two times. value: a number, or a function of the time."""
    first = begin + (-begin) % every
    return ((when, float(value(when) if callable(value) else value)) for when in range(first, end + 1, every))


def life(pod: str, begin: int, end: int, cores: float, mebibytes: float, run: int = 0, **more: Any) -> Iterator[Series]:
    """Give one run of a container, from its start to its end. more: other labels; cpus: cores of each CPU, by name."""
    job = {"job": "kubelet", "metrics_path": "/metrics/cadvisor", "node": "n1", "instance": "10.0.0.1:10250"}
    cpus = more.pop("cpus", {"total": cores})
    labels = {"namespace": "m", "pod": pod, "container": "main", "id": f"/kubepods/{pod}/{run}", **job, **more}
    for name, rate in cpus.items():
        grown = lambda when, rate=rate: (when - begin) * rate  # noqa: E731
        yield CPU, {**labels, "cpu": name}, at(begin + 5, end, grown)
    yield MEMORY, labels, at(begin + 5, end, mebibytes * MI)


def states(pod: str, begin: int = BEGIN, end: int = END, owner: str = "", namespace: str = "m") -> Iterator[Series]:
    """Give what kube-state-metrics says of a pod that runs. owner: as Kind/name."""
    who = {"namespace": namespace, "pod": pod}
    kind, _, name = owner.partition("/")
    owned = {"owner_kind": kind, "owner_name": name, "owner_is_controller": "true"} if owner else {}
    for metric, labels in (
        ("kube_pod_info", {"node": "n1", "uid": pod}),
        ("kube_pod_status_phase", {"phase": "Running"}),
        ("kube_pod_container_info", {"container": "main"}),
        ("kube_pod_owner", owned),
    ):
        yield metric, {**who, **labels}, at(begin, end, 1, STATES)


def machine(name: str, address: str, begin: int, end: int, cores: float, pool: str = "") -> Iterator[Series]:
    """Give a node with an address, from one time to another. pool: without one, its labels are not exported."""
    labels = {"id": "/", "node": name, "instance": f"{address}:10250", "job": "kubelet"}
    yield CPU, {**labels, "cpu": "total"}, at(begin + 5, end, lambda when: (when - begin) * cores)
    yield MEMORY, labels, at(begin + 5, end, cores * 2**30)
    yield "kube_node_info", {"node": name, "internal_ip": address}, at(begin, end, 1, STATES)
    if pool:
        labels = {"node": name, "label_cloud_google_com_gke_nodepool": pool, "label_team": f"of-{pool}"}
        yield "kube_node_labels", labels, at(begin, end, 1, STATES)
    for resource, amount in (("cpu", 8), ("memory", 2**35), ("pods", 110)):
        for what in ("allocatable", "capacity"):
            labels = {"node": name, "resource": resource}
            yield f"kube_node_status_{what}", labels, at(begin, end, amount, STATES)


def restarts() -> Iterator[Series]:
    """Give containers that were restarted."""
    # Two minutes before the end, after 2 cores and 1200 MiB.
    yield from life("restarted", BEGIN, END - 130, 2.0, 1200)
    yield from life("restarted", END - 120, END, 0.1, 100, 1)
    yield from states("restarted")
    # Every 20 minutes; it uses a core for a quarter of an hour, and ends between two scrapes.
    runs = [*((BEGIN + run * 1200, BEGIN + run * 1200 + 915) for run in range(18)), (END - 100, END)]
    for run, (begin, end) in enumerate(runs):
        yield from life("crasher", begin, end, 1.0, 300, run)
    yield from states("crasher")
    # The same, and two jobs scrape it.
    for run, (begin, end) in enumerate(runs):
        for job in ("kubelet", "cadvisor"):
            yield from life("twice", begin, end, 1.0, 300, run, job=job)
    yield from states("twice")
    yield from life("cores", BEGIN, END, 0.75, 10, cpus={"cpu00": 0.5, "cpu01": 0.25})
    yield from states("cores")
    # The kubelet's /metrics/resource has no id, so that a counter begins again in the same series.
    cpu = {"namespace": "m", "pod": "plain", "container": "main", "job": "resource", "node": "n1"}
    turn = END - 180
    yield CPU, cpu, at(BEGIN, END, lambda when: 2.0 * (when - BEGIN) if when <= turn else 0.5 * (when - turn))
    yield MEMORY, cpu, at(BEGIN, END, lambda when: 900 * MI if when <= turn else 50 * MI)
    yield from states("plain")


def ends() -> Iterator[Series]:
    """Give pods that did not live all the time."""
    # The last pod of a CronJob used two cores for two hours, and ended an hour ago.
    first, last = END - 3 * 3600, END - 3600
    yield from life("nightly-29933100-bcdfg", first, last, 2.0, 500)
    yield from states("nightly-29933100-bcdfg", first, last, "Job/nightly-29933100")
    owner = {"owner_kind": "CronJob", "owner_name": "nightly", "owner_is_controller": "true"}
    yield "kube_job_owner", {"namespace": "m", "job_name": "nightly-29933100", **owner}, at(first, last, 1, STATES)
    # Deleted two and a half minutes ago.
    yield from life("deleted", BEGIN, END - 150, 1.0, 40, namespace="d")
    # One of another namespace, whose labels the scrape job renamed: "m" is its own.
    own = {"exported_namespace": "other", "exported_pod": "gone", "exported_container": "main"}
    yield from life("scraper", first, last, 3.0, 700, 0, **own)
    yield from life("young", END - 600, END, 1.0, 100)
    yield from states("young", END - 600)


def succession() -> Iterator[Series]:
    """Give a pod that another one replaced on another node, and one that was busy for the last four minutes."""
    turn = END - 2 * 3600 + 5
    where: dict[str, Any] = {"namespace": "b"}
    for pod, begin, end, node in (("first", BEGIN, turn, "n2"), ("second", turn + 20, END, "n1")):
        yield from life(pod, begin, end, 0.5, 500, node=node, **where)
        yield "kube_pod_info", {**where, "pod": pod, "node": node, "uid": pod}, at(begin, end, 1, STATES)
        yield "kube_pod_labels", {**where, "pod": pod, "label_app": "pair"}, at(begin, end, 1, STATES)
    # Ended two and a half minutes ago: the last window has some of it.
    yield from life("late", BEGIN, END - 150, 0.5, 20, node="n1", namespace="l")
    labels = {**where, "pod": "busy", "container": "main", "id": "/busy", "node": "n1", "job": "kubelet"}
    yield CPU, labels, at(BEGIN, END, lambda when: (when - BEGIN) * 0.2 + max(0, when - END + 240) * 2.8)
    yield MEMORY, labels, at(BEGIN, END, 10 * MI)


def missed() -> Iterator[Series]:
    """Give two pods; of one of them, and its node, scrapes failed for three minutes."""
    fail = END - 2 * 3600
    for pod, spans in (("steady", [(BEGIN, END)]), ("missed", [(BEGIN, fail), (fail + 180, END)])):
        labels = {"namespace": "x", "pod": pod, "container": "main", "id": f"/{pod}", "instance": pod, "job": "kubelet"}
        for begin, end in spans:
            yield CPU, labels, at(begin, end, lambda when: (when - BEGIN) * 0.5)
            yield MEMORY, labels, at(begin, end, 10 * MI)


def replicated() -> Iterator[Series]:
    """Give pods that two Prometheus servers scrape: one began two hours and ten minutes ago, containers of another one
    take turns every ten minutes; one of the servers is half a scrape behind, the other misses two and a half minutes.
    """
    for replica in "ab":
        yield from life("twin", END - 7800, END, 1.0, 10, namespace="twins", replica=replica)
        for turn, name in enumerate(("one", "other")):

            def used(when: int, turn: int = turn) -> float:
                rounds, rest = divmod(when - BEGIN, 1200)
                busy = rounds * 600 + (max(0, rest - 600) if turn else min(rest, 600))
                return busy + 0.1 * (when - BEGIN - busy)

            pod = {"pod": "turns", "container": name, "replica": replica}
            late = 15 if replica == "b" else 0
            missed = () if late else range(END - 3000, END - 2850)
            times = [when + late for when in range(BEGIN, END - 15, SCRAPE) if when not in missed]
            for where in ({"namespace": "turns", "id": f"/{name}"}, {"namespace": "turns-without-ids"}):
                yield CPU, {**pod, **where}, iter([(when, used(when)) for when in times])
                yield MEMORY, {**pod, **where}, iter([(when, 10.0 * MI) for when in times])


def far_apart() -> Iterator[Series]:
    """Give a pod that is scraped every two minutes."""
    labels = {"namespace": "far", "pod": "seldom", "container": "main", "id": "/seldom", "node": "n1", "job": "kubelet"}
    yield CPU, labels, at(BEGIN, END, lambda when: (when - BEGIN) * 0.5, 120)
    yield MEMORY, labels, at(BEGIN, END, 10 * MI, 120)


def moved() -> Iterator[Series]:
    """Give a pod that moved from one kubelet to another after half of the time. Its series have neither id nor node."""
    turn = END - 3 * 3600
    for address, begin, end, cores in (("10.0.0.1", BEGIN, turn - 60, 1.0), ("10.0.0.2", turn, END, 0.5)):
        labels = {"namespace": "v", "pod": "moved-0", "container": "main", "instance": f"{address}:10250", "job": "r"}
        yield CPU, labels, at(begin, end, lambda when, begin=begin, cores=cores: (when - begin) * cores)
        yield MEMORY, labels, at(begin, end, 10 * MI)


def beginners() -> Iterator[Series]:
    """Give pods that began less than seven minutes ago, with three cores for the first seconds, then with half a one.

    kube-state-metrics says when one of them was created, its kubelet when the other was started.
    """
    begin = END - 403
    for pod in ("created", "started"):
        labels = {"namespace": "f", "pod": pod, "container": "main", "id": f"/{pod}", "node": "n1", "job": "kubelet"}
        yield CPU, labels, at(begin, END, lambda when: (when - begin) * 0.5 + min(when - begin, 13) * 2.5)
        yield MEMORY, labels, at(begin, END, 10 * MI)
        if pod == "started":
            yield "container_start_time_seconds", labels, at(begin, END, begin)
    yield "kube_pod_created", {"namespace": "f", "pod": "created"}, at(begin, END, begin, STATES)


def edges() -> Iterator[Series]:
    """Give pods that began or ended near the ends of four hours, and had three cores only then, else half a one."""
    for pod, begin, end, busy in (
        ("echo", BEGIN, END - 4 * 3600 - 130, 0),
        ("first", END - 2375, END, END - 2375),
        ("last", END - 2 * 3600 - 13, END, END - 580),
    ):
        labels = {"namespace": "e", "pod": pod, "container": "main", "id": f"/{pod}", "node": "n1", "job": "kubelet"}

        def used(when: int, begin: int = begin, busy: int = busy) -> float:
            return (when - begin) * 0.5 + min(max(0, when - busy), 580 if pod == "last" else 365) * 2.5 * bool(busy)  # noqa: B023

        for metric, grown in ((CPU, used), (MEMORY, 10 * MI)):
            samples = at(begin - 17, end - 17, lambda when, grown=grown: grown(when + 17) if callable(grown) else grown)
            yield metric, labels, ((when + 17, value) for when, value in samples if when + 17 > begin)
        yield "kube_pod_created", {"namespace": "e", "pod": pod}, at(begin, end, begin, STATES)


def interludes() -> Iterator[Series]:
    """Give two pods without containers for two hours: one was deleted and made again, the other was only down."""
    for pod in ("again-0", "down-0"):
        spans = (BEGIN, END - 4 * 3600), (END - 2 * 3600, END)
        for run, ((begin, end), cores) in enumerate(zip(spans, (0.5, 1.0), strict=True)):
            yield from life(pod, begin, end, cores, 10 if run else 20, run, namespace="i")
            if pod == "again-0":
                yield from states(pod, begin, end, namespace="i")
        if pod == "down-0":
            yield from states(pod, namespace="i")


def down() -> Iterator[Series]:
    """Give a pod that has not started again for ten minutes, though it exists, and another one on its node."""
    for pod, end in (("looping", END - 600), ("steady", END)):
        yield from life(pod, BEGIN, end, 0.5, 10, namespace="c")
        yield from states(pod, namespace="c")


def jobs() -> Iterator[Series]:
    """Give two jobs of a workload: one ended 40 seconds after four hours began, the other began ten minutes later."""
    for pod, begin, end, cores in (
        ("job-1-aaaaa", END - 15000, END - 4 * 3600 + 40, 0.2),
        ("job-2-bbbbb", END - 4 * 3600 + 600, END - 4 * 3600 + 1080, 1.0),
    ):
        yield "kube_pod_created", {"namespace": "w", "pod": pod}, at(begin, end, begin, STATES)
        for metric, labels, samples in life(pod, begin - 17, end - 17, cores, 10, namespace="w"):
            yield metric, labels, ((when + 17, value) for when, value in samples)


def unlike() -> Iterator[Series]:
    """Give a pod that lived for 200 seconds with 900 MiB, and one for 2000 seconds with 100 MiB."""
    yield from life("brief", END - 5017, END - 4817, 0.2, 900, namespace="unlike")
    yield from life("longer", END - 9013, END - 7013, 0.6, 100, namespace="unlike")


def opening() -> Iterator[Series]:
    """Give a pod that uses three cores for half an hour after scraping began, and half a core later."""
    pod = {
        "namespace": "opening",
        "pod": "opening",
        "container": "main",
        "id": "/opening",
        "node": "n1",
        "job": "kubelet",
    }
    yield CPU, pod, at(BEGIN, END, lambda when: 90000 + (when - BEGIN) * 0.5 + min(when - BEGIN, 1800) * 2.5)
    yield MEMORY, pod, at(BEGIN, END, 10 * MI)


def twice_named() -> Iterator[Series]:
    """Give a pod of ten minutes that one job scrapes as two targets, by address and by name."""
    for instance in ("10.0.0.1:10250", "n1"):
        yield from life("brief", END - 5000, END - 4400, 1.0, 10, namespace="j", instance=instance)


def vanished() -> Iterator[Series]:
    """Give what kube-state-metrics says of a pod on n3 that is gone since three minutes, and of one that is there."""
    for pod, end in (("gone", END - 180), ("there", END)):
        for metric, labels, samples in states(pod, end=end, namespace="vanished"):
            yield metric, {name: "n3" if name == "node" else value for name, value in labels.items()}, samples


def kills() -> Iterator[Series]:
    """Give a container that was killed three times, the last time four and a half hours ago, by both witnesses."""
    runs = ((BEGIN, BEGIN + 600), (BEGIN + 630, BEGIN + 1200), (BEGIN + 1230, BEGIN + 1800), (BEGIN + 1830, END))
    for run, (begin, end) in enumerate(runs):
        yield from life("oomer", begin, end, 0.2, 100, run)
        labels = {"namespace": "m", "pod": "oomer", "container": "main", "id": f"/kubepods/oomer/{run}", "node": "n1"}
        yield OOM, labels, at(begin + 5, end, 0)
    yield from states("oomer")
    who = {"namespace": "m", "pod": "oomer", "container": "main"}
    yield (
        "kube_pod_container_status_last_terminated_reason",
        {**who, "reason": "OOMKilled"},
        at(BEGIN + 600, END, 1, STATES),
    )
    starts = [begin for begin, _ in runs[1:]]
    yield (
        "kube_pod_container_status_restarts_total",
        who,
        at(BEGIN, END, lambda when: sum(start <= when for start in starts), STATES),
    )
    # One whose kubelet counted the kills itself, once in each half of the time.
    counted = {"namespace": "m", "pod": "counted", "container": "main", "id": "/kubepods/counted/0", "node": "n1"}
    yield OOM, counted, at(BEGIN, END, lambda when: (when > BEGIN + 3600) + (when > END - 1800))
    yield from life("counted", BEGIN, END, 0.1, 10)
    yield from states("counted")


def counts() -> Iterator[Series]:
    """Give pods whose restarts kube-state-metrics counts: old, created again, new, ended, and one that crashes."""
    turn = END - 2 * 3600 - 600
    for pod, begin, count in (
        ("old", BEGIN, lambda when: 7 + (when > END - 90)),
        ("recreated", BEGIN, lambda when: 5 if when < turn else 1 + (when > turn + 300)),
        ("new", turn, lambda when: 2 + (when > END - 600)),
        ("past", turn - 900, lambda when: when > turn - 300),
    ):
        end = END if pod != "past" else turn
        yield from life(pod, begin, end, 0.1, 10, namespace="r")
        yield from states(pod, begin, end, namespace="r")
        who = {"namespace": "r", "pod": pod, "container": "main"}
        yield "kube_pod_container_status_restarts_total", who, at(begin, end, count, STATES)
    # It waits to be started again most of the time, so nobody measured it for long.
    yield from life("stuck", BEGIN, END - 5400, 0.1, 10, namespace="r")
    yield from states("stuck", namespace="r")
    who = {"namespace": "r", "pod": "stuck", "container": "main"}
    yield "kube_pod_container_status_restarts_total", who, at(BEGIN, END, lambda when: 3 + (when > END - 1200), STATES)
    # Its init container was started again before it ended, long ago.
    who = {"namespace": "r", "pod": "old", "container": "setup"}
    yield "kube_pod_init_container_status_restarts_total", who, at(BEGIN + 900, END, 4, STATES)


def starts() -> Iterator[Series]:
    """Give a pod whose last start the kubelet tells, without ids; its runs are so short that no counter falls."""
    who = {"namespace": "s", "pod": "quick", "container": "main", "job": "resource", "node": "n1"}
    turns = (BEGIN + 3600, BEGIN + 5000, BEGIN + 9000, END - 900)
    first = turns[0]
    yield "container_start_time_seconds", who, at(first, END, lambda when: max(turn for turn in turns if turn <= when))
    yield CPU, who, at(first, END, lambda when: 0.1 * (when - first))
    yield MEMORY, who, at(first, END, 10 * MI)
    yield from states("quick", first, namespace="s")


def machines(gone: str = "b") -> Iterator[Series]:
    """Give n1, which got a new machine half-way, and n2, which n3 replaced then. gone: the pool of n2."""
    half = END - 3 * 3600
    yield from machine("n1", "10.0.0.1", BEGIN, half, 1.0, "a")
    yield from machine("n1", "10.0.0.11", half, END, 3.0, "a")
    yield from machine("n2", "10.0.0.2", BEGIN, half, 6.0, gone)
    yield from machine("n3", "10.0.0.3", half, END, 1.0, "a")


def addressed() -> Iterator[Series]:
    """Give nodes that came or went, or went and came again: three by their addresses alone, one by node_exporter."""
    half = END - 3 * 3600
    for name, address, begin, end, cores in (
        ("again", "10.0.0.5", BEGIN, END - 4 * 3600, 0.5),
        ("again", "10.0.0.5", END - 2 * 3600, END, 1.0),
        ("gone", "10.0.0.1", BEGIN, half, 1.0),
        ("moved", "10.0.0.2", BEGIN, half - 60, 1.0),
        ("moved", "10.0.0.3", half, END, 3.0),
    ):
        for metric, labels, samples in machine(name, address, begin, end, cores):
            yield metric, {key: value for key, value in labels.items() if key != "node" or "kube" in metric}, samples
    yield "kube_node_info", {"node": "young", "internal_ip": "10.0.0.4"}, at(half, END, 1, STATES)
    for resource, amount in (("cpu", 8), ("memory", 2**35), ("pods", 110)):
        labels = {"node": "young", "resource": resource, "unit": ""}
        yield "kube_node_status_allocatable", labels, at(half, END, amount, STATES)
    labels = {"job": "node-exporter", "instance": "10.0.0.4:9100"}
    yield (
        "node_cpu_seconds_total",
        {**labels, "cpu": "0", "mode": "user"},
        at(half, END, lambda when: (when - half) * 2),
    )
    yield "node_memory_MemTotal_bytes", labels, at(half, END, 2**32)
    yield "node_memory_MemAvailable_bytes", labels, at(half, END, 2**31)


def nameless() -> Iterator[Series]:
    """Give the same, without labels of n2."""
    yield from machines("")


def interrupted(*, root: bool) -> Iterator[Series]:
    """Give two steady pods, one with peaks, and their node; nothing of them was scraped for an hour in the middle.

    The pods are scraped at different seconds. root: whether the node has a root cgroup.
    """
    first, second = (BEGIN, END - 4 * 3600), (END - 3 * 3600, END)
    grown = {
        "p": lambda when: (when - BEGIN) * 0.5,
        "q": lambda when: (when - BEGIN) * 0.25,
        "peaks": lambda when: when // 300 * 30,
    }
    for begin, end in (first, second):
        for name, late in (("p", 0), ("q", 5), ("peaks", 5)):
            labels = {
                "namespace": "s" if name == "peaks" else "m",
                "pod": name,
                "container": "main",
                "id": f"/{name}",
                "node": "n1",
                "job": "kubelet",
            }
            yield CPU, labels, ((when + late, value) for when, value in at(begin, end - late, grown[name]))
            yield MEMORY, labels, ((when + late, value) for when, value in at(begin, end - late, 10 * MI))
        node = {"node": "n1", "job": "kubelet", **({"id": "/"} if root else {})}
        yield CPU if root else "node_cpu_usage_seconds_total", node, at(begin, end, lambda when: (when - BEGIN) * 1.0)
        yield MEMORY if root else "node_memory_working_set_bytes", node, at(begin, end, 2**30)


def uneven() -> Iterator[Series]:
    """Give steady pods whose samples their kubelet stamped: 15, 45 and 30 seconds apart, again and again."""
    for number, (cores, begin) in enumerate(((1.0, BEGIN), (0.5, BEGIN), (0.5, END - 900))):
        times = [begin + 90 * turn + part for turn in range((END - begin) // 90) for part in (4, 19, 64)]
        pod = {"namespace": "m", "pod": f"p{number}", "container": "main", "id": f"/{number}", "job": "kubelet"}
        yield CPU, pod, iter([(when, (when - begin) * cores) for when in times])
        yield MEMORY, pod, iter([(when, 10.0 * MI) for when in times])
        if not number:
            node = {"id": "/", "node": "n1", "job": "kubelet", "instance": "10.0.0.1:10250"}
            yield CPU, node, iter([(when, (when - begin) * 2.0) for when in times])
            yield MEMORY, node, iter([(when, 2.0**30) for when in times])


def holes() -> Iterator[Series]:
    """Give steady pods on two machines, each of which missed scrapes now and then, also the last one, and their nodes.

    Up to four in a row, so that the last sample is two minutes old. Another pod takes over from one that ends; in
    namespace t while scrapes are missed. One counter begins again under its name.
    """
    late = BEGIN + 17350
    for number, cores in enumerate((0.5, 0.25)):
        missed = {
            BEGIN + 60 * number + 1770 + 30 * each for each in (40, 41, 133, 300, 301, 302, 303, 477, 520, 521, 522)
        }
        times = [when for when in range(BEGIN, END - 30, SCRAPE) if when not in missed]
        machine = {"node": f"n{number + 1}", "job": "kubelet", "instance": f"10.0.0.{number + 1}:10250"}
        pod = {"namespace": "m", "pod": f"p{number}", "container": "main", "id": f"/{number}", **machine}
        for labels, scale in ((pod, 1), ({"id": "/", **machine}, 4)):
            yield CPU, labels, iter([(when, (when - BEGIN) * cores * scale) for when in times])
            yield MEMORY, labels, iter([(when, 10.0 * MI * scale) for when in times])
        if not number:
            again = {**machine, "namespace": "r", "pod": "again", "container": "main", "id": "/again"}
            yield CPU, again, iter([(when, when - BEGIN - 8995 * (when >= BEGIN + 8995)) for when in times])
            yield MEMORY, again, iter([(when, 10.0 * MI) for when in times])
        for namespace, name, begin, end in (
            ("s", "old", BEGIN, END - 9000),
            ("s", "new", END - 9000, END),
            ("t", f"old{number}", BEGIN, late),
            ("t", f"new{number}", late, END),
        ):
            if namespace == "s" and number:
                continue
            several = {**machine, "namespace": namespace, "pod": name, "container": "main", "id": f"/{name}"}
            lived = [when for when in times if begin <= when <= end]
            yield CPU, several, iter([(when, (when - begin) * 1.0) for when in lived])
            yield MEMORY, several, iter([(when, 10.0 * MI) for when in lived])


def aged() -> Iterator[Series]:
    """Give pods whose values are up to 19 seconds old at each scrape, which Prometheus stamps itself.

    Those of the job kubelet are steady. Those of the job seldom are scraped every minute, and their load changes.
    """
    for number in range(12):

        def used(when: int, number: int = number) -> float:
            return when - BEGIN - (when // SCRAPE * 7 * (number + 3) ** 2) % 20

        def swinging(when: int, number: int = number) -> float:
            time = used(when, number)
            minutes, rest = divmod(time, 60)
            more = [(minute * minute * (number + 7) % 31 - 15) / 60 for minute in (minutes, minutes - 1)]
            return time + more[1] * 60 + (more[0] - more[1]) * rest

        pod = {"namespace": "m", "pod": f"p{number}", "container": "main", "id": f"/{number}", "job": "kubelet"}
        yield CPU, pod, at(BEGIN + 60, END, used)
        yield MEMORY, pod, at(BEGIN + 60, END, 10 * MI)
        yield CPU, {**pod, "job": "seldom"}, at(BEGIN + 120, END, swinging, 60)
        yield MEMORY, {**pod, "job": "seldom"}, at(BEGIN + 120, END, 10 * MI, 60)
        # Of the job often, the load rises in the last five minutes, which hides the age of the values.
        rise = lambda when, used=used: used(when) + max(0, when - END + 300) ** 2 / 800  # noqa: E731
        yield CPU, {**pod, "job": "often"}, at(BEGIN + 120, END, rise)
        yield MEMORY, {**pod, "job": "often"}, at(BEGIN + 120, END, 10 * MI)
    yield CPU, {"id": "/", "node": "n1", "job": "kubelet"}, at(BEGIN + 60, END, lambda when: when - BEGIN - when % 7)
    yield MEMORY, {"id": "/", "node": "n1", "job": "kubelet"}, at(BEGIN + 60, END, 2**30)


def swinging() -> Iterator[Series]:
    """Give a pod whose containers take turns every half an hour, with a core and a tenth; stamped by the kubelet."""
    for name, turn, offset in (("a", 0, 4), ("b", 1, 11)):

        def used(when: int, turn: int = turn) -> float:
            halves, rest = divmod(when - BEGIN, 1800)
            busy = (halves + 1 - turn) // 2 * 1800 + (rest if halves % 2 == turn else 0)
            return busy + 0.1 * (when - BEGIN - busy)

        times = [BEGIN + 90 * number + part for number in range((END - BEGIN) // 90) for part in (0, 15, 60)]
        pod = {"namespace": "m", "pod": "p", "container": name, "id": f"/{name}", "job": "kubelet"}
        yield CPU, pod, iter([(when + offset, used(when + offset)) for when in times])
        yield MEMORY, pod, iter([(when + offset, 10.0 * MI) for when in times])


def short_gaps() -> Iterator[Series]:
    """Give a steady pod, of which four minutes were not scraped once, and half an hour another time."""
    labels = {"namespace": "m", "pod": "p", "container": "main", "id": "/p", "node": "n1", "job": "kubelet"}
    times = [
        when
        for when in range(BEGIN, END + 1, SCRAPE)
        if not (4000 < when - BEGIN < 4240 or 13000 < when - BEGIN < 14800)
    ]
    yield CPU, labels, iter([(when, (when - BEGIN) * 0.5) for when in times])
    yield MEMORY, labels, iter([(when, 10.0 * MI) for when in times])


def loops() -> Iterator[Series]:
    """Give containers that run for 200 of 317 seconds, again and again: with a core, and 100 or 900 MiB in turn."""
    for pod, labels in (("loop", {}), ("bare", {"id": ""}), ("cpus", {"cpus": dict.fromkeys("0123", 0.25)})):
        for run, begin in enumerate(range(BEGIN, END, 317)):
            for metric, more, samples in life(
                pod, begin, min(begin + 200, END), 1.0, 900 if run % 2 else 100, run, **labels
            ):
                yield metric, {name: value for name, value in {**more, "namespace": "k"}.items() if value}, samples
        yield from states(pod, namespace="k")


def everything() -> Iterator[Series]:
    """Give all series."""
    for part in (
        restarts,
        ends,
        succession,
        missed,
        replicated,
        far_apart,
        moved,
        beginners,
        edges,
        interludes,
        unlike,
        opening,
        twice_named,
        jobs,
        down,
        vanished,
        kills,
        counts,
        starts,
        machines,
        loops,
    ):
        yield from part()
