"""What is sent to log in: which headers are secret, and texts without them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

# Headers whose values are secret, by what their names have in them: Authorization, Cookie, X-Api-Key, X-Auth-Token.
SECRET_HEADER: Final = re.compile(r"auth|cookie|key|token|secret|passw|session|credential", re.IGNORECASE)
# A shorter word is no secret, and may stand anywhere.
SHORTEST: Final = 4


class Secrets(tuple[str, ...]):
    """What was sent to a server to log in. A server may quote it, and what it says is shown."""

    __slots__ = ()

    @classmethod
    def of(cls, headers: Sequence[tuple[str, str]], user: Mapping[str, Any]) -> Secrets:
        """Collect the secret parts of what is sent. What is shorter than a password may be is no secret."""
        values = [value for name, value in headers if SECRET_HEADER.search(name)]
        # The scheme, such as "Bearer", is none.
        words = [word for value in values for word in (value, value.rpartition(" ")[2], value.rpartition("=")[2])]
        found = [word for word in (*words, str(user.get("password") or "")) if len(word) >= SHORTEST]
        return cls(sorted(set(found), key=len, reverse=True))

    def hidden(self, text: str) -> str:
        """Return a text without them."""
        for secret in self:
            text = text.replace(secret, "…")
        return text
