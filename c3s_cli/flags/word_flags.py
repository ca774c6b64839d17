"""Words of a line that can be no names → the flags that they stand for."""

from __future__ import annotations

import os
import re
from typing import Final

from msgspec import structs

from c3s_cli.columns.kinds import ALIASES, KINDS, NAMESPACES, WORKLOADS, is_rollup
from c3s_cli.flags.argv import Line

NAMESPACE: Final = rf"(?:{'|'.join(NAMESPACES)})[ /]([-a-z0-9]+)"
RECORDING: Final = ".c3s"
REPLAYING: Final = ("replay", "play", "open")
# The flags for the times that diff compares.
SIDES: Final = ("before", "after")
# Commands that read a recording, which is no NAME.
READING: Final = ("top", "watch", "nodes", "pods", "cluster")
# What no name has, but a condition does, and the flags for the conditions of commands.
CONDITION: Final = re.compile(r".*[<>=].*")
JUDGING: Final = {
    **dict.fromkeys(("check", "alert", "gate"), "--fail-if"),
    "wait": "--until-all",
    **dict.fromkeys(("top", "nodes", "pods", "cluster"), "--where"),
}
# What kubectl can wait for.
STATES: Final = ("condition=", "jsonpath=")
GROUPING: Final = ("--by", "--group-by")


def with_flags_of_words(line: Line, times: str) -> tuple[Line, list[str]]:
    """Read words that can be no names as flags: recordings, times to compare, a namespace to rightsize.

    times: the pattern of a time.
    """
    verb, names = "".join(line.words[:1]), line.words[1:]
    conditions = [name for name in names if verb in JUDGING and CONDITION.fullmatch(name)]
    if verb == "diff":
        words = tuple(name for name in names if not re.fullmatch(times, name) or _is_there(name))
        sides = [name for name in names if name not in words]
        if len(sides) > len(SIDES):
            return line, []
        # A recording in front of a time is what was before.
        free = SIDES[1:] if len(sides) == 1 and words == names[:1] and _is_there(names[0]) else SIDES
        flags = tuple(f"--{side}={each}" for side, each in zip(free, sides, strict=False))
        if len(words) == 2 and words[0] in WORKLOADS and "/" not in words[1] and not _is_there(words[1]):
            words = ("/".join(words),)
    elif verb in ("rightsize", "recommend") and (match := re.fullmatch(NAMESPACE, " ".join(names))):
        words, flags = (), (f"--namespace={match[1]}",)
    elif verb in REPLAYING and 0 < len(names) <= len(SIDES) and _is_kind(names[0]):
        words, flags = ("watch", names[0]), tuple(f"--from={name}" for name in names[1:])
        read = structs.replace(line, words=words, flags=(*line.flags, *((each,) for each in flags)))
        return read, [f"{verb} {' '.join(names)} is read as c3s {Line(words, tuple((each,) for each in flags)).text()}"]
    elif conditions and not names[-1].startswith(STATES):
        words = tuple(name for name in names if name not in conditions)
        flags = (f"{JUDGING[verb]}={', '.join(conditions)}",)
    elif verb in READING and names and names[-1].endswith(RECORDING):
        words, flags = names[:-1], (f"--from={names[-1]}",)
    else:
        return line, []
    if words == names:
        return line, []
    read = structs.replace(line, words=(verb, *words), flags=(*line.flags, *((each,) for each in flags)))
    typed = Line((verb, *names)).text()
    return read, [f"{typed} is read as c3s {Line(read.words, tuple((each,) for each in flags)).text()}"]


def _is_there(name: str) -> bool:
    return os.path.exists(name)  # noqa: PTH110  Path.exists() raises if a name is too long


def _is_kind(word: str) -> bool:
    return is_rollup(word) or ALIASES.get(word, word) in KINDS
