"""Words of other tools, such as `get pods` or `oom` → a command of c3s, by the rows of `flags/word_habits.py`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from msgspec import structs

from c3s_cli.columns.kinds import ALIASES, WORKLOADS, is_rollup
from c3s_cli.flags.argv import Line, line_of_text, value_of
from c3s_cli.flags.foreign_flags import filled, has_one_of, names_of, with_conditions, with_flags
from c3s_cli.flags.word_habits import WORDS

GROUPS: Final = ("top", "watch")
# Verbs of other tools before the name of a resource: c3s shows its load.
SHOWING: Final = ("get", "list", "ls", "show", "describe")
# The values of `kubectl wait --for` that are no usage.
STATES: Final = ("condition=", "jsonpath=", "delete", "create")
# Verbs whose KIND/NAME is the workload.
OF_ONE: Final = ("wait", "history", "describe")
EVERYWHERE: Final = ("-A", "--all-namespaces", "-n", "--namespace")


def with_command(line: Line, path_of: Callable[[Line], tuple[str, ...] | None]) -> tuple[Line, list[str]]:
    """Replace words that no command of c3s has, such as `oom`, and the flags that only their tool has.

    path_of: returns the command of a line, None if it has none.
    """
    verb = line.words[0].casefold()
    if verb == "wait" and any(value_of(flag).startswith(STATES) for flag in line.flags if flag[0].startswith("--for")):
        return line, []
    kind, _, name = "".join(line.words[1:]).partition("/")
    if verb in OF_ONE and name and kind.casefold() in WORKLOADS:
        # What is asked is about the workload, as in kubectl, not about each of its pods.
        line = structs.replace(line, words=(verb, kind, name))
    own, remarks = with_flags(line, (verb,), None)
    for text, count, remark in _phrases(own):
        new, further = replaced(own, text, count), list[str]()
        if path_of(new) is None and verb not in GROUPS and new.words[:1] in (("top",), ("watch",)):
            new, further = with_command(new, path_of)
        if path_of(new) is not None:
            typed = " ".join(line.words[:count])
            instead = _without(own, text).text()
            said = f"{typed} is read as c3s {instead}{f'; {remark}' if remark else ''}"
            return new, [said, *remarks, *further]
    return line, []


def with_flags_of_verb(line: Line) -> Line:
    """Replace the flags that only a command of another tool has."""
    return with_flags(line, line.words[:1], None)[0] if line.words else line


def replaced(line: Line, text: str, count: int) -> Line:
    """Return the line with the words and flags of a text instead of its first words; flags that it has itself stay.

    count: the number of words that are replaced.
    """
    instead = _without(line, text)
    conditions = [value_of(flag) for flag in instead.flags if flag[0].startswith("--where=")]
    flags = [flag for flag in instead.flags if not flag[0].startswith("--where=")]
    return Line((*instead.words, *line.words[count:]), with_conditions([*flags, *line.flags], conditions), line.rest)


def _without(line: Line, text: str) -> Line:
    """Return the line of a text without the flags that another line has: those count."""
    instead, names = line_of_text(text), names_of(line) - {"--where"}
    names |= {*EVERYWHERE} if names & {*EVERYWHERE} else set()
    return structs.replace(
        instead, flags=tuple(flag for flag in instead.flags if flag[0].partition("=")[0] not in names)
    )


def _phrases(line: Line) -> list[tuple[str, int, str]]:
    """Return what the first words of a line may stand for: the text, the number of these words, a remark."""
    verb, *others = line.words
    verb, thing = verb.casefold(), others[0].casefold() if others else ""
    thing = ALIASES.get(thing, thing)
    group = verb if verb in GROUPS else "top" if verb in SHOWING else ""
    phrases = [(f"{verb} {thing}", 2, "")] if others else []
    if group and thing:
        phrases.append((thing, 2, group))
    phrases.append((verb, 1, ""))
    readings = list[tuple[str, int, str]]()
    for phrase, count, place in phrases:
        if (place or count == 1) and (
            is_rollup(phrase) or "," in phrase or (verb in SHOWING and phrase in ("nodes", "pods"))
        ):
            wide = " -o wide" if verb == "describe" and is_rollup(phrase) else ""
            readings.append((f"{place or 'top'} {phrase}{wide}", count, ""))
        for row in WORDS:
            if phrase in row.typed.split(", ") and has_one_of(line, row.having):
                text = filled(row, "", "", line.words[count:])
                if text is None or (place and not text.startswith("top ")):
                    continue
                used = len(line.words) if {"{,}", "{NAME}", "{-}"} & {*row.c3s.split()} else count
                readings.append((f"{place}{text.removeprefix('top')}" if place else text, used, row.remark))
    return readings
