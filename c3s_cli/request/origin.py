"""--from, $C3S_FROM and the --prometheus flags → Origin: the source of the usage."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Final

from c3s_cli.errors import UsageError
from c3s_cli.request.target import Origin

if TYPE_CHECKING:
    from c3s_cli.flags import options

KINDS: Final = ("metrics", "kubelet", "prometheus")
SERVICE: Final = re.compile(r"prometheus:([a-z0-9][a-z0-9.-]*/(?:https?:)?[a-z0-9][a-z0-9.-]*(?::[a-z0-9-]+)?)")
# Flags for Prometheus only: the field of the flag, and that of the Origin.
OF_PROMETHEUS: Final = {
    "prometheus_match": "match",
    "prometheus_token_file": "token_file",
    "prometheus_user": "user",
    "prometheus_password_file": "password_file",
    "prometheus_ca": "certificate_authority",
    "prometheus_cert": "client_certificate",
    "prometheus_key": "client_key",
}


def origin_of(flags: options.Connection) -> Origin:
    """Return the source of the usage. UsageError for an unknown source, or for flags that it does not support."""
    source = flags.source or os.environ.get("C3S_FROM") or "metrics"
    given = {field: value for name, field in OF_PROMETHEUS.items() if (value := getattr(flags, name))}
    headers = tuple(flags.prometheus_header or ())
    service = SERVICE.fullmatch(source)
    facts = _facts(flags.facts, knows="://" in source or source.startswith("prometheus"))
    if "://" in source:
        _check_identity(flags)
        return Origin("prometheus", url=source, headers=headers, facts=facts, **given)
    if source not in KINDS and service is None:
        where = "--from" if flags.source else "$C3S_FROM"
        # A URL without its scheme may contain a password.
        quoted = f" {source!r}" if "@" not in source else ""
        raise UsageError(
            f"unknown source{quoted} in {where}",
            hint=f"one of: {', '.join(KINDS)}, prometheus:NAMESPACE/SERVICE:PORT, or the URL of a Prometheus",
        )
    names = [name for name in OF_PROMETHEUS if getattr(flags, name)] + ["prometheus_header"] * bool(headers)
    kind = source.partition(":")[0]
    for name in names:
        if kind != "prometheus" or name != "prometheus_match":
            wanted = "prometheus or --from URL" if name == "prometheus_match" else "URL"
            raise UsageError(f"--{name.replace('_', '-')} goes with --from {wanted}")
    return Origin(kind, service=service[1] if service else "", facts=facts, **given)


def _check_identity(flags: options.Connection) -> None:
    """Raise UsageError if flags set credentials that would not be used, or two kinds of them."""
    if flags.prometheus_password_file and not flags.prometheus_user:
        raise UsageError("--prometheus-password-file goes with --prometheus-user")
    if flags.prometheus_token_file and flags.prometheus_user:
        raise UsageError("only one of --prometheus-token-file or --prometheus-user can be provided")
    names = [header.partition(":")[0].strip().lower() for header in flags.prometheus_header or ()]
    if "authorization" in names and (flags.prometheus_token_file or flags.prometheus_user):
        raise UsageError(
            "--prometheus-header 'Authorization: …' does not go with --prometheus-token-file or --prometheus-user"
        )


def _facts(text: str, *, knows: bool) -> bool:
    """Return whether facts come from the source of the usage, too. knows: whether that source has facts."""
    if text not in ("api", "source"):
        raise UsageError(f"unknown value {text!r} of --facts", hint="one of: api, source")
    if text == "source" and not knows:
        raise UsageError("--facts source goes with --from prometheus or --from URL")
    return text == "source"
