"""A line with the words and flags of other tools → the same line in those of c3s, and what to say of it.

Only what c3s does not have itself is replaced (`flags/habits.py` says by what), and each replacement is a line on
stderr.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Final

from msgspec import structs

from c3s_cli.columns.kinds import ALIASES, KINDS, NAMESPACES, WORKLOADS, is_rollup, rollup
from c3s_cli.flags.argv import COMPARING, Line, line_of, value_of
from c3s_cli.flags.arity import fits, reads_of, takes_value

Path = tuple[str, ...]
Flag = tuple[str, ...]
# The name of an object with the signs of a glob or a regular expression.
PATTERN: Final = r"(?=.*[*^$|])[-a-z0-9.*^$|()\[\]+]+"
IS_READ: Final = " is read as "
GROUPS: Final = ("top", "watch")
# Flags that ask for the past, and the commands that take its source.
OF_THE_PAST: Final = ("--since", "--start", "--at")
OF_SIDES: Final = ("--before", "--after")
MEASURED: Final = ("nodes", "pods", "cluster")
WITH_PAST: Final = (*MEASURED, "volumes", "rightsize", "diff")
# Commands whose words may stand for flags, and the ending of a word that does in others.
WITH_WORDS: Final = ("diff", "rightsize", "recommend", "replay", "play", "open")
# The file of a recording, or a condition.
NO_NAME: Final = r"\.c3s$|[<>=]"
# Flags of c3s whose value is a list.
LISTS: Final = ("--by", "--group-by", "--columns")
BY_LABEL: Final = ("--by=label", "--by=labels", "--group-by=label")
SORTING: Final = ("--sort-by=", "--sort=", "--order-by=")
DIRECTIONS: Final = {"asc": "asc", "ascending": "asc", "desc": "desc", "descending": "desc"}
# What conditions and columns of other tools look like.
UNLIKE_C3S: Final = (
    r"=~|\boom\w*\s*>|%\s+(?:of|its|the|requests?|limits?)\b|\b(?:sum|total)\(|"
    r"^--columns=.*\b(?:[Rr]easons?|why|message)\b"
)
TIME: Final = r"-?[0-9]+ ?[smhdwy][a-z ]*|now.*|yesterday.*|today.*|[0-9]{4}-[0-9]{2}-.*|[0-9]{1,2}:[0-9]{2}.*"
# These take one namespace.
OF_ONE_NAMESPACE: Final = ("fit", "doctor")
# The formats of `rightsize` that need the past.
CHANGES: Final = ("patch", "kustomize", "resources")


def translated(
    line: Line, path_of: Callable[[Line], Path | None], flags_of: Callable[[Path], Collection[str]]
) -> tuple[Line, list[str]]:
    """Return the line in the words of c3s, and a remark for each replacement.

    path_of: returns the command of a line, None if it has none. flags_of: returns the names of a command's flags.
    """
    line, of_lists = _with_lists(line)
    of_words = list[str]()
    line, of_values = _with_value(line)
    if line.words and (line.words[0] in WITH_WORDS or re.search(NO_NAME, line.words[-1])):
        from c3s_cli.flags.word_flags import with_flags_of_words  # most words are names

        line, of_words = with_flags_of_words(line, TIME)
    remarks = list[str]()
    if line.words and path_of(_with_kind(line)) is None:
        # First the command, since it decides what flags mean; the flags that only its own tool has come with it.
        from c3s_cli.flags.foreign_words import with_command  # most lines begin with a command

        line, remarks = with_command(line, lambda each: path_of(_with_kind(each)))
    # Then the kind of rows, since it brings flags of c3s; then flags, again if these are other ones.
    remarks = [*of_lists, *of_values, *of_words, *remarks]
    joined = _with_one_workload(line)
    line = _with_kind(joined)
    # Whoever names a kind means its rows, which are sums.
    sums = joined is not line and any(flag[0].startswith("--by=") for flag in line.flags[: -len(joined.flags) or None])
    line, of_pattern = _with_pattern(line, path_of(line))
    remarks += of_pattern
    line, of_pods = _with_pods(line, flags_of)
    remarks += of_pods
    path, before = path_of(line), None
    if path:
        line, of_times = _with_times(line, path)
        remarks += of_times
    while path and line != before and any(map(_is_foreign, line.flags)):
        from c3s_cli.flags.foreign_flags import with_flags  # most lines have flags of c3s alone

        before, (line, more) = line, with_flags(line, path, flags_of(path))
        remarks += more
        path = path_of(line)
    if path is None:
        return line, remarks
    if sums and "--having" not in line.names():
        line = structs.replace(line, flags=tuple(map(_of_sums, line.flags)))
    if any(re.search(UNLIKE_C3S, flag[0]) for flag in line.flags):
        from c3s_cli.flags.condition_habits import with_conditions_of_c3s  # most conditions are those of c3s

        line, of_conditions = with_conditions_of_c3s(line, path)
        remarks += of_conditions
    line, of_total = _with_total(line, path)
    remarks += of_total
    # Last the source, since the flags of the past may be those of other tools.
    line, more = _with_source(line, path)
    remarks = [*_joined(remarks), *more, *_overridden(line, path)]
    # How words are read does not matter where the line fails.
    return line, remarks if not remarks or {*line.names()} <= {*flags_of(path)} else []


def rollup_of(line: Line) -> Path | None:
    """Return `top workloads` or another rollup of pods, as it was typed; None for all other commands."""
    words = line.words[:2]
    return words if len(words) > 1 and words[0] in GROUPS and is_rollup(words[1]) and "/" not in words[1] else None


def _with_kind(line: Line) -> Line:
    """Replace a kind such as `deployments` or `ns` after `top` or `watch` by the pods that it sums up.

    `pod/NAME` and `node/NAME` become the command and the name.
    """
    start = 1 if line.words[:1] in (("help",), ("man",)) else 0
    group, rest = line.words[start : start + 1], line.words[start + 1 :]
    if not (group and group[0] in GROUPS and rest):
        return line
    if not start and (workloads := _workloads(rest)):
        flags = (*workloads, *line.flags)
        return structs.replace(line, words=(*group, "pods"), flags=flags)
    if len(rest) > 2:
        return line
    kind, _, name = rest[0].partition("/")
    if name and "/" not in name and not start and len(rest) == 1 and ALIASES.get(kind, kind) in ("nodes", "pods"):
        return structs.replace(line, words=(*group, ALIASES.get(kind, kind), name))
    pods = rollup(rest[0], rest[1] if len(rest) == 2 else None, line.names())
    if pods is None:
        return line
    flags = (*line_of(pods).flags, *line.flags)
    return structs.replace(line, words=(*line.words[: start + 1], "pods"), flags=flags)


def _with_pattern(line: Line, path: Path | None) -> tuple[Line, list[str]]:
    """Read a NAME that no object can have, such as `web-*` or `^web`, as a condition; without a kind, about pods."""
    name = line.words[-1] if line.words else ""
    if line.words[:1] in (("top",), ("watch",)) and len(line.words) == 2 and re.fullmatch(PATTERN, name):
        line, path = structs.replace(line, words=(line.words[0], "pods", name)), ("pods",)
    if not path or path[-1] not in ("nodes", "pods") or not re.fullmatch(PATTERN, name):
        return line, []
    from c3s_cli.flags.foreign_flags import with_conditions  # few names are patterns
    from c3s_cli.flags.values import is_glob

    condition = f'name {"=" if is_glob(name) else "~"} "{name}"'
    flags = with_conditions(line.flags, [condition])
    return Line(line.words[:-1], flags, line.rest), [f"{name} is read as --where '{condition}'"]


def _with_pods(line: Line, flags_of: Callable[[Path], Collection[str]]) -> tuple[Line, list[str]]:
    """Show pods where no kind is named and a flag is theirs alone, such as -A, or pods are waited for."""
    if len(line.words) != 1 or line.words[0] not in GROUPS or not line.flags:
        return line, []
    pods = (*line.words, "pods")
    theirs = {*flags_of(pods)} - {*flags_of((*line.words, "nodes"))}
    if line.words == ("top",) or not {"--until", "--until-all"}.isdisjoint(line.names()):
        theirs |= {"-n", "--namespace"}
    alone = [name for name in line.names() if name in theirs]
    if not alone:
        return line, []
    verb = line.words[0]
    return structs.replace(line, words=pods), [f"{verb} with {alone[0]} is read as c3s {verb} pods"]


def _of_sums(flag: Flag) -> Flag:
    return (flag[0].replace("--where", "--having", 1), *flag[1:]) if flag[0].startswith("--where") else flag


def _with_one_workload(line: Line) -> Line:
    """Join the values of --workload: of repeated flags, only the last would count."""
    named = [flag for flag in line.flags if flag[0].startswith("--workload=")]
    if len(named) < 2:
        return line
    others = (flag for flag in line.flags if flag not in named)
    return structs.replace(line, flags=(*others, (f"--workload={','.join(map(value_of, named))}",)))


def _overridden(line: Line, path: Path) -> Iterator[str]:
    """Say which values do not count: as in kubectl, the last one of a repeated flag does."""
    for names, both in ((("-n", "--namespace"), "reads both"), (("-l", "--selector"), "asks for both")):
        values = [value_of(flag) for flag in line.flags if flag[0].partition("=")[0] in names]
        before = dict.fromkeys(value for value in values if value and value != values[-1])
        if before:
            every = Line((), ((names[0], ",".join((*before, values[-1]))),)).text()
            hint = f": {every} {both}" if names[0] == "-l" or path[-1] not in OF_ONE_NAMESPACE else ""
            yield f"{names[0]} {values[-1]} is read, the last one{hint}"


def _with_lists(line: Line) -> tuple[Line, list[str]]:
    """Join the values of repeated flags that take several: only the last would count."""
    remarks = list[str]()
    for name in LISTS:
        values = [value_of(flag) for flag in line.flags if flag[0].startswith(f"{name}=")]
        if len({*values}) < 2:
            continue
        others = tuple(flag for flag in line.flags if not flag[0].startswith(f"{name}="))
        line = structs.replace(line, flags=(*others, (f"{name}={','.join(values)}",)))
        remarks.append(f"several {name} are read as {Line((), ((name, ','.join(values)),)).text()}")
    return line, remarks


def _with_value(line: Line) -> tuple[Line, list[str]]:
    """Read the last word as the label of `--by label`, or as the direction of --sort-by."""
    word = line.words[-1] if len(line.words) > 1 else ""
    if not word or word in KINDS or is_rollup(word):
        return line, []
    for place, flag in enumerate(line.flags):
        if flag[0] in BY_LABEL or (word.casefold() in DIRECTIONS and flag[0].startswith(SORTING)):
            valued = f"{flag[0]}:{DIRECTIONS.get(word.casefold(), word)}"
            flags = (*line.flags[:place], (valued.replace("labels:", "label:"),), *line.flags[place + 1 :])
            said = f"{flag[0].replace('=', ' ')} {word} is read as {flags[place][0].replace('=', ' ')}"
            return structs.replace(line, words=line.words[:-1], flags=flags), [said]
    return line, []


def _joined(remarks: Sequence[str]) -> list[str]:
    """Join remarks about one flag that was replaced twice."""
    joined = list[str]()
    for remark in remarks:
        typed, reads, instead = remark.partition(IS_READ)
        before = next((each for each in joined if reads and each.endswith(f"{IS_READ}{typed}")), None)
        if before is None:
            joined.append(remark)
        else:
            joined[joined.index(before)] = f"{before.removesuffix(typed)}{instead}"
    return joined


def _workloads(words: Path) -> tuple[Flag, ...]:
    """Return the flags for several workloads, kinds or namespaces: `deploy/a sts/b`, `deploy a b`, `deploy,sts`."""
    kinds = words[0].casefold().split(",")
    if len(words) > 2 and kinds[0] in NAMESPACES:
        return ("--by=namespace",), (f"--namespace={','.join(words[1:])}",)
    if len(words) == 1 and len(kinds) > 1 and all(kind in WORKLOADS for kind in kinds):
        return ("--by=owner",), (f"--workload={','.join(map(WORKLOADS.__getitem__, kinds))}",)
    words = words[1:] if words[0] in ("pods", "pod", "po") else words
    pairs = [word.partition("/") for word in words]
    if len(words) > 1 and all(name and kind.casefold() in WORKLOADS for kind, _, name in pairs):
        return ((f"--workload={','.join(f'{WORKLOADS[kind.casefold()]}/{name}' for kind, _, name in pairs)}",),)
    if len(words) > 2 and kinds[0] in WORKLOADS and not any("/" in word for word in words):
        return ("--by=owner",), (f"--workload={','.join(f'{WORKLOADS[kinds[0]]}/{name}' for name in words[1:])}",)
    return ()


def _is_foreign(flag: Flag) -> bool:
    """Return whether a flag may be one of another tool, or have a value that only another tool knows."""
    name = flag[0].partition("=")[0]
    return (
        takes_value(name) is None
        or value_of(flag)[:1] in COMPARING
        or any(fits(value, value_of(flag)) for value, _ in reads_of(name))
    )


def _with_total(line: Line, path: Path) -> tuple[Line, list[str]]:
    """Replace --sum where only values are printed: the row of a context is the sum, in a line of its own."""
    formats = [value_of(flag) for flag in line.flags if flag[0].partition("=")[0] in ("-o", "--output")]
    if formats != ["value"] or "--sum" not in line.names() or "--by" in line.names() or path[-1] not in MEASURED[:2]:
        return line, []
    flags = tuple(("--by=context",) if flag[0] == "--sum" else flag for flag in line.flags)
    return structs.replace(line, flags=flags), ["--sum with -o value is read as --by context, whose rows are sums"]


def _with_times(line: Line, path: Path) -> tuple[Line, list[str]]:
    """Replace `--from 24h`, which names a time and no source, by the flag of that time: as a range, unless alone."""
    times = [flag for flag in line.flags if flag[0].startswith("--from=") and re.fullmatch(TIME, value_of(flag))]
    if len(times) != 1 or (path != ("diff",) and path[-1] not in MEASURED):
        return line, []
    from c3s_cli.flags.foreign_flags import names_of  # few sources are times

    if names_of(line) & {"--before", "--since", "--start", "--at"}:
        return line, []
    own = "--before" if path == ("diff",) else "--start"
    flags = tuple((f"{own}={value_of(flag)}",) if flag in times else flag for flag in line.flags)
    typed, read = (Line((), ((name, value_of(times[0])),)).text() for name in ("--from", own))
    return structs.replace(line, flags=flags), [f"{typed} is read as {read}"]


def _with_source(line: Line, path: Path) -> tuple[Line, list[str]]:
    """Read the past from the Prometheus of the cluster, unless a source is named: no other knows it.

    Volumes of now are read from the kubelets.
    """
    names = line.names()
    past = [name for name in names if name in (OF_SIDES if path == ("diff",) else OF_THE_PAST)]
    if path == ("rightsize",):
        changes = any(value_of(flag) in CHANGES for flag in line.flags if flag[0][:8] in ("-o", "--output"))
        # The formats of changes refuse --by and --columns.
        if {"--by", "--columns"}.isdisjoint(names) if changes else "--demo" in names:
            past = past or ["rightsize"]
    if path[-1] == "volumes" and past != ["--at"] and {"--help", "-h"}.isdisjoint(names):
        # Only the kubelets know volumes without a Prometheus.
        past, source, which = ["volumes"], "kubelet", ""
    else:
        source, which = "prometheus", ", the one in the cluster"
    if not past or path[-1] not in WITH_PAST or "--from" in names or os.environ.get("C3S_FROM"):
        return line, []
    remark = f"{past[0]} without --from is read as --from {source}{which}"
    return structs.replace(line, flags=(*line.flags, (f"--from={source}",))), [remark]
