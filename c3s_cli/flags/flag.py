"""How a flag is declared, and the groups of flags in the help."""

from typing import Any

import typer

Text = str | None
Many = list[str] | None

# The groups of flags in the help. Flags without a group are listed under Connection.
PODS, SHOW, ROWS, TIME, CONDITIONS = "Which pods", "What to show", "Which rows", "Time range", "Conditions"
OFTEN, OUTPUT, SERVING, SOURCE, RULE = "How often", "Output", "Serving", "Source", "Rule"


def flag(*names: str, metavar: str = "", help: str, section: str = "") -> Any:  # noqa: A002  Typer's own word for it
    """Declare a flag that takes a value, or (without a metavar) one that does not."""
    return typer.Option(*names, metavar=metavar or None, help=help, show_default=False, rich_help_panel=section or None)
