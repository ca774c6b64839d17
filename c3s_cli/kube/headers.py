"""Impersonation headers, headers from flags, and the encoding of header values."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote

from c3s_cli.errors import ConfigError, Unreachable

HEADER: Final = r"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*)"


def impersonation(user: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the impersonation headers, one per group. access.py has checked that a user is set."""
    headers = []
    if user.get("as"):
        headers.append(("Impersonate-User", user["as"]))
    headers += [("Impersonate-Group", group) for group in user.get("as-groups") or ()]
    if user.get("as-uid"):
        headers.append(("Impersonate-Uid", user["as-uid"]))
    for key, values in (user.get("as-user-extra") or {}).items():
        headers += [(f"Impersonate-Extra-{quote(key, safe='')}", value) for value in values or ()]
    return [(name, sendable(name, value)) for name, value in headers]


def header_of(text: str) -> tuple[str, str]:
    """Read `NAME: VALUE`. ConfigError if it is no header."""
    match = re.fullmatch(HEADER, text)
    if match is None:
        # Do not quote the text: it may contain a secret.
        raise ConfigError("write a header as 'NAME: VALUE'", hint="--prometheus-header 'X-Scope-OrgID: team-a'")
    return match[1], sendable(match[1], match[2].strip())


def sendable(name: str, value: str) -> str:
    """Encode a header's value for http.client so that the bytes are UTF-8, as Go sends them."""
    if any(letter < " " or letter == "\x7f" for letter in value):
        raise Unreachable(f'Unable to connect to the server: net/http: invalid header field value for "{name}"')
    return value.encode("utf-8", "surrogateescape").decode("latin-1")
