"""The templates of -o jsonpath=… and -o custom-columns=…, in kubectl's dialect.

No library parses kubectl's templates (text around braces, range and end, quoted text), so this module parses what
people use: fields, quoted and escaped keys, indexes, slices, wildcards, unions, recursive descent, filters with one
comparison, range and end, quoted text. A path is data: output/templated.py follows it through a document, and
`paths_in_template` finds the columns that it needs.
"""

from __future__ import annotations

import re
from typing import Final

from msgspec import Struct

from c3s_cli.errors import UsageError


class Key(Struct, frozen=True):
    """The value of a key."""

    key: str


class Index(Struct, frozen=True):
    """One item of a list; negative counts from the end."""

    place: int


class Slice(Struct, frozen=True):
    """A slice of a list, as in Python."""

    start: int | None
    stop: int | None
    step: int | None


class Wildcard(Struct, frozen=True):
    """All values of a mapping, or all items of a list."""


class Descend(Struct, frozen=True):
    """A value and everything inside it."""


class Filter(Struct, frozen=True):
    """The members for which `path` finds something, or something that compares true with `wanted`."""

    path: tuple[Step, ...]
    operator: str | None = None
    wanted: str | float | bool | None = None


Part = Key | Index | Slice | Wildcard | Descend | Filter
# A union has several parts; all results of the first come before those of the second, as in kubectl.
Step = tuple[Part, ...]
Path = tuple[Step, ...]

TEXT: Final = re.compile(r"[^{]+")
QUOTED: Final = re.compile(r"""\s*(?:"((?:\\.|[^"\\])*)"|'((?:\\.|[^'\\])*)')\s*""", re.DOTALL)
FIELD: Final = re.compile(r"\.((?:\\.|[^\\.,\[\]{}()\s'\"])+)")
BRACKET: Final = re.compile(r"""\[((?:"[^"]*"|'[^']*'|\((?:"[^"]*"|'[^']*'|[^)"'])*\)|[^\]"'()])*)\]""")
SLICE: Final = re.compile(r"(-?[0-9]{1,9})?:(-?[0-9]{1,9})?(?::([0-9]{1,9}))?")
FILTER: Final = re.compile(r"""\?\(\s*@?((?:"[^"]*"|'[^']*'|[^=!<>"'\s])*)\s*(?:(==|!=|<=|>=|<|>)(.+))?\)""", re.DOTALL)
ESCAPE: Final = re.compile(r"\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|(.))", re.DOTALL)
ESCAPES: Final = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
# Far more than anyone needs, and far below Python's recursion limit.
DEEPEST: Final = 50
LONGEST: Final = 100
# Each finds everything inside of what the one before has found.
MOST_DESCENTS: Final = 3


class Range(Struct, frozen=True):
    """A loop: `body` is written for each value that `path` finds."""

    path: Path
    body: list[Node]


Node = str | Range | Path


def read_template(template: str) -> list[Node]:
    """Read a template. UsageError in kubectl's words."""
    # The template, and the ranges that are open: what they loop over, and what they write.
    stack: list[tuple[Path, list[Node]]] = [((), [])]
    place = 0
    while place < len(template):
        nodes = stack[-1][1]
        if text := TEXT.match(template, place):
            nodes.append(text[0])
            place = text.end()
            continue
        end = _closing(template, place)
        inner = template[place + 1 : end].strip()
        place = end + 1
        if inner == "end":
            path, body = stack.pop()
            if not stack:
                raise _error(template, "not in range, nothing to end")
            stack[-1][1].append(Range(path, body))
        elif inner.startswith("range"):
            if len(stack) > DEEPEST:
                raise _error(template, f"more than {DEEPEST} ranges inside each other")
            stack.append((read_path(inner.removeprefix("range").strip(), template), []))
        elif quoted := QUOTED.fullmatch(inner):
            nodes.append(_text_in(quoted))
        else:
            nodes.append(read_path(inner, template))
    if len(stack) > 1:
        raise _error(template, "unclosed range")
    return stack[0][1]


def _closing(template: str, place: int) -> int:
    """Return the position of the brace that closes the one at `place`, skipping quoted text."""
    quote = ""
    at = place + 1
    while at < len(template):
        letter = template[at]
        if quote:
            if letter == "\\":
                at += 1
            elif letter == quote:
                quote = ""
        elif letter in "\"'":
            quote = letter
        elif letter == "}":
            return at
        at += 1
    raise _error(template, "unclosed action")


