"""Suggestions for commands and flags that do not exist."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from msgspec import structs

from c3s_cli.columns.kinds import ALIASES, KINDS, WORKLOADS, is_rollup
from c3s_cli.flags.argv import Line, value_of
from c3s_cli.flags.arity import rows_of, takes_value
from c3s_cli.flags.foreign_flags import compared, filled
from c3s_cli.flags.foreign_words import EVERYWHERE, SHOWING, replaced, with_flags_of_verb
from c3s_cli.flags.habits import Hint
from c3s_cli.flags.word_habits import WORD_HINTS

Path = tuple[str, ...]
# Below this ratio a similarity is accidental, as between `--gpu` and `--output`.
ALIKE: Final = 0.62
# Flags with which other tools repeat a command, and flags that only `watch` takes.
REPEATING: Final = (
    *("-w", "--watch", "--watch-only", "-i", "--interval"),
    *("--count", "--until", "--until-all", "--timeout"),
)
# The file of a demo, which is never meant by another flag.
OF_DEMO: Final = "--resources"
# Never suggested if no command was given.
SELDOM: Final = ("volumes",)


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Return the known word that is most similar to this one; None if none is similar enough."""
    from difflib import get_close_matches  # only needed after a mistake

    matches = get_close_matches(word.casefold(), list(known), n=1, cutoff=ALIKE)
    return matches[0] if matches else None


def command_hint(line: Line, words: Sequence[str], commands: Sequence[Path], program: str) -> str | None:
    """Suggest a command for unknown words: the line of c3s that they mean, else the most similar command.

    words: those of the line that should be a command.
    """
    typed = words[:2]
    if words[0] in SHOWING and words[1:]:
        words = ("top", *words[1:])
    line = structs.replace(with_flags_of_verb(line), words=tuple(words))
    # What no command knows would make the suggestion fail.
    known = (
        flag
        for flag, name in zip(line.flags, line.names(), strict=True)
        if takes_value(name) is not None or rows_of(name)
    )
    line = structs.replace(line, flags=tuple(known))
    of_group = [path[1] for path in commands if len(path) == 2 and path[0] == words[0]]
    if of_group:
        alone = [path[0] for path in commands if len(path) == 1]
        text = _of_group(words, of_group, alone)
        if text:
            return f"did you mean {program} {replaced(line, text, len(words)).text()}?"
    for row in WORD_HINTS:
        for count, word in enumerate(typed, 1):
            thing = word.partition("/")[0].casefold()
            if thing not in row.typed.split(", ") or ("{verb}" in row.text and count > 1):
                continue
            if text := _filled(row, line, count, program):
                return text.replace("{verb}", thing).replace("{group}", words[0] if of_group else "top")
    for length in range(len(words), 0, -1):
        before = tuple(words[: length - 1])
        following = {path[length - 1] for path in commands if len(path) >= length and path[: length - 1] == before}
        if following:
            near = nearest(words[length - 1], sorted(following))
            text = " ".join((*before, near or ""))
            return f"did you mean {program} {replaced(line, text, length).text()}?" if near else None
    return None


def _of_group(words: Sequence[str], commands: Sequence[str], alone: Sequence[str]) -> str | None:
    """Return the words to suggest for a resource that `top` or `watch` does not know; None if there are none.

    commands: those of the group. alone: those without a group.
    """
    group, word = words[0], words[1]
    kind, _slash, name = word.partition("/")
    # kubectl get takes several kinds at once.
    kind, *others = kind.casefold().split(",")
    if others and all(each in WORKLOADS for each in (kind, *others)):
        return shlex.join((group, "workloads"))
    kind = ALIASES.get(kind, kind)
    if kind == "help":
        return f"help {group}"
    if kind in alone and kind not in commands:
        return shlex.join((kind, *words[2:]))
    if (kind in commands and (name or "," in word)) or is_rollup(kind):
        return shlex.join(filter(None, (group, kind, name)))
    return None


