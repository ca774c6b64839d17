"""Read YAML as Go does: the first document, with Go's numbers and booleans; dates and times are text."""

from __future__ import annotations

import re
from functools import cache
from typing import Any, ClassVar, Final

from c3s_cli.request.nesting import TooDeepError, check_nesting

# PyYAML reads YAML 1.1: dates, numbers in base 60, and "=" as a value. kubectl's parser knows none of them.
TYPES: Final = (
    ("bool", r"yes|Yes|YES|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF", "yYnNtTfFoO"),
    ("int", r"[-+]?(?:0b[01_]+|0x[0-9a-fA-F_]+|0o?[0-7_]*|[1-9][0-9_]*)", "-+0123456789"),
    ("float", r"[-+]?(?:\.[0-9]+|[0-9][0-9_]*(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?", "-+.0123456789"),
    ("float", r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)", "-+."),
    ("merge", r"<<", "<"),
    ("null", r"~|null|Null|NULL|", "~nN"),
)


class NotYamlError(ValueError):
    """The text is not YAML. line: where, counted from 1, if that is known."""

    def __init__(self, line: int | None) -> None:
        super().__init__("not valid YAML")
        self.line = line


def read_yaml(content: bytes) -> Any:
    """Return the first document as dictionaries, lists and values; None if there is none.

    Raises NotYamlError, or TooDeepError for a document that would be too large in memory.
    """
    import yaml  # takes 10 ms, not needed with only --server

    try:
        check_nesting(content, _loader(), first_only=True)
        return next(yaml.load_all(content, Loader=_loader()), None)
    except TooDeepError:
        raise
    except (yaml.YAMLError, ValueError, RecursionError) as problem:
        mark = getattr(problem, "problem_mark", None)
        raise NotYamlError(mark.line + 1 if mark else None) from None


@cache
def _loader() -> Any:
    import yaml

    class Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
        """PyYAML's safe loader with Go's types."""

        yaml_implicit_resolvers: ClassVar[dict[str, Any]] = {}

    for name, pattern, first in TYPES:
        whole = re.compile(f"(?:{pattern})$")
        Loader.add_implicit_resolver(f"tag:yaml.org,2002:{name}", whole, [*first] + [""] * (name == "null"))
    return Loader
