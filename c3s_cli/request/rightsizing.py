"""The flags of `c3s rightsize` → RightsizeRequest."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from msgspec import structs

from c3s_cli.columns.kinds import WORKLOADS
from c3s_cli.errors import UsageError
from c3s_cli.flags import options
from c3s_cli.flags.rightsize import Rightsize
from c3s_cli.flags.time_options import Time
from c3s_cli.model.rightsizing import Declared, RightsizeRequest, Rule
from c3s_cli.request.numbers import at_least, read_quantity
from c3s_cli.request.origin import origin_of
from c3s_cli.request.period import span
from c3s_cli.request.query import Query
from c3s_cli.request.target import Target

# The sources with a past, and how much of it counts unless a range is given.
WITH_PAST: Final = ("prometheus", "recording")
DEFAULT: Final = "14d"
# The name of an object, not of a file.
NAME: Final = r"(?!.*\.(?:ya?ml|json)$)[a-z0-9]([-.a-z0-9]*[a-z0-9])?"
DECIMAL: Final = re.compile(r"[0-9]{1,6}(?:\.[0-9]{1,2})?")


def rule_of(flags: Rightsize) -> Rule:
    """Make the Rule. UsageError for values that make no sense."""
    if not 1 <= flags.cpu_percentile <= 100:
        raise UsageError(f"--cpu-percentile takes a number from 1 to 100, not {flags.cpu_percentile}")
    rule = Rule(
        cpu_percentile=flags.cpu_percentile,
        memory_buffer=_percent("--memory-buffer", flags.memory_buffer),
        oom_buffer=_factor(flags.oom_buffer),
        cpu_min=read_quantity("--cpu-min", "cpu", flags.cpu_min),
        cpu_max=read_quantity("--cpu-max", "cpu", flags.cpu_max) if flags.cpu_max else None,
        memory_min=read_quantity("--memory-min", "memory", flags.memory_min),
        memory_max=read_quantity("--memory-max", "memory", flags.memory_max) if flags.memory_max else None,
        exact=flags.exact,
        min_change=_percent("--min-change", flags.min_change),
        min_history=span(flags.min_history, "--min-history"),
        include_autoscaled=flags.include_autoscaled,
    )
    for resource in ("cpu", "memory"):
        least, most = getattr(rule, f"{resource}_min"), getattr(rule, f"{resource}_max")
        if most is not None and most < least:
            raise UsageError(f"--{resource}-max is less than --{resource}-min")
    return rule


def request_for(flags: Rightsize, workload: str, query: Query, connection: options.Connection) -> Query:
    """Return the query with what is asked. workload: as `workload_of` returns it."""
    if flags.explain and flags.filename:
        raise UsageError("only one of --explain or -f can be provided")
    if flags.explain and "/" not in workload:
        raise UsageError("--explain takes one workload", hint="c3s rightsize deploy/web --explain")
    past = origin_of(connection).kind in WITH_PAST
    return structs.replace(query, rightsize=RightsizeRequest(rule_of(flags), workload, past))


def with_declared(query: Query, declared: Sequence[Declared], unknown: Sequence[str]) -> Query:
    """Return the query for the containers of manifests, in the namespaces that these name."""
    request = query.rightsize or RightsizeRequest()
    if request.workload:
        raise UsageError("only one of KIND/NAME or -f can be provided")
    named = dict.fromkeys(each.namespace for each in declared)
    return structs.replace(
        query,
        rightsize=structs.replace(request, declared=tuple(declared), unknown=tuple(unknown)),
        # Those without one are in that of the command.
        namespaces=tuple(dict.fromkeys((*query.namespaces, *filter(None, named)))) if any(named) else query.namespaces,
        all_namespaces=query.all_namespaces or ("" in named and any(named) and not query.namespaces),
    )


def with_queries(target: Target, queries: int | None) -> Target:
    """Return the target with the number of queries at once. UsageError if that is not above 0."""
    at_least("--queries", queries)
    if queries is None:
        return target
    return structs.replace(target, origin=structs.replace(target.origin, queries=queries))


def time_for(time: Time, connection: options.Connection) -> Time:
    """Return the range: two weeks, unless one is given or the source has no past. UsageError for a single time."""
    if time.at:
        raise UsageError("--at does not go with c3s rightsize: it needs a range", hint="--end says when that ends")
    if any((time.since, time.start, time.end)) or origin_of(connection).kind not in WITH_PAST:
        return time
    return structs.replace(time, since=DEFAULT)


def words_of_rule(rule: Rule) -> dict[str, object]:
    """Return the rule for documents: shares in percent, amounts in nanocores, bytes and seconds."""
    return {
        "cpuPercentile": rule.cpu_percentile,
        "memoryBufferPercent": rule.memory_buffer / 100,
        "oomBuffer": rule.oom_buffer / 10_000,
        "cpuMin": rule.cpu_min,
        "cpuMax": rule.cpu_max,
        "memoryMin": rule.memory_min,
        "memoryMax": rule.memory_max,
        "exact": rule.exact,
        "minChangePercent": rule.min_change / 100,
        "minHistorySeconds": rule.min_history,
        "includeAutoscaled": rule.include_autoscaled,
    }


def workload_of(names: Sequence[str] | None) -> str:
    """Return what words name: Kind/name, Kind for the workloads of a kind, */name for those of a name; "" for none.

    UsageError for anything else.
    """
    if not names:
        return ""
    if len(names) == 1 and re.fullmatch(NAME, names[0]):
        return WORKLOADS.get(names[0].casefold(), f"*/{names[0]}")
    from c3s_cli.request.fitting import references_of  # only a workload needs it

    references = references_of(names)
    if len(references) > 1:
        raise UsageError("c3s rightsize takes one workload", hint="--where 'owner in (…)' chooses several")
    return f"{references[0].kind}/{references[0].name}"


def _percent(flag: str, text: str) -> int:
    """Read a percentage as basis points."""
    number = text.removesuffix("%")
    if DECIMAL.fullmatch(number) is None:
        raise UsageError(f"{text[:64]!r} is not a percentage for {flag}", hint="write it as 15%")
    return round(float(number) * 100)


def _factor(text: str) -> int:
    """Read a factor as basis points."""
    if DECIMAL.fullmatch(text) is None or float(text) < 1:
        raise UsageError(f"--oom-buffer takes a factor from 1 on, such as 1.25, not {text[:64]!r}")
    return round(float(text) * 10_000)
