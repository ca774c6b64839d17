"""Suggestions for commands and flags that do not exist."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from c3s_cli.flags.kubectl_equivalents import (
    COSTS,
    FLAGS,
    INSTEAD,
    OF_KUBECTL,
    OF_PODS,
    QUOTAS,
    TOPICS,
    command_suggested,
    thing_suggested,
)

Path = tuple[str, ...]
# Below this ratio a similarity is accidental, as between `--gpu` and `--output`.
ALIKE: Final = 0.62
# Flags with which other tools repeat a command, and flags that only `watch` takes.
REPEATING: Final = (
    *("-w", "--watch", "--watch-only", "-i", "--interval"),
    *("--count", "--until", "--until-all", "--timeout"),
)
# Never suggested if no command was given.
SELDOM: Final = ("volumes",)


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Return the known word that is most similar to this one; None if none is similar enough."""
    from difflib import get_close_matches  # only needed after a mistake

    matches = get_close_matches(word.casefold(), list(known), n=1, cutoff=ALIKE)
    return matches[0] if matches else None


def command_hint(words: Sequence[str], commands: Sequence[Path], program: str, by: str = "") -> str | None:
    """Suggest a command for unknown words: the equivalent of a kubectl command, else the most similar command.

    by: the value of --by, if it was given.
    """
    of_group = [path[1] for path in commands if len(path) == 2 and path[0] == words[0]]
    alone = [path[0] for path in commands if len(path) == 1]
    meant = thing_suggested(words[0], words[1:], of_group, alone) if of_group else command_suggested(words)
    if meant and words[0].casefold() in COSTS:
        from c3s_cli.amounts.money import PRICE_SAMPLE  # only prices need it

        wanted = meant.replace("--by namespace", f"--by {shlex.quote(by)}") if by else meant
        return f"did you mean {program} {wanted}? prices.yaml has the prices, {PRICE_SAMPLE}"
    if meant:
        return f"did you mean {program} {meant}?"
    if of_group and words[0] != "help" and words[1].partition("/")[0].casefold() in OF_PODS:
        return f"its load is that of its pods: {program} {words[0]} pods -l SELECTOR, or {program} {words[0]} workloads"
    if words[0] not in OF_KUBECTL and any(word in QUOTAS for word in words[:2]):
        return f"c3s shows no quotas: kubectl describe quota does; {program} fit -f FILE counts them"
    if words[0] in OF_KUBECTL:
        return f"c3s reads load and changes nothing: kubectl {words[0]} does that"
    if words[0] in TOPICS:
        return f"{program} {TOPICS[words[0]]}"
    for length in range(len(words), 0, -1):
        before = tuple(words[: length - 1])
        following = {path[length - 1] for path in commands if len(path) >= length and path[: length - 1] == before}
        if following:
            meant = nearest(words[length - 1], sorted(following))
            return f"did you mean {' '.join((program, *before, meant))}?" if meant else None
    return None


def column_hint(flag: str, path: Path, program: str) -> str | None:
    """Suggest --columns if the name of a column was used as a flag, as in `--restarts`."""
    from c3s_cli.columns.kinds import KINDS
    from c3s_cli.columns.naming import Naming
    from c3s_cli.columns.vocabulary import Kind
    from c3s_cli.errors import UsageError

    name = flag.removeprefix("--")
    if path[-1] not in KINDS or path[-1] == "volumes" or name == flag:
        return None
    for kind, words in ((KINDS[path[-1]], ""), (Kind.POD, f"{program} {' '.join((*path[:-1], 'pods'))} ")):
        try:
            Naming(kind).find(name)
        except UsageError:
            continue
        return f"{words}--columns default,{name} shows that column"
    return None


def flag_hint(flag: str, path: Path, flags: Mapping[Path, Sequence[str]], program: str) -> str | None:
    """Suggest a replacement for a flag that the command does not have. flags: the flags of every command."""
    own = flags.get(path, ())
    long = flag.startswith("--")
    wanted = flag.lstrip("-").replace("_", "-").casefold()
    named = f"--{wanted}" if long else flag
    if named in REPEATING and path[:1] != ("watch",):
        watch = ("watch", *path[-1:]) if path != ("top",) else ("watch",)
        return f"{program} {' '.join(watch)} refreshes at an interval" if watch in flags or path == ("top",) else None
    if named in INSTEAD and "--columns" in own:
        return INSTEAD[named]
    similar = FLAGS.get(named, named)
    if long and similar in own:
        return f"did you mean {similar}?"
    elsewhere = [
        " ".join(other)
        for other, theirs in flags.items()
        if other[:-1] == path[:-1] and named in theirs and other[-1] not in SELDOM
    ]
    if elsewhere:
        return f"{named} goes with {program} {f', {program} '.join(elsewhere)}"
    if not long:
        return None
    meant = nearest(wanted, [name.removeprefix("--") for name in own if name.startswith("--")])
    return f"did you mean --{meant}?" if meant else None


def place_for(names: Sequence[str], group: Path, flags: Mapping[Path, Sequence[str]]) -> list[Path]:
    """Return the commands of a group that take all of these flags."""
    return [
        path
        for path, known in flags.items()
        if path[: len(group)] == group
        and len(path) == 2
        and path[-1] not in SELDOM
        and all(name in known for name in names)
    ]
