"""The flags that choose where usage and prices come from, and the credentials for Prometheus.

No `from __future__ import annotations` here: Typer reads the annotations when the program runs.
"""

from typing import Annotated

from msgspec import Struct

from c3s_cli.flags.flag import SHOW, SOURCE, Many, Text, flag


class Source(Struct, frozen=True):
    """Where usage and facts come from."""

    source: Annotated[
        Text,
        flag(
            "--from",
            metavar="SOURCE",
            help="Where usage comes from: metrics (the metrics API, the default), kubelet, prometheus (found in the "
            "cluster, or prometheus:NAMESPACE/SERVICE:PORT), the URL of a Prometheus API, or a recording, such as "
            "load.c3s. Default: $C3S_FROM.",
            section=SOURCE,
        ),
    ] = None
    facts: Annotated[
        str,
        flag(
            "--facts",
            metavar="WHERE",
            help="Where requests, owners and nodes come from: api (the API server, the default) or source (the "
            "Prometheus, which scrapes kube-state-metrics; with --from URL no API server is needed).",
            section=SOURCE,
        ),
    ] = "api"
    prometheus_match: Annotated[
        Text,
        flag(
            "--prometheus-match",
            metavar="MATCHERS",
            help="Matchers added to every selector, such as 'cluster=\"eu\"'; {context} stands for the context's name.",
            section=SOURCE,
        ),
    ] = None
    prometheus_header: Annotated[
        Many,
        flag(
            "--prometheus-header",
            metavar="HEADER",
            help="A header for the Prometheus API, such as 'X-Scope-OrgID: a'; may be repeated.",
            section=SOURCE,
        ),
    ] = None
    prometheus_token_file: Annotated[
        Text,
        flag("--prometheus-token-file", metavar="FILE", help="A bearer token for the Prometheus API.", section=SOURCE),
    ] = None
    prometheus_token_command: Annotated[
        Text,
        flag(
            "--prometheus-token-command",
            metavar="COMMAND",
            help="A command that prints a bearer token for the Prometheus API, such as 'oc whoami -t'.",
            section=SOURCE,
        ),
    ] = None
    prometheus_user: Annotated[
        Text,
        flag(
            "--prometheus-user",
            metavar="NAME",
            help="The user name for the Prometheus API (basic auth).",
            section=SOURCE,
        ),
    ] = None
    prometheus_password_file: Annotated[
        Text,
        flag("--prometheus-password-file", metavar="FILE", help="The password for the Prometheus API.", section=SOURCE),
    ] = None
    prometheus_ca: Annotated[
        Text,
        flag(
            "--prometheus-ca",
            metavar="FILE",
            help="A cert file for the certificate authority of the Prometheus API.",
            section=SOURCE,
        ),
    ] = None
    prometheus_cert: Annotated[
        Text,
        flag(
            "--prometheus-cert",
            metavar="FILE",
            help="A client certificate for the Prometheus API.",
            section=SOURCE,
        ),
    ] = None
    prometheus_key: Annotated[
        Text,
        flag("--prometheus-key", metavar="FILE", help="A client key for the Prometheus API.", section=SOURCE),
    ] = None


class Costs(Struct, frozen=True):
    """What nodes cost."""

    prices: Annotated[
        Text,
        flag(
            "--prices",
            metavar="FILE",
            help="What nodes cost, in a YAML file: adds cost.requests, cost.usage and cost.waste. See docs/cost.md.",
            section=SHOW,
        ),
    ] = None
