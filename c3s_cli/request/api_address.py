"""The address of a Prometheus API → its URL, and the parameters that go with every query."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import parse_qsl

from c3s_cli.errors import ConfigError

# What Thanos and VictoriaMetrics take with each query. Anything else in an address may be a secret.
PARAMETERS: Final = (
    *("dedup", "partial_response", "max_source_resolution"),
    *("extra_label", "extra_filters[]", "nocache"),
)
Parameters = tuple[tuple[str, str], ...]


def split_address(text: str) -> tuple[str, Parameters]:
    """Return the URL without its query, and the parameters of the query.

    ConfigError for other parameters and for credentials; its message quotes neither.
    """
    url, has_query, query = text.partition("?")
    if "@" in re.split("[/#]", url.split("://", 1)[-1], maxsplit=1)[0]:
        raise ConfigError(
            "the server's address has a user name or a password in it",
            hint="pass them with --prometheus-user and --prometheus-password-file",
        )
    parameters = tuple(parse_qsl(query, keep_blank_values=True))
    known = bool(parameters) and all(name in PARAMETERS for name, _ in parameters)
    if "#" in text or (has_query and not known):
        raise ConfigError(
            "the server's address has a query or a fragment in it",
            hint=f"it may have these parameters only: {', '.join(PARAMETERS)}",
        )
    return url, parameters
