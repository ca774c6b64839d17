"""The templates of -o jsonpath=… and -o custom-columns=…, in kubectl's dialect.

The libraries on the registry speak the RFC's JSONPath or older dialects, none of them kubectl's templates (text around
braces, range and end, quoted text), so the parts that people use are read here: fields, quoted and escaped keys,
indexes, slices, wildcards, unions, recursive descent, filters with one comparison, range and end, quoted text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any, Final

from msgspec import Struct

from c3s_cli.errors import UsageError

# What leads from a value (and the whole document) to what it holds. A step is several for a union, which gives all
# that the first finds before anything of the second, as kubectl's does.
Way = Callable[[Any, Any], list[Any]]
Step = tuple[Way, ...]

TEXT: Final = re.compile(r"[^{]+")
QUOTED: Final = re.compile(r"""\s*(?:"((?:\\.|[^"\\])*)"|'((?:\\.|[^'\\])*)')\s*""", re.DOTALL)
FIELD: Final = re.compile(r"\.((?:\\.|[^\\.,\[\]{}()\s'\"])+)")
BRACKET: Final = re.compile(r"""\[((?:"[^"]*"|'[^']*'|\((?:"[^"]*"|'[^']*'|[^)"'])*\)|[^\]"'()])*)\]""")
SLICE: Final = re.compile(r"(-?[0-9]{1,9})?:(-?[0-9]{1,9})?(?::([0-9]{1,9}))?")
FILTER: Final = re.compile(r"""\?\(\s*@?((?:"[^"]*"|'[^']*'|[^=!<>"'\s])*)\s*(?:(==|!=|<=|>=|<|>)(.+))?\)""", re.DOTALL)
ESCAPE: Final = re.compile(r"\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|(.))", re.DOTALL)
ESCAPES: Final = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
# Far beyond any use, and far below what Python can nest.
DEEPEST: Final = 50


class Range(Struct, frozen=True):
    """A loop: what it goes over, and what is written each time."""

    path: list[Step]
    body: list[Node]


Node = str | Range | list[Step]


def read_template(template: str) -> list[Node]:
    """Read a template. UsageError in kubectl's words."""
    nodes: list[Node] = []
    open_ranges: list[tuple[list[Step], list[Node]]] = []
    place = 0
    while place < len(template):
        into = open_ranges[-1][1] if open_ranges else nodes
        if text := TEXT.match(template, place):
            into.append(text[0])
            place = text.end()
            continue
        end = _closing(template, place)
        inner = template[place + 1 : end].strip()
        place = end + 1
        if inner == "end":
            if not open_ranges:
                raise _error(template, "not in range, nothing to end")
            path, body = open_ranges.pop()
            (open_ranges[-1][1] if open_ranges else nodes).append(Range(path, body))
        elif inner.startswith("range"):
            if len(open_ranges) == DEEPEST:
                raise _error(template, f"more than {DEEPEST} ranges inside each other")
            open_ranges.append((read_path(inner.removeprefix("range").strip(), template), []))
        elif quoted := QUOTED.fullmatch(inner):
            into.append(_unescaped(quoted[1] if quoted[1] is not None else quoted[2]))
        else:
            into.append(read_path(inner, template))
    if open_ranges:
        raise _error(template, "unclosed range")
    return nodes


def _closing(template: str, place: int) -> int:
    """Find the brace that closes the one at `place`, past quoted text."""
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


def _unescaped(text: str) -> str:
    def letter(match: re.Match[str]) -> str:
        code = match[1] or match[2]
        return chr(int(code, 16)) if code else ESCAPES.get(match[3], match[3])

    return ESCAPE.sub(letter, text)


def read_path(path: str, template: str) -> list[Step]:  # noqa: C901  one branch a kind of step
    """Read one path: `.items[*].cpu.usage`."""
    place = 1 if path.startswith(("$", "@")) else 0
    steps: list[Step] = []
    if path in ("", "."):
        return steps
    while place < len(path):
        if path.startswith("..", place):
            steps.append((_descend,))
            place += 1
            if path.startswith(".[", place):
                place += 1
        elif path.startswith(".*", place):
            steps.append((_wildcard,))
            place += 2
        elif field := FIELD.match(path, place):
            steps.append((_key(re.sub(r"\\(.)", r"\1", field[1])),))
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
    return steps


def _bracket(inner: str, template: str) -> Step:
    if not inner.startswith("?(") and "," in inner and not QUOTED.fullmatch(inner):
        parts = re.findall(r"""(?:"[^"]*"|'[^']*'|[^,])+""", inner)
        return tuple(_way(part.strip(), template) for part in parts)
    return (_way(inner, template),)


def _way(inner: str, template: str) -> Way:
    if inner == "*":
        return _wildcard
    if inner.startswith("?("):
        return _filter(inner, template)
    if quoted := QUOTED.fullmatch(inner):
        return _key(_unescaped(quoted[1] if quoted[1] is not None else quoted[2]))
    if re.fullmatch(r"-?[0-9]{1,9}", inner):
        return _index(int(inner))
    if part := SLICE.fullmatch(inner):
        start, stop, step_size = (int(each) if each else None for each in part.groups())
        if step_size == 0:
            raise _error(template, "step must be > 0")
        return lambda value, _root: value[start:stop:step_size] if isinstance(value, list) else []
    raise _error(template, f"invalid array index {inner}")