def _error(template: str, problem: str) -> UsageError:
    return UsageError(f"error parsing jsonpath {template}, {problem}")


def _text_in(quoted: re.Match[str]) -> str:
    """Return the text in quotes, without escapes."""

    def letter(match: re.Match[str]) -> str:
        code = match[1] or match[2]
        return chr(int(code, 16)) if code else ESCAPES.get(match[3], match[3])

    return ESCAPE.sub(letter, quoted[1] if quoted[1] is not None else quoted[2])


def read_path(path: str, template: str) -> Path:  # noqa: C901  one branch per kind of step
    """Read one path: `.items[*].cpu.usage`."""
    place = 1 if path.startswith(("$", "@")) else 0
    steps: list[Step] = []
    if path in ("", "."):
        return ()
    while place < len(path):
        if path.startswith("..", place):
            steps.append((Descend(),))
            place += 1
            if path.startswith(".[", place):
                place += 1
        elif path.startswith(".*", place):
            steps.append((Wildcard(),))
            place += 2
        elif field := FIELD.match(path, place):
            steps.append((Key(re.sub(r"\\(.)", r"\1", field[1])),))
            place = field.end()
        elif bracket := BRACKET.match(path, place):
            steps.append(_bracket(bracket[1].strip(), template))
            place = bracket.end()
        elif path[place] == "." and place + 1 < len(path) and path[place + 1] == "[":
            place += 1
        elif place == 0 and re.match(r"[A-Za-z]", path):
            raise _error(template, f"unrecognized identifier {path}")
        elif path[place] == "[":
            raise _error(template, "unterminated array")
        else:
            raise _error(template, f"unrecognized character in action: U+{ord(path[place]):04X} {path[place]!r}")
    return _bounded(_ours(steps), template)


# Paths in kubectl's documents, and the same in those of c3s.
KUBECTLS: Final = {
    ("metadata", "name"): ("name",),
    ("metadata", "namespace"): ("namespace",),
    ("metadata", "labels"): ("labels",),
    ("spec", "nodeName"): ("node",),
    ("status", "phase"): ("phase",),
    ("usage", "cpu"): ("cpu", "usage"),
    ("usage", "memory"): ("memory", "usage"),
    ("requests", "cpu"): ("cpu", "requests"),
    ("requests", "memory"): ("memory", "requests"),
    ("limits", "cpu"): ("cpu", "limits"),
    ("limits", "memory"): ("memory", "limits"),
    ("allocatable", "cpu"): ("cpu", "allocatable"),
    ("allocatable", "memory"): ("memory", "allocatable"),
    ("capacity", "cpu"): ("cpu", "capacity"),
    ("capacity", "memory"): ("memory", "capacity"),
}


def _ours(steps: list[Step]) -> Path:
    """Replace keys of kubectl's documents by those of c3s."""
    place = 0
    while place < len(steps) - 1:
        keys = tuple(part.key for step in steps[place : place + 2] for part in step if isinstance(part, Key))
        if keys in KUBECTLS:
            # `.spec.containers[*].resources.requests.cpu` is that of the pod.
            start = place - (steps[place - 1 : place] in ([(Key("resources"),)], [(Key("status"),)]))
            start -= 3 * (steps[max(start - 3, 0) : start - 1] == [(Key("spec"),), (Key("containers"),)])
            steps[start : place + 2] = [(Key(key),) for key in KUBECTLS[keys]]
            place = start
        place += 1
    return tuple(steps)


def _bounded(path: Path, template: str) -> Path:
    """Return a path. UsageError if following it could take for ever."""
    if len(path) > LONGEST:
        raise _error(template, f"more than {LONGEST} steps in a path")
    if path.count((Descend(),)) > MOST_DESCENTS:
        raise _error(template, f"more than {MOST_DESCENTS} '..' in a path")
    return path


def _bracket(inner: str, template: str) -> Step:
    if not inner.startswith("?(") and "," in inner and not QUOTED.fullmatch(inner):
        parts = re.findall(r"""(?:"[^"]*"|'[^']*'|[^,])+""", inner)
        return tuple(_part(part.strip(), template) for part in parts)
    return (_part(inner, template),)


