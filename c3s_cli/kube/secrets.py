"""Hide credentials in texts: which headers are secret, and how to remove their values."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

# Headers with secret values, by parts of their names: Authorization, Cookie, X-Api-Key, X-Auth-Token.
SECRET_HEADER: Final = re.compile(r"auth|cookie|key|token|secret|passw|session|credential", re.IGNORECASE)
# Shorter words are not secrets and may appear in any text.
SHORTEST: Final = 4


class Secrets(tuple[str, ...]):
    """The credentials sent to a server. The server may quote them, and its messages are shown."""

    __slots__ = ()

    @classmethod
    def of(cls, headers: Sequence[tuple[str, str]], user: Mapping[str, Any]) -> Secrets:
        """Collect the secret parts of headers, without those that are too short for a secret."""
        values = [value for name, value in headers if SECRET_HEADER.search(name)]
        # The scheme, such as "Bearer", is not secret.
        words = [word for value in values for word in (value, value.rpartition(" ")[2], value.rpartition("=")[2])]
        found = [word for word in (*words, str(user.get("password") or "")) if len(word) >= SHORTEST]
        return cls(sorted(set(found), key=len, reverse=True))

    def hidden(self, text: str) -> str:
        """Return a text with these credentials replaced."""
        for secret in self:
            text = text.replace(secret, "…")
        return text
