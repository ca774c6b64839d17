"""--from, $C3S_FROM and the --prometheus flags → Origin: the source of the usage."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Final
from urllib.parse import parse_qsl

from c3s_cli.errors import ConfigError, UsageError
from c3s_cli.flags import options
from c3s_cli.flags.translation import TIME
from c3s_cli.request.target import CONTEXT, CREDENTIAL_HEADER, Origin

KINDS: Final = ("metrics", "kubelet", "prometheus")
SERVICE: Final = r"prometheus:([a-z0-9][a-z0-9.-]*/(?:https?:)?[a-z0-9][a-z0-9.-]*(?::[a-z0-9-]+)?)"
# Flags for Prometheus only: the field of the flag, and that of the Origin.
OF_PROMETHEUS: Final = {
    "prometheus_match": "match",
    "prometheus_token_file": "token_file",
    "prometheus_token_command": "token_command",
    "prometheus_user": "user",
    "prometheus_password_file": "password_file",
    "prometheus_ca": "certificate_authority",
    "prometheus_cert": "client_certificate",
    "prometheus_key": "client_key",
}
# The flags that also go with a service of the cluster, whose API server sends its own credentials and no others on.
OF_SERVICES: Final = ("prometheus_match", "prometheus_header")
# What Thanos and VictoriaMetrics take with each query. Anything else in an address may be a secret.
PARAMETERS: Final = (
    *("dedup", "partial_response", "max_source_resolution"),
    *("extra_label", "extra_filters[]", "nocache"),
)
# The longest name of a file, in bytes: of a longer one, nothing can be asked.
LONGEST_NAME: Final = 255
Parameters = tuple[tuple[str, str], ...]
# Credentials, which the API server consumes, and headers that change who asks it.
CREDENTIALS: Final = rf"(?i).*{CREDENTIAL_HEADER}.*|impersonate-.*|x-remote-.*"


def origin_of(flags: options.Connection) -> Origin:
    """Return the source of the usage. UsageError for an unknown source, or for flags that it does not support."""
    source = flags.source or os.environ.get("C3S_FROM") or "metrics"
    settings = {field: value for name, field in OF_PROMETHEUS.items() if (value := getattr(flags, name))}
    headers = tuple(flags.prometheus_header or ())
    service = re.fullmatch(SERVICE, source)
    facts = _facts(flags.facts, knows="://" in source or source.startswith("prometheus"))
    if facts and CONTEXT in (flags.prometheus_match or ""):
        raise UsageError(
            f"{CONTEXT} in --prometheus-match does not go with --facts source",
            hint="it keeps clusters apart by itself; --context NAME chooses one",
        )
    if "://" in source:
        _check_identity(flags)
        url, parameters = _split_address(source)
        return Origin("prometheus", url=url, parameters=parameters, headers=headers, facts=facts, **settings)
    if file := _file(source):
        _refuse_with_file(flags)
        return Origin("recording", file=file)
    if source not in KINDS and service is None:
        where = "--from" if flags.source else "$C3S_FROM"
        # A URL without its scheme may contain a password or a token.
        quoted = f" {source!r}" if not {"@", "?"} & {*source} else ""
        raise UsageError(
            f"unknown source{quoted} in {where}",
            hint=f"--from is a source, and --since or --start a time: --start {source}"
            if re.fullmatch(TIME, source)
            else f"one of: {', '.join(KINDS)}, prometheus:NAMESPACE/SERVICE:PORT, the URL of a Prometheus, "
            "or a recording such as load.c3s",
        )
    names = [name for name in OF_PROMETHEUS if getattr(flags, name)] + ["prometheus_header"] * bool(headers)
    kind = source.partition(":")[0]
    for name in names:
        if kind != "prometheus" or name not in OF_SERVICES:
            wanted = "prometheus or --from URL" if name in OF_SERVICES else "URL"
            raise UsageError(f"--{name.replace('_', '-')} goes with --from {wanted}")
    if any(re.fullmatch(CREDENTIALS, _name_of(header)) for header in headers):
        raise UsageError(
            "--prometheus-header cannot send credentials to a service of the cluster",
            hint="the API server does not pass them on; use --from URL",
        )
    return Origin(kind, service=service[1] if service else "", headers=headers, facts=facts, **settings)


def recording_of(flags: options.Connection) -> Origin:
    """Return the recording of --from, for a command that reads no usage. UsageError for another source."""
    origin = origin_of(flags)
    if not origin.file:
        raise UsageError("c3s fit reads the API server, or a recording: --from FILE")
    return origin


def _file(source: str) -> str:
    """Return the name of a recording: file:NAME, a word with a slash or ending in .c3s, or a file; "" for others."""
    if source.startswith("file:"):
        return source.removeprefix("file:")
    # A URL without its scheme, which may contain a password, is a mistake.
    is_file = source.endswith(".c3s") or ("/" in source and not source.startswith("prometheus"))
    if source not in KINDS and re.fullmatch(SERVICE, source) is None and len(os.fsencode(source)) <= LONGEST_NAME:
        is_file = is_file or Path(source).is_file()
    return source if is_file and not {"@", "?"} & {*source} else ""


def _refuse_with_file(flags: options.Connection) -> None:
    """Raise UsageError for flags that choose a server: a recording is read without one."""
    names = ("server", "cluster", "token", "kubeconfig", "demo", "demo_at", "prometheus_header", *OF_PROMETHEUS)
    for name in names:
        if getattr(flags, name):
            named = f"--{name.replace('_', '-')}"
            raise UsageError(
                f"{named} does not go with --from FILE, which is read without a server",
                hint="leave --demo out" if name == "demo" else None,
            )


def _check_identity(flags: options.Connection) -> None:
    """Raise UsageError if flags set credentials that would not be used, or two kinds of them."""
    if flags.prometheus_password_file and not flags.prometheus_user:
        raise UsageError("--prometheus-password-file goes with --prometheus-user")
    used = [
        flag
        for flag, value in (
            ("--prometheus-token-file", flags.prometheus_token_file),
            ("--prometheus-token-command", flags.prometheus_token_command),
            ("--prometheus-user", flags.prometheus_user),
        )
        if value
    ]
    if len(used) > 1:
        raise UsageError(f"only one of {' or '.join(used)} can be provided")
    if used and any(_name_of(header).lower() == "authorization" for header in flags.prometheus_header or ()):
        raise UsageError(f"--prometheus-header 'Authorization: …' does not go with {used[0]}")


def _name_of(header: str) -> str:
    return header.partition(":")[0].strip()


def _facts(text: str, *, knows: bool) -> bool:
    """Return whether facts come from the source of the usage, too. knows: whether that source has facts."""
    if text not in ("api", "source"):
        raise UsageError(f"unknown value {text!r} of --facts", hint="one of: api, source")
    if text == "source" and not knows:
        raise UsageError("--facts source goes with --from prometheus or --from URL")
    return text == "source"


def _split_address(text: str) -> tuple[str, Parameters]:
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
