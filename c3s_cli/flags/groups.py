"""Turn groups of flags into the flat signature that Typer expects.

No `from __future__ import annotations` here: Typer reads the annotations when the program runs.
"""

from collections.abc import Callable
from functools import wraps
from inspect import Parameter, Signature, signature
from typing import Annotated, Any, get_args, get_origin, get_type_hints

from msgspec import Struct

from c3s_cli.errors import ExitCode


def takes_flags(function: Callable[..., ExitCode]) -> Callable[..., ExitCode]:
    """Turn a function that takes groups of flags into one with the flat signature that Typer reads."""
    parameters: list[Parameter] = []
    groups: dict[str, Any] = {}
    for parameter in signature(function).parameters.values():
        group, taken = group_of(parameter.annotation)
        if not (isinstance(group, type) and issubclass(group, Struct)):
            parameters.append(parameter)
            continue
        groups[parameter.name] = group, taken
        hints = get_type_hints(group, include_extras=True)
        # msgspec lists the defaults of the last fields only; here every field has one.
        defaults = dict(zip(group.__struct_fields__, group.__struct_defaults__, strict=True))
        parameters.extend(
            Parameter(flag, Parameter.KEYWORD_ONLY, default=defaults[flag], annotation=hints[flag]) for flag in taken
        )

    @wraps(function)
    def flat(**values: Any) -> ExitCode:
        grouped = {name: group(**{flag: values.pop(flag) for flag in taken}) for name, (group, taken) in groups.items()}
        return function(**values, **grouped)

    flat.__signature__ = Signature(parameters)  # type: ignore[attr-defined]  # inspect's documented hook
    flat.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return flat


def group_of(annotation: Any) -> tuple[Any, tuple[str, ...]]:
    """Return a group of flags and the names of those that a command takes: all, or those listed in an Annotated."""
    if get_origin(annotation) is Annotated:
        group, taken = get_args(annotation)[:2]
        return group, taken
    return annotation, getattr(annotation, "__struct_fields__", ())
