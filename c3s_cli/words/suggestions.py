"""What somebody may have meant by a command or a flag that does not exist."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

Path = tuple[str, ...]
# Below this, a likeness is chance: `--gpu` is nothing like `--output`.
ALIKE: Final = 0.62
# What other tools repeat a command with, and what only `watch` takes.
REPEATING: Final = ("-w", "--watch", "-i", "--interval", "--count", "--until", "--until-all", "--timeout")
# What is not meant where no command was named.
SELDOM: Final = ("volumes",)


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Return the known word that looks most like this one, None if none does."""
    from difflib import get_close_matches  # only a mistake pays for it

    found = get_close_matches(word.casefold(), list(known), n=1, cutoff=ALIKE)
    return found[0] if found else None


def command_hint(words: Sequence[str], commands: Iterable[Path], program: str) -> str | None:
    """Suggest a command for unknown words, correcting the first wrong one."""
    for length in range(len(words), 0, -1):
        before = tuple(words[: length - 1])
        following = {path[length - 1] for path in commands if len(path) >= length and path[: length - 1] == before}
        if following:
            meant = nearest(words[length - 1], sorted(following))
            return f"did you mean {' '.join((program, *before, meant))}?" if meant else None
    return None


def flag_hint(flag: str, path: Path, flags: Mapping[Path, Sequence[str]], program: str) -> str | None:
    """Suggest what to write instead of a flag that a command does not have. flags: those of every command."""
    own = flags.get(path, ())
    if flag in REPEATING and path[:1] != ("watch",):
        return f"{program} watch {path[-1]} refreshes at an interval" if ("watch", path[-1]) in flags else None
    if len(flag) == 2:
        return None
    wanted = flag.lstrip("-").replace("_", "-").casefold()
    if f"--{wanted}" in own:
        return f"did you mean --{wanted}?"
    elsewhere = [
        " ".join(other)
        for other, theirs in flags.items()
        if other[:-1] == path[:-1] and f"--{wanted}" in theirs and other[-1] not in SELDOM
    ]
    if elsewhere:
        return f"--{wanted} goes with {program} {f', {program} '.join(elsewhere)}"
    meant = nearest(wanted, [name.removeprefix("--") for name in own if name.startswith("--")])
    return f"did you mean --{meant}?" if meant else None


def place_for(given: Sequence[str], group: Path, flags: Mapping[Path, Sequence[str]]) -> list[Path]:
    """Return the commands of a group that take all flags that were given."""
    return [
        path
        for path, known in flags.items()
        if path[: len(group)] == group
        and len(path) == 2
        and path[-1] not in SELDOM
        and all(name in known for name in given)
    ]
