"""Hide credentials in texts: which headers are secret, and how to remove their values."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from c3s_cli.request.target import CREDENTIAL_HEADER

# Shorter words are not secrets and may appear in any text.
SHORTEST: Final = 4
# What hides a token in a line that is otherwise worth reading.
TOKENS: Final = r"(?i)bearer \S+|\beyJ[\w.+/=-]+"
# What a line with a secret looks like: names of secrets with a value, URLs with credentials, PEM, well-known prefixes,
# and long words of letters and digits.
SUSPICIOUS: Final = (
    r"(?i)(?:token|passw(?:or)?d|passphrase|pwd|secret|api[-_]?key|access[-_]?key|private[-_]?key|credentials?|"
    r"session[-_]?key|signature|authorization|cookie|assertion|otp|pin|code)[\w-]*[\"']?\s*[:=]"
    r"|\bbasic\s+[\w+/=-]{4,}|://[^\s/@]+@|[?&][\w-]*=|-----(?:BEGIN|END)|\b(?:ya29\.|gh[a-z]_|github_pat_|glpat-|"
    r"xox[a-z]-|AKIA|ASIA|sk-|s\.|hvs\.|k8s-aws-v1\.|AIza|sha256~)[\w-]{4,}|[\w+/=-]{40,}"
)
# A flag of a secret, and a secret that just follows its name.
FOLLOWS: Final = r"(?i)--?[\w-]*(?:token|passw|secret|key)[\w-]*\s+\S|(?:token|password|secret)\s+(?=\S*\d)\S{6,}"
NOT_SHOWN: Final = "(a line of the plugin that may hold a secret is not shown)"


def without_secrets(text: Iterable[str]) -> list[str]:
    """Return the lines of a plugin, without blank ones and without what may be a secret."""
    lines = []
    in_pem = False
    for line in filter(None, map(str.strip, text)):
        in_pem = in_pem or "-----BEGIN" in line
        shown = re.sub(TOKENS, "…", line)
        lines.append(NOT_SHOWN if in_pem or re.search(SUSPICIOUS, shown) or re.search(FOLLOWS, shown) else shown)
        in_pem = in_pem and "-----END" not in line
    return lines


class Secrets(tuple[str, ...]):
    """The credentials sent to a server. The server may quote them, and its messages are shown."""

    __slots__ = ()

    @classmethod
    def of(cls, headers: Sequence[tuple[str, str]], user: Mapping[str, Any]) -> Secrets:
        """Collect the secret parts of headers, without those that are too short for a secret."""
        values = [value for name, value in headers if re.search(CREDENTIAL_HEADER, name)]
        # The scheme, such as "Bearer", is not secret.
        words = [word for value in values for word in (value, value.rpartition(" ")[2], value.rpartition("=")[2])]
        secrets = [word for word in (*words, str(user.get("password") or "")) if len(word) >= SHORTEST]
        return cls(sorted(set(secrets), key=len, reverse=True))

    def hidden(self, text: str) -> str:
        """Return a text with these credentials replaced."""
        for secret in self:
            text = text.replace(secret, "…")
        return text