def _descend(value: Any, _root: Any) -> list[Any]:
    """Give a value and everything inside it."""
    found = [value]
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for inner in inside:
        found += _descend(inner, _root)
    return found


def _wildcard(value: Any, _root: Any) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return list(value) if isinstance(value, list) else []


def _key(key: str) -> Way:
    return lambda value, _root: [value[key]] if isinstance(value, dict) and key in value else []


def _index(place: int) -> Way:
    def step(value: Any, _root: Any) -> list[Any]:
        inside = isinstance(value, list) and -len(value) <= place < len(value)
        return [value[place]] if inside else []

    return step


def _filter(text: str, template: str) -> Way:
    match = FILTER.fullmatch(text)
    if match is None:
        raise _error(template, "unterminated filter")
    path, operator = read_path(match[1], template), match[2]
    if operator is None:
        return lambda value, root: [each for each in _wildcard(value, root) if follow(path, [each], root)]
    wanted = _literal(match[3].strip(), template)

    def step(value: Any, root: Any) -> list[Any]:
        return [
            each
            for each in _wildcard(value, root)
            if any(_holds(found, operator, wanted) for found in follow(path, [each], root))
        ]

    return step


def _literal(text: str, template: str) -> Any:
    if quoted := QUOTED.fullmatch(text):
        return _unescaped(quoted[1] if quoted[1] is not None else quoted[2])
    try:
        return {"true": True, "false": False, "null": None}[text] if text in ("true", "false", "null") else float(text)
    except ValueError:
        raise _error(template, f"unrecognized value {text} in filter") from None


def _holds(have: Any, operator: str, wanted: Any) -> bool:
    if isinstance(have, _Probe):
        return True
    if operator in ("==", "!="):
        return (have == wanted) is (operator == "==")
    comparable = (isinstance(have, (int, float)) and isinstance(wanted, float)) or (
        isinstance(have, str) and isinstance(wanted, str)
    )
    if not comparable:
        return False
    return bool({"<": have < wanted, "<=": have <= wanted, ">": have > wanted, ">=": have >= wanted}[operator])


def follow(path: list[Step], values: list[Any], root: Any) -> list[Any]:
    """Follow a path from some values to all that it leads to."""
    for step in path:
        values = [found for way in step for value in values for found in way(value, root)]
    return values


# As many items as a template may number.
NUMBERED: Final = 100


class _Probe(dict[str, Any]):
    """An item that has every key, and remembers the paths of those that were asked for."""

    def __init__(self, asked: set[tuple[str, ...]], path: tuple[str, ...] = ()) -> None:
        super().__init__()
        self.asked, self.path = asked, path

    def __contains__(self, key: object) -> bool:
        return True

    def __getitem__(self, key: str) -> Any:
        path = (*self.path, key)
        self.asked.add(path)
        return self.setdefault(key, [_Probe(self.asked)] if key == "containers" else _Probe(self.asked, path))


def paths_in_template(template: str) -> set[tuple[str, ...]]:
    """Give the paths inside an item, or inside the totals, that a template asks for."""
    asked: set[tuple[str, ...]] = set()
    root = {"items": [_Probe(asked)] * NUMBERED, "totals": _Probe(asked)}
    _ask(read_template(template), root, root)
    return asked


def _ask(nodes: list[Node], value: Any, root: Any) -> None:
    for node in nodes:
        if isinstance(node, Range):
            for each in _ask_along(node.path, value, root)[:1]:
                _ask(node.body, each, root)
        elif not isinstance(node, str):
            _ask_along(node, value, root)


def _ask_along(path: list[Step], value: Any, root: Any) -> list[Any]:
    """Follow a path as `follow` does, but to each thing once: a probe has every key, and a union may name one twice."""
    values = [value]
    for step in path:
        found = (each for way in step for value in values for each in way(value, root))
        values = list({id(each): each for each in found}.values())
    return values


def paths_in_spec(spec: str) -> set[tuple[str, ...]]:
    """Give the paths inside an item that custom columns ask for."""
    asked: set[tuple[str, ...]] = set()
    for _, path in read_spec(spec):
        _ask_along(path, _Probe(asked), None)
    return asked


def written(value: Any) -> str:
    """Write a value as kubectl does: text bare, null as such, maps and lists as JSON with their keys in order."""
    if isinstance(value, str):
        return value
    return json.dumps(_whole(value), ensure_ascii=False, separators=(",", ":"), sort_keys=True)


# From here on kubectl writes an exponent, and so does Python.
LARGEST: Final = 1e21


def _whole(value: Any) -> Any:
    """Give numbers that are whole without a fraction: 100, not 100.0."""
    if isinstance(value, float) and value.is_integer() and abs(value) < LARGEST:
        return int(value)
    if isinstance(value, dict):
        return {key: _whole(inner) for key, inner in value.items()}
    return [_whole(inner) for inner in value] if isinstance(value, list) else value


# A comma separates, except inside brackets.
SEPARATOR: Final = re.compile(r",(?![^\[\]]*\])")
PATHS: Final = "expected a 'name1.name2' or '.name1.name2' or '{name1.name2}' or '{.name1.name2}'"


def read_spec(spec: str) -> list[tuple[str, list[Step]]]:
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
