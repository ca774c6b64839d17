"""How a flag is declared."""

from typing import Any

import typer

Text = str | None
Many = list[str] | None


def flag(*names: str, metavar: str = "", help: str) -> Any:  # noqa: A002  Typer's own word for it
    """Declare a flag that takes a value, or (without a metavar) one that does not."""
    return typer.Option(*names, metavar=metavar or None, help=help, show_default=False)