def _part(inner: str, template: str) -> Part:
    if inner == "*":
        return Wildcard()
    if inner.startswith("?("):
        return _filter(inner, template)
    if quoted := QUOTED.fullmatch(inner):
        return Key(_text_in(quoted))
    if re.fullmatch(r"-?[0-9]{1,9}", inner):
        return Index(int(inner))
    if part := SLICE.fullmatch(inner):
        start, stop, step = (int(each) if each else None for each in part.groups())
        if step == 0:
            raise _error(template, "step must be > 0")
        return Slice(start, stop, step)
    raise _error(template, f"invalid array index {inner}")


def _filter(text: str, template: str) -> Filter:
    match = FILTER.fullmatch(text)
    if match is None:
        raise _error(template, "unterminated filter")
    path, operator = read_path(match[1], template), match[2]
    return Filter(path, operator, _literal(match[3].strip(), template)) if operator else Filter(path)


def _literal(text: str, template: str) -> str | float | bool | None:
    if quoted := QUOTED.fullmatch(text):
        return _text_in(quoted)
    try:
        return {"true": True, "false": False, "null": None}[text] if text in ("true", "false", "null") else float(text)
    except ValueError:
        raise _error(template, f"unrecognized value {text} in filter") from None


# A comma separates, except inside brackets.
SEPARATOR: Final = re.compile(r",(?![^\[\]]*\])")
PATHS: Final = "expected a 'name1.name2' or '.name1.name2' or '{name1.name2}' or '{.name1.name2}'"


def read_spec(spec: str) -> list[tuple[str, Path]]:
    """Read `NAME:.name,CPU:.cpu.usage`. UsageError in kubectl's words."""
    if not spec:
        raise UsageError("custom-columns format specified but no custom columns given")
    columns = []
    for part in SEPARATOR.split(spec):
        heading, colon, path = part.partition(":")
        path = path.strip()
        if not colon or not path:
            raise UsageError(f"unexpected custom-columns spec: {part}, expected <header>:<json-path-expr>")
        if path.startswith("{") is not path.endswith("}") or path == "{}":
            raise UsageError(f"unexpected path string, {PATHS}")
        bare = path.removeprefix("{").removesuffix("}").strip()
        bare = bare if bare.startswith((".", "[", "$", "@")) else f".{bare}"
        columns.append((heading, read_path(bare, spec)))
    return columns


# --- what a template needs ------------------------------------------------------------------------------------


# The keys that lead to a place in the document, ITEM for any item of a list.
Keys = tuple[str, ...]
ITEM: Final = "*"


def paths_in_template(template: str) -> set[Keys]:
    """Return the paths inside an item, a container or the totals that a template needs."""
    asked: set[Keys] = set()
    _ask(read_template(template), [()], asked)
    return {inside for keys in asked if (inside := _inside(keys))}


def paths_in_spec(spec: str) -> set[Keys]:
    """Return the paths inside an item or a container that custom columns need."""
    asked: set[Keys] = set()
    for _, path in read_spec(spec):
        _places(path, [("items", ITEM)], asked)
    return {inside for keys in asked if (inside := _inside(keys))}


def _inside(keys: Keys) -> Keys:
    """Return the keys inside of an item or of the totals; none for any other place of the document."""
    if ITEM not in keys:
        return keys[1:] if keys[0] == "totals" else ()
    return keys[len(keys) - keys[::-1].index(ITEM) :]


def _ask(nodes: list[Node], places: list[Keys], asked: set[Keys]) -> None:
    for node in nodes:
        if isinstance(node, Range):
            _ask(node.body, _places(node.path, places, asked), asked)
        elif not isinstance(node, str):
            _places(node, places, asked)


def _places(path: Path, places: list[Keys], asked: set[Keys]) -> list[Keys]:
    """Follow a path from some places; add every place that a key leads to to `asked`."""
    for step in path:
        nodes = [each for part in step for place in places for each in _next(part, place, asked)]
        places = list(dict.fromkeys(nodes))
    return places


def _next(part: Part, place: Keys, asked: set[Keys]) -> list[Keys]:
    items = [(*place, ITEM)] if place == ("items",) or (len(place) > 1 and place[-1] == "containers") else []
    match part:
        case Key(key):
            asked.add((*place, key))
            return [(*place, key)]
        case Descend():
            return [place, *(items if place else [("items",), ("items", ITEM)])]
        case Filter(path):
            _places(path, items, asked)
            return items
        case _:
            return items
