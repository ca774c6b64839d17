"""The columns of `c3s rightsize`: what a container requests and used, what it should request, and why."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from operator import attrgetter
from typing import Any, Final

from c3s_cli.amounts.timestamp import utc
from c3s_cli.columns.getters import share
from c3s_cli.columns.of_costs import savings_columns
from c3s_cli.columns.of_resources import WORDS
from c3s_cli.columns.vocabulary import Column, Kind, Unit, unit_of
from c3s_cli.model.rightsizing import Finding

OWNER: Final = Column("owner", Unit.TEXT, attrgetter("owner"), "the workload, as Kind/name")
CONTAINER: Final = Column("container", Unit.TEXT, attrgetter("container"), "name of the container")
FINDINGS: Final = "risk, unknown, waste or fine"
USED: Final = {
    "cpu": ("percentile", "the largest of the replicas' percentiles of CPU, each over its own life"),
    "memory": ("max", "the most memory of any replica"),
}
# What a source without a past knows, too.
WITHOUT_PAST: Final = frozenset(
    {
        *("context", "namespace", "owner", "container", "role", "replicas"),
        *("finding", "reason", "qosClass", "cost.requests"),
        *(f"{r}.{field}" for r in USED for field in ("requests", "limits", "finding", "reason")),
        *("containers.count", "workloads.count", "autoscaled"),
        *(f"containers.{finding}" for finding in Finding),
    }
)
THROTTLED: Final = (attrgetter("throttled_periods"), attrgetter("periods"))


def _rounded(seconds: str, whole: str) -> tuple[Callable[[Any], int], Callable[[Any], int]]:
    return (lambda row: round(getattr(row, seconds)), lambda row: round(getattr(row, whole)))


COVERED: Final = _rounded("seconds", "range_seconds")


def own_columns(kind: Kind) -> Iterator[Column]:
    """Yield the columns of containers, or of groups of them, apart from context and namespace."""
    yield from _of_groups() if kind is Kind.RIGHTSIZE_GROUP else _of_containers()
    yield from savings_columns()


def _of_containers() -> Iterator[Column]:
    yield from (OWNER, CONTAINER)
    yield Column("role", Unit.TEXT, attrgetter("role"), "container, sidecar or init")
    yield Column("replicas", Unit.COUNT, attrgetter("replicas"), "pods that the workload has now")
    for resource in USED:
        yield from _of_resource(resource)
    yield Column("finding", Unit.TEXT, attrgetter("finding"), f"the worst of both: {FINDINGS}")
    yield Column("reason", Unit.TEXT, attrgetter("reason"), "why that much CPU and memory is recommended, or nothing")
    yield share("throttled", THROTTLED, "share of the periods in which CPU was used that were throttled")
    yield Column("oomKills", Unit.COUNT, attrgetter("oom_kills"), "containers killed for lack of memory in the range")
    yield Column("restarts", Unit.COUNT, attrgetter("restarts"), "restarts in the range")
    yield Column("autoscaled", Unit.TEXTS, lambda row: tuple(row.autoscaled), "resources that an autoscaler looks at")
    yield Column("qosClass", Unit.TEXT, attrgetter("qos_class"), "Guaranteed, Burstable or BestEffort")
    yield Column(
        "recommended.qosClass", Unit.TEXT, attrgetter("recommended_qos_class"), "qosClass after all recommended changes"
    )
    yield Column("evidence.from", Unit.TIME, _moment("start"), "start of the range")
    yield Column("evidence.to", Unit.TIME, _moment("end"), "end of the range")
    yield Column("evidence.samples", Unit.COUNT, attrgetter("samples"), "samples of all replicas")
    yield Column("evidence.seconds", Unit.SECONDS, COVERED[0], "time for which some replica had data")
    yield share("evidence.coverage", COVERED, "evidence.seconds as a percentage of the range")


def _of_resource(resource: str) -> Iterator[Column]:
    unit, (used, meaning) = unit_of(resource), USED[resource]
    word = WORDS.get(resource, resource)

    def column(field: str, attribute: str, summary: str, unit: Unit = unit) -> Column:
        return Column(f"{resource}.{field}", unit, attrgetter(f"{resource}.{attribute}"), summary)

    yield column("requests", "requests", f"{word} that one replica requests; 0 for none")
    yield column("limits", "limits", f"{word} limit of one replica; 0 for none")
    yield column(used, "used", meaning)
    if resource == "cpu":
        yield Column("cpu.start", unit, attrgetter("cpu_start"), "most CPU in the first five minutes of any replica")
    over = (attrgetter(f"{resource}.requests"), attrgetter(f"{resource}.used"))
    summary = f"{resource}.requests as a percentage of {resource}.{used}: 300 is three times what was used"
    yield share(f"{resource}.requestsPercentOfUsed", over, summary)
    yield column("recommended.requests", "recommended_requests", f"{word} that one replica should request")
    yield column("recommended.limits", "recommended_limits", f"{word} limit that one replica should have; 0 for none")
    yield Column(
        f"{resource}.change",
        unit,
        lambda row: None if (each := getattr(row, resource).change) is None else each * row.replicas,
        f"{word} to request more, or less if negative, times replicas; 0 if it is fine",
    )
    yield column("finding", "finding", FINDINGS, Unit.TEXT)
    yield column("reason", "reason", f"why that much {word} is recommended, or nothing", Unit.TEXT)


def _of_groups() -> Iterator[Column]:
    yield Column("workloads.count", Unit.COUNT, attrgetter("workload_count"), "number of workloads")
    yield Column("containers.count", Unit.COUNT, attrgetter("container_count"), "number of their containers")
    for finding in Finding:
        yield Column(f"containers.{finding}", Unit.COUNT, _count_of(finding), f"containers whose finding is {finding}")
    for resource in USED:
        word = WORDS.get(resource, resource)
        for field, attribute, summary in (
            ("requests", "requests", f"{word} that all replicas request"),
            ("recommended.requests", "recommended", f"{word} that they would request after all recommended changes"),
            ("freed", "freed", f"{word} that less requests would free"),
            ("needed", "needed", f"{word} that containers need to request more"),
            ("change", "change", f"{word} to request more, or less if negative"),
        ):
            yield Column(f"{resource}.{field}", unit_of(resource), attrgetter(f"{resource}.{attribute}"), summary)


def _count_of(finding: Finding) -> Callable[[Any], int]:
    return lambda group: group.findings.get(finding, 0)


def _moment(field: str) -> Callable[[Any], str]:
    return lambda row: utc(getattr(row, field))


FIELDS: Final = ("requests", "limits", "{used}", "recommended.requests", "recommended.limits", "change", "finding")


def _of_both(*fields: str) -> tuple[str, ...]:
    """Return the names of fields of CPU and of memory."""
    return tuple(f"{r}.{field.format(used=used)}" for r, (used, _) in USED.items() for field in fields)


def default_names(kind: Kind) -> tuple[str, ...]:
    """Return the names of the default columns."""
    if kind is Kind.RIGHTSIZE_GROUP:
        counts = ("workloads.count", *(f"containers.{finding}" for finding in Finding))
        return (*counts, *_of_both("requests", "freed", "needed"))
    return ("replicas", *_of_both("requests", "{used}", "recommended.requests"), "finding", "reason")


def wide_names(kind: Kind) -> tuple[str, ...]:
    """Return the names of the columns of -o wide."""
    if kind is Kind.RIGHTSIZE_GROUP:
        return tuple(column.name for column in _of_groups())
    evidence = ("throttled", "oomKills", "restarts", "evidence.seconds", "evidence.samples", "evidence.coverage")
    return ("replicas", *_of_both(*FIELDS), "finding", *evidence, "qosClass", "recommended.qosClass", "reason")


# What JSON shows by default: the shape of a recommendation.
DOCUMENT: Final = (
    *("replicas", *_of_both(*FIELDS, "reason"), "finding"),
    *("throttled", "oomKills", "restarts", "autoscaled", "qosClass", "recommended.qosClass"),
    *("evidence.from", "evidence.to", "evidence.samples", "evidence.coverage"),
)
