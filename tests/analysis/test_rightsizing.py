"""The rule of `c3s rightsize`: hand-made histories, and what follows from them."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec import structs

from c3s_cli.analysis.rightsizing import recommend, recommend_all
from c3s_cli.model.rightsizing import Advice, ContainerHistory, Finding, Replica, Rule, worst

MEBI = 1 << 20
HOUR = 3600
END = 14 * 24 * HOUR
RULE = Rule()


def milli(number: int) -> int:
    return number * 10**6


def replica(name: str = "web-1", hours: float = 14 * 24, **known: Any) -> Replica:
    """Return a replica that ran until the end of the range."""
    seconds = hours * HOUR
    return Replica(name, seconds, END - seconds, END, int(seconds // 60), **known)


def history(*replicas: Replica, cpu: Any = (500, 0), memory: Any = (512, 512), **known: Any) -> ContainerHistory:
    """Return the history of a container. cpu: its request and limit in millicores; memory: in mebibytes; 0 for none."""
    pairs = {"cpu": [milli(each) for each in cpu], "memory": [each * MEBI for each in memory]}
    requests, limits = ({name: both[place] for name, both in pairs.items() if both[place]} for place in (0, 1))
    made = ContainerHistory(
        "prod",
        "shop",
        "Deployment/web",
        "app",
        len(replicas),
        requests,
        limits,
        replicas,
        seconds=max((each.seconds for each in replicas), default=0.0),
        end=float(END),
    )
    return structs.replace(made, **known)


def cpu(*replicas: Replica, rule: Rule = RULE, **known: Any) -> Advice:
    return recommend(history(*replicas, **known), rule).cpu


def memory(*replicas: Replica, rule: Rule = RULE, **known: Any) -> Advice:
    return recommend(history(*replicas, **known), rule).memory


def said(advice: Advice) -> tuple[str, str, int | None, int | None]:
    return str(advice.finding), advice.reason, advice.recommended_requests, advice.recommended_limits


def test_cpu_is_the_largest_percentile_of_the_replicas_rounded_up() -> None:
    advice = cpu(replica("a", cpu=milli(101)), replica("b", cpu=milli(126)), replica("c", cpu=milli(90)))
    assert said(advice) == ("waste", "p95", milli(150), 0)
    assert (advice.used, advice.changes, advice.change) == (milli(126), True, milli(150 - 500))


def test_a_replica_that_lived_less_than_an_hour_says_nothing_of_cpu_but_of_memory() -> None:
    several = (
        replica("a", cpu=milli(100), memory=100 * MEBI),
        replica("b", 0.99, cpu=milli(400), memory=300 * MEBI),
    )
    assert said(cpu(*several))[2] == milli(100)
    assert memory(*several).used == 300 * MEBI
    assert said(cpu(replica("a", cpu=milli(100)), replica("b", 1, cpu=milli(400))))[2] == milli(400)


def test_without_a_replica_of_an_hour_there_is_too_little_history() -> None:
    advice = cpu(replica("a", 0.5, cpu=milli(100)), seconds=2 * 24 * HOUR)
    assert said(advice) == ("unknown", "too little history: no replica lived an hour", None, None)


def test_runs_count_whatever_they_last_and_are_watched_since_the_first() -> None:
    runs = [replica("run-1", 48, cpu=milli(100)), replica("run-2", 0.1, cpu=milli(180))]
    short = structs.replace(runs[0], seconds=300.0)
    assert said(cpu(short, runs[1], by_runs=True, seconds=660.0))[:3] == ("waste", "p95", milli(200))
    assert said(cpu(runs[1], by_runs=True))[1] == "too little history: 6m of 24h"


@pytest.mark.parametrize(
    ("most", "finding", "recommended"),
    [(100, "waste", 128), (400, "fine", 512), (445, "fine", 512), (446, "risk", 576), (600, "risk", 704)],
)
def test_memory_is_the_maximum_and_a_buffer(most: int, finding: str, recommended: int) -> None:
    advice = memory(replica("a", memory=most * MEBI), replica("b", memory=50 * MEBI))
    assert said(advice) == (finding, "max + 15%", recommended * MEBI, recommended * MEBI)


def test_after_an_oom_kill_it_is_at_least_a_quarter_more_than_the_limit_then() -> None:
    killed = replica("a", memory=400 * MEBI, oom_kills=2, oom_limit=512 * MEBI)
    assert said(memory(killed)) == ("risk", "max + 15%, raised after OOM", 640 * MEBI, 640 * MEBI)
    assert memory(killed, rule=Rule(oom_buffer=20000)).recommended_requests == 1024 * MEBI
    # A limit that was raised since then is enough.
    assert said(memory(killed, memory=(640, 640)))[0] == "fine"
    assert said(memory(replica("a", memory=600 * MEBI, oom_kills=1, oom_limit=512 * MEBI)))[1:3] == (
        "max + 15%",
        704 * MEBI,
    )
    assert recommend(history(killed), RULE).oom_kills == 2


def test_floors_and_ceilings() -> None:
    idle = replica("a", cpu=milli(1), memory=MEBI)
    assert said(cpu(idle)) == ("waste", "floor", milli(25), 0)
    assert said(memory(idle)) == ("waste", "floor", 64 * MEBI, 64 * MEBI)
    rule = Rule(cpu_min=milli(110), memory_min=100 * MEBI)
    assert (cpu(idle, rule=rule).recommended_requests, memory(idle, rule=rule).recommended_requests) == (
        milli(125),
        128 * MEBI,
    )
    # A request below the floor that is enough stays.
    assert said(cpu(idle, cpu=(10, 0))) == ("fine", "p95", milli(10), 0)
    assert said(cpu(replica("a", cpu=milli(20)), cpu=(10, 0))) == ("risk", "floor", milli(25), 0)
    busy = replica("a", cpu=milli(3000), memory=3000 * MEBI)
    rule = Rule(cpu_max=milli(2010), memory_max=1000 * MEBI)
    assert said(cpu(busy, rule=rule)) == ("risk", "ceiling", milli(2010), 0)
    assert said(memory(busy, rule=rule)) == ("risk", "ceiling", 1000 * MEBI, 1000 * MEBI)


def test_what_covers_the_need_is_not_raised_by_a_floor_or_by_rounding() -> None:
    small = replica("a", cpu=milli(6), memory=20 * MEBI)
    assert (said(cpu(small, cpu=(20, 100)))[0], said(memory(small, memory=(32, 32)))[0]) == ("fine", "fine")
    # 23 MiB with the buffer: more than 22 MiB, which the floor then replaces.
    assert said(memory(small, memory=(22, 22))) == ("risk", "floor", 64 * MEBI, 64 * MEBI)
    assert said(memory(small, memory=(64, 22)))[0] == "risk"
    # Rounded up to 50m.
    assert said(cpu(replica("a", cpu=milli(26)), cpu=(27, 0)))[0] == "fine"
    assert said(cpu(replica("a", cpu=milli(28)), cpu=(27, 0)))[0] == "risk"
    # It needs more than its limit while it starts.
    assert said(cpu(replica("a", cpu=milli(6), cpu_start=milli(200)), cpu=(20, 100)))[0] == "risk"


def test_exact_amounts_are_not_rounded_to_steps() -> None:
    rule = Rule(exact=True, memory_buffer=1000)
    one = replica("a", cpu=123_456_789, memory=99 * MEBI + 1)
    assert cpu(one, rule=rule).recommended_requests == 123_456_789
    assert memory(one, rule=rule).recommended_requests == -(-(99 * MEBI + 1) * 11 // 10)


@pytest.mark.parametrize(
    ("request_", "finding", "change"),
    [(110, "fine", 0), (112, "waste", -12), (100, "fine", 0), (92, "fine", 0), (90, "risk", 10)],
)
def test_small_changes_are_fine(request_: int, finding: str, change: int) -> None:
    advice = cpu(replica("a", cpu=milli(100)), cpu=(request_, 0))
    assert (str(advice.finding), advice.change, advice.changes) == (finding, milli(change), bool(change))
    # What stays is not called too little.
    assert advice.recommended_requests == milli(min(request_, 100) if finding == "fine" else 100)


def test_too_little_history_is_unknown_and_says_how_much_there_is() -> None:
    row = recommend(history(replica("a", 5, cpu=milli(100), memory=MEBI)), RULE)
    assert said(row.cpu) == ("unknown", "too little history: 5h of 24h", None, None)
    assert said(row.memory) == ("unknown", "too little history: 5h of 24h", None, None)
    assert (row.finding, row.changes, row.cpu.change) == (Finding.UNKNOWN, False, None)
    loaded = Rule(min_history=4 * HOUR)
    assert recommend(history(replica("a", 5, cpu=milli(100), memory=MEBI)), loaded).finding == Finding.WASTE
    assert said(cpu())[1] == "no history in the range"


def test_there_is_a_cpu_limit_only_if_there_was_one_in_proportion() -> None:
    one = replica("a", cpu=milli(200), cpu_start=milli(300))
    assert cpu(one, cpu=(500, 0)).recommended_limits == 0
    assert cpu(one, cpu=(500, 1000)).recommended_limits == milli(400)
    started = (one, replica("b", 0.2, cpu_start=milli(610)))
    assert cpu(*started, cpu=(500, 1000)).recommended_limits == milli(625)
    assert cpu(one, cpu=(0, 1000)).recommended_limits == milli(1000)


def test_a_throttled_container_is_at_risk_and_keeps_its_limit() -> None:
    one = replica("a", cpu=milli(200), throttled_periods=31, periods=100)
    assert said(cpu(one, cpu=(500, 500))) == ("risk", "p95, throttled 31%", milli(200), milli(500))
    bursting = structs.replace(one, throttled_periods=5)
    assert said(cpu(bursting, cpu=(500, 500))) == ("waste", "p95, throttled 5%", milli(200), milli(500))
    calm = structs.replace(one, throttled_periods=4)
    assert said(cpu(calm, cpu=(500, 500))) == ("waste", "p95", milli(200), milli(200))


def test_no_request_is_a_risk() -> None:
    one = replica("a", cpu=milli(200), memory=100 * MEBI)
    assert said(cpu(one, cpu=(0, 0))) == ("risk", "p95, no request now", milli(200), 0)
    assert said(memory(one, memory=(0, 0))) == ("risk", "max + 15%, no request now", 128 * MEBI, 128 * MEBI)


def test_unknown_requests_are_not_none() -> None:
    advice = cpu(replica("a", cpu=milli(200)), requests=None)
    assert said(advice) == ("unknown", "p95, requests are unknown", milli(200), None)
    assert (advice.change, advice.changes) == (None, False)


def test_what_is_autoscaled_is_left_alone_on_that_resource() -> None:
    one = replica("a", cpu=milli(50), memory=100 * MEBI)
    row = recommend(history(one, autoscaled={"cpu": "HorizontalPodAutoscaler/web"}), RULE)
    assert said(row.cpu) == ("fine", "autoscaled on cpu: left alone", None, None)
    assert said(row.memory)[0] == "waste"
    included = recommend(history(one, autoscaled={"cpu": "…"}), Rule(include_autoscaled=True))
    assert said(included.cpu) == ("waste", "p95", milli(50), 0)


def test_a_snapshot_has_findings_but_no_recommendations() -> None:
    def of(most: int, **known: Any) -> tuple[str, str, int | None, int | None]:
        one = replica("a", 0, memory=most * MEBI, **known)
        return said(memory(one, start=float(END), end=float(END)))

    assert of(100) == ("unknown", "no history", None, None)
    assert of(470) == ("risk", "no history, near its limit", None, None)
    assert of(100, oom_kills=1) == ("risk", "no history, OOM-killed", None, None)


def test_the_worst_of_two_findings() -> None:
    assert [str(each) for each in Finding] == ["risk", "unknown", "waste", "fine"]
    assert worst(Finding.FINE, Finding.WASTE, Finding.UNKNOWN) == Finding.UNKNOWN
    row = recommend(history(replica("a", cpu=milli(100), memory=500 * MEBI)), RULE)
    assert (row.cpu.finding, row.memory.finding, row.finding) == (Finding.WASTE, Finding.RISK, Finding.RISK)


def test_the_class_of_a_pod_that_would_change() -> None:
    guaranteed = history(
        replica("a", cpu=milli(100), memory=100 * MEBI), cpu=(500, 500), qos_class="Guaranteed", count=1
    )
    proxy = structs.replace(guaranteed, container="proxy")
    assert [row.recommended_qos_class for row in recommend_all([guaranteed, proxy], RULE)] == ["Guaranteed"] * 2
    startup = structs.replace(proxy, replicas=(structs.replace(proxy.replicas[0], cpu_start=milli(300)),))
    assert [row.recommended_qos_class for row in recommend_all([guaranteed, startup], RULE)] == ["Burstable"] * 2
    bare = history(replica("a", cpu=milli(100), memory=100 * MEBI), cpu=(0, 0), memory=(0, 0), qos_class="BestEffort")
    assert recommend_all([bare], RULE)[0].recommended_qos_class == "Burstable"
    # Pod-level resources give these pods their class.
    level = structs.replace(bare, qos_class="Guaranteed")
    assert recommend_all([level], RULE)[0].recommended_qos_class == "Guaranteed"