def _filled(row: Hint, line: Line, count: int, program: str) -> str | None:
    """Return the text of a hint, with the line that would be right; None if it needs other names than there are.

    count: the number of words that the row stands for.
    """
    text, prices = row.text, ""
    if "{prices}" in text:
        from c3s_cli.amounts.money import PRICE_SAMPLE  # only prices need it

        prices, _, more = PRICE_SAMPLE.removeprefix("a sample: ").partition("; ")
        text = text.replace("{prices}", f"These prices are a sample; {more}")
    instead = filled(row, "", "", line.words[count:])
    if instead is None or ("{NAME}" in row.c3s and not _is_kind(line.words[count])):
        return None
    used = len(line.words) if "{" in row.c3s else count
    right = replaced(line, instead, used) if instead else line
    return text.replace("{}", f"{program} {right.text()}").replace("prices.yaml", f"<(echo '{prices}')")


def _is_kind(word: str) -> bool:
    return is_rollup(word) or ALIASES.get(word, word) in KINDS


def flag_hint(flag: str, line: Line, path: Path, flags: Mapping[Path, Sequence[str]], program: str) -> str | None:
    """Suggest a replacement for a flag that the command of a line does not have. flags: those of every command."""
    others = structs.replace(line, flags=tuple(each for each in line.flags if each[0].partition("=")[0] != flag))
    for _, row in rows_of(flag):
        if isinstance(row, Hint) and path[-1] in row.of.split(", "):
            return _filled(row, others, 0, program)
    value = next((value_of(each) for each in line.flags if each not in others.flags), "")
    return _column_hint(flag, value, others, path, program) or _similar_flag(flag, path, flags, program)


def _column_hint(flag: str, value: str, line: Line, path: Path, program: str) -> str | None:
    """Suggest --columns, or a condition, if the name of a column was used as a flag, as in `--cpu` or `--cpu 500m`."""
    from c3s_cli.columns.naming import Naming
    from c3s_cli.columns.nearest import of_kubectl
    from c3s_cli.columns.vocabulary import Kind
    from c3s_cli.errors import UsageError

    name = flag.removeprefix("--")
    if path[-1] not in KINDS or path[-1] == "volumes" or name == flag:
        return None
    for kind in (KINDS[path[-1]], Kind.POD):
        try:
            unit = Naming(kind).find(name).unit
        except UsageError:
            continue
        if value and not value.startswith("-") and kind is KINDS[path[-1]]:
            condition = f"--where '{compared(name, unit, value)} >= {value}'"
            return f"did you mean {program} {replaced(line, condition, 0).text()}?"
        columns = f"--columns default,{name}"
        if kind is KINDS[path[-1]]:
            return f"{columns} shows that column"
        words = shlex.join((*path[:-1], "pods"))
        return f"{program} {replaced(line, f'{words} {columns}', len(line.words)).text()} shows that column"
    return of_kubectl(KINDS[path[-1]], name)


def _similar_flag(flag: str, path: Path, flags: Mapping[Path, Sequence[str]], program: str) -> str | None:
    own = flags.get(path, ())
    long = flag.startswith("--")
    wanted = flag.lstrip("-").replace("_", "-").casefold()
    named = f"--{wanted}" if long else flag
    if named in REPEATING and path[:1] != ("watch",):
        watch = ("watch", *path[-1:]) if path != ("top",) else ("watch",)
        return f"{program} {' '.join(watch)} refreshes at an interval" if watch in flags or path == ("top",) else None
    if long and named in own:
        return f"did you mean {named}?"
    elsewhere = [
        " ".join(other)
        for other, theirs in flags.items()
        if other[:-1] == path[:-1] and named in theirs and other[-1] not in SELDOM
    ]
    if elsewhere:
        return f"{named} goes with {program} {f', {program} '.join(elsewhere)}"
    if not long:
        return None
    near = nearest(wanted, [name.removeprefix("--") for name in own if name.startswith("--") and name != OF_DEMO])
    return f"did you mean --{near}?" if near else None


def place_for(names: Sequence[str], group: Path, flags: Mapping[Path, Sequence[str]]) -> list[Path]:
    """Return the commands of a group that take all of these flags: pods alone, if one is about namespaces."""
    places: list[Path] = [
        path
        for path, known in flags.items()
        if path[: len(group)] == group
        and len(path) == 2
        and path[-1] not in SELDOM
        and all(name in known for name in names)
    ]
    of_pods = [path for path in places if path[-1] == "pods" and not {*EVERYWHERE}.isdisjoint(names)]
    return of_pods or places
