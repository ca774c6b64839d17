"""One term of a label selector."""

from __future__ import annotations

from msgspec import Struct


class Requirement(Struct, frozen=True):
    """One term of a label selector. operator: `exists`, `!`, `in`, `notin`, `=`, `==`, `!=`, `>` or `<`."""

    key: str
    operator: str
    values: tuple[str, ...] = ()

    def __str__(self) -> str:
        """Write the term as kubectl sends it."""
        match self.operator:
            case "exists":
                return self.key
            case "!":
                return f"!{self.key}"
            case "in" | "notin":
                return f"{self.key} {self.operator} ({','.join(self.values)})"
            case _:
                return f"{self.key}{self.operator}{self.values[0]}"
