"""Every flag, declared once. A group of flags is a frozen Struct, and a command takes whole groups.

Names, letters and wording are kubectl's where kubectl has the flag. Adding a flag is one line in its group;
`takes_flags` makes the flat signature that Typer wants. No `from __future__ import annotations` here: Typer
reads the annotations when the program runs.
"""

from collections.abc import Callable
from functools import cache, wraps
from inspect import Parameter, Signature, signature
from typing import Annotated, Any, get_args, get_type_hints

import typer
from msgspec import Struct

from c3s_cli.errors import ExitCode
from c3s_cli.words.flag import Many, Text
from c3s_cli.words.flag import flag as _flag
from c3s_cli.words.time_options import Time

NodeName = Annotated[Many, typer.Argument(metavar="[NAME]", help="Show only this node.", show_default=False)]
PodName = Annotated[Many, typer.Argument(metavar="[NAME]", help="Show only this pod.", show_default=False)]


class Connection(Struct, frozen=True):
    """Where: which cluster, and as whom. kubectl's global flags."""

    namespace: Annotated[
        Text, _flag("-n", "--namespace", metavar="NAME", help="The namespace scope of this request.")
    ] = None
    context: Annotated[Text, _flag("--context", metavar="NAME", help="The name of the kubeconfig context to use.")] = (
        None
    )
    kubeconfig: Annotated[Text, _flag("--kubeconfig", metavar="FILE", help="The kubeconfig file to use.")] = None
    cluster: Annotated[Text, _flag("--cluster", metavar="NAME", help="The name of the kubeconfig cluster to use.")] = (
        None
    )
    user: Annotated[Text, _flag("--user", metavar="NAME", help="The name of the kubeconfig user to use.")] = None
    server: Annotated[
        Text,
        _flag("-s", "--server", metavar="URL", help="The address and port of the Kubernetes API server."),
    ] = None
    token: Annotated[
        Text,
        _flag(
            "--token",
            metavar="TOKEN",
            help="Bearer token for the API server. Other users of this machine can see it in the process list.",
        ),
    ] = None
    as_user: Annotated[Text, _flag("--as", metavar="USER", help="Username to impersonate.")] = None
    as_group: Annotated[Many, _flag("--as-group", metavar="GROUP", help="Group to impersonate; may be repeated.")] = (
        None
    )
    as_uid: Annotated[Text, _flag("--as-uid", metavar="UID", help="UID to impersonate.")] = None
    certificate_authority: Annotated[
        Text,
        _flag("--certificate-authority", metavar="FILE", help="A cert file for the certificate authority."),
    ] = None
    client_certificate: Annotated[
        Text, _flag("--client-certificate", metavar="FILE", help="A client certificate file for TLS.")
    ] = None
    client_key: Annotated[Text, _flag("--client-key", metavar="FILE", help="A client key file for TLS.")] = None
    insecure_skip_tls_verify: Annotated[
        bool,
        _flag(
            "--insecure-skip-tls-verify",
            help="Do not check the server's certificate. This makes your HTTPS connections insecure.",
        ),
    ] = False
    tls_server_name: Annotated[
        Text,
        _flag("--tls-server-name", metavar="NAME", help="The name to check in the server's certificate."),
    ] = None
    disable_compression: Annotated[
        bool, _flag("--disable-compression", help="Do not ask the server to compress its answers.")
    ] = False
    request_timeout: Annotated[
        Text,
        _flag(
            "--request-timeout",
            metavar="DURATION",
            help="How long to wait for a single request, such as 1s, 2m, 3h; 0 waits for ever. "
            "Default: 10s without data, 5m in total.",
        ),
    ] = None
    source: Annotated[
        Text,
        _flag(
            "--from",
            metavar="SOURCE",
            help="Who tells the usage: metrics (the metrics API, the default), kubelet, prometheus (the one of the "
            "cluster; prometheus:NAMESPACE/SERVICE:PORT names it) or the URL of a Prometheus API. Default: $C3S_FROM.",
        ),
    ] = None
    prometheus_match: Annotated[
        Text,
        _flag(
            "--prometheus-match",
            metavar="MATCHERS",
            help="What to add to every selector, such as 'cluster=\"eu\"'.",
        ),
    ] = None
    prometheus_header: Annotated[
        Many,
        _flag(
            "--prometheus-header",
            metavar="HEADER",
            help="A header for the Prometheus API, such as 'X-Scope-OrgID: a'; may be repeated.",
        ),
    ] = None
    prometheus_token_file: Annotated[
        Text, _flag("--prometheus-token-file", metavar="FILE", help="A bearer token for the Prometheus API.")
    ] = None
    prometheus_user: Annotated[
        Text, _flag("--prometheus-user", metavar="NAME", help="The user name for the Prometheus API (basic auth).")
    ] = None
    prometheus_password_file: Annotated[
        Text, _flag("--prometheus-password-file", metavar="FILE", help="The password for the Prometheus API.")
    ] = None
    prometheus_certificate_authority: Annotated[
        Text,
        _flag(
            "--prometheus-certificate-authority",
            metavar="FILE",
            help="A cert file for the certificate authority of the Prometheus API.",
        ),
    ] = None
    prometheus_client_certificate: Annotated[
        Text,
        _flag("--prometheus-client-certificate", metavar="FILE", help="A client certificate for the Prometheus API."),
    ] = None
    prometheus_client_key: Annotated[
        Text, _flag("--prometheus-client-key", metavar="FILE", help="A client key for the Prometheus API.")
    ] = None
    demo: Annotated[bool, _flag("--demo", help="Read a built-in simulated cluster; needs no cluster.")] = False
    demo_at: Annotated[
        Text,
        _flag("--demo-at", metavar="TIME", help="Freeze the demo at this time (RFC 3339); implies --demo."),
    ] = None
    verbosity: Annotated[
        int,
        _flag("-v", "--v", metavar="LEVEL", help="Log requests and timings to stderr."),
    ] = 0


class Display(Struct, frozen=True):
    """How: the format, and the columns in it."""

    output: Annotated[
        str,
        _flag(
            "-o",
            "--output",
            metavar="FORMAT",
            help="One of: table, wide, json, yaml, csv, tsv, name, markdown, prometheus, custom-columns=SPEC, "
            "jsonpath=TEMPLATE.",
        ),
    ] = "table"
    columns: Annotated[
        Text,
        _flag(
            "--columns",
            metavar="LIST",
            help="The columns to show: names, or the sets default, wide, all. `c3s columns` lists them.",
        ),
    ] = None
    no_headers: Annotated[bool, _flag("--no-headers", help="Print output without headers.")] = False


class Selection(Struct, frozen=True):
    """What: which rows, in which order, grouped and judged how."""

    selector: Annotated[
        Text,
        _flag(
            "-l",
            "--selector",
            metavar="QUERY",
            help="Selector (label query) to filter on, supports '=', '==', '!=', 'in', 'notin'.",
        ),
    ] = None
    where: Annotated[
        Many,
        _flag(
            "--where",
            metavar="EXPR",
            help="Only rows that match every comparison, such as 'memory% > 80, name ~ ^web-'. Repeat the flag for OR.",
        ),
    ] = None
    by: Annotated[
        Text,
        _flag(
            "--by",
            metavar="KEYS",
            help="One row per group: namespace, node, owner, pool, zone, instance-type, label:KEY; "
            "separate several keys with commas.",
        ),
    ] = None
    sum: Annotated[bool, _flag("--sum", help="Print the sum of the resource usage.")] = False
    sort_by: Annotated[
        Text,
        _flag(
            "--sort-by",
            metavar="KEYS",
            help="cpu or memory, as kubectl sorts; or columns, as 'cpu%:desc,name'.",
        ),
    ] = None
    limit: Annotated[
        int | None, _flag("--limit", metavar="N", help="Show only the first N rows of the sorted list.")
    ] = None
    fail_if: Annotated[
        Many,
        _flag(
            "--fail-if",
            metavar="EXPR",
            help="Print as usual, then exit with code 3 if any row matches. Repeat the flag for OR.",
        ),
    ] = None
    explain: Annotated[
        bool, _flag("--explain", help="Show how the requests and limits of NAME add up, term by term.")
    ] = False
    show_swap: Annotated[bool, _flag("--show-swap", help="Show swap memory usage too.")] = False
    use_protocol_buffers: Annotated[
        bool, _flag("--use-protocol-buffers", help="Accepted for compatibility with kubectl; c3s reads JSON.")
    ] = True


class Nodes(Struct, frozen=True):
    """Flags for nodes only."""

    show_capacity: Annotated[
        bool,
        _flag("--show-capacity", help="Percentages of the nodes' capacity instead of their allocatable."),
    ] = False


class Pods(Struct, frozen=True):
    """Flags for pods only."""

    all_namespaces: Annotated[
        bool, _flag("-A", "--all-namespaces", help="List the pods of all namespaces; -n is ignored.")
    ] = False
    field_selector: Annotated[
        Text,
        _flag(
            "--field-selector",
            metavar="QUERY",
            help="Selector (field query) to filter on, supports '=', '==', and '!='.",
        ),
    ] = None
    containers: Annotated[bool, _flag("--containers", help="Print usage of containers within a pod.")] = False


class Repeat(Struct, frozen=True):
    """How often to read, and when to stop."""

    interval: Annotated[
        float, _flag("-i", "--interval", metavar="SECONDS", help="Seconds between two readings. [default: 2]")
    ] = 2.0
    count: Annotated[int | None, _flag("--count", metavar="N", help="Stop after this many readings.")] = None
    until: Annotated[
        Many,
        _flag("--until", metavar="EXPR", help="Exit with code 0 once any row matches. Repeat the flag for OR."),
    ] = None
    timeout: Annotated[
        Text,
        _flag("--timeout", metavar="DURATION", help="With --until: exit with code 4 after this long; 0 checks once."),
    ] = None


class Serve(Struct, frozen=True):
    """What `c3s demo` serves, and on which port."""

    port: Annotated[int, _flag("--port", metavar="PORT", help="The port on loopback; 0 takes any. [default: 8001]")] = (
        8001
    )
    nodes: Annotated[int | None, _flag("--nodes", metavar="N", help="How many nodes.")] = None
    pods_per_node: Annotated[int | None, _flag("--pods-per-node", metavar="M", help="How many pods per node.")] = None
    seed: Annotated[int, _flag("--seed", metavar="S", help="Seed of the generated cluster.")] = 0
    at: Annotated[Text, _flag("--at", metavar="TIME", help="Freeze the demo at this time (RFC 3339).")] = None


def takes_flags(function: Callable[..., ExitCode]) -> Callable[..., ExitCode]:
    """Turn a function that takes groups of flags into one with the flat signature that Typer reads."""
    parameters: list[Parameter] = []
    groups: dict[str, Any] = {}
    for parameter in signature(function).parameters.values():
        group = parameter.annotation
        if not (isinstance(group, type) and issubclass(group, Struct)):
            parameters.append(parameter)
            continue
        groups[parameter.name] = group
        hints = get_type_hints(group, include_extras=True)
        # Every flag has a default: msgspec lists the defaults of the last fields, here of all of them.
        parameters.extend(
            Parameter(flag, Parameter.KEYWORD_ONLY, default=default, annotation=hints[flag])
            for flag, default in zip(group.__struct_fields__, group.__struct_defaults__, strict=True)
        )

    @wraps(function)
    def flat(**values: Any) -> ExitCode:
        given = {
            name: group(**{flag: values.pop(flag) for flag in group.__struct_fields__})
            for name, group in groups.items()
        }
        return function(**values, **given)

    flat.__signature__ = Signature(parameters)  # type: ignore[attr-defined]  # inspect's documented hook
    flat.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return flat


GROUPS = {
    "nodes": (Selection, Nodes, Time, Display, Connection),
    "pods": (Pods, Selection, Time, Display, Connection),
    "cluster": (Selection, Nodes, Time, Display, Connection),
    "volumes": (Pods, Selection, Display, Connection),
    "demo": (Serve,),
}


def flags_of(path: tuple[str, ...]) -> list[str]:
    """Return the long flags of a command, for completion."""
    groups: list[Any] = list(GROUPS.get(path[-1], ())) if path else []
    if path[:1] == ("watch",):
        groups = [Repeat, *(group for group in groups or GROUPS["cluster"] if group is not Time)]
    names = {name for group in groups for flag in _flags(group) for name in flag if name.startswith("--")}
    return sorted({*names, "--help"})


def _flags(group: Any) -> list[tuple[str, ...]]:
    hints = [get_args(hint)[1] for hint in get_type_hints(group, include_extras=True).values()]
    return [(hint.default, *hint.param_decls) for hint in hints]


@cache
def _arity() -> dict[str, bool]:
    """Map every name of every flag to whether it takes a value."""
    arity = {"--help": False, "-h": False, "--version": False}
    for group in (Connection, Display, Selection, Nodes, Pods, Time, Repeat, Serve):
        for hint in get_type_hints(group, include_extras=True).values():
            kind, flag = get_args(hint)
            arity |= dict.fromkeys((flag.default, *flag.param_decls), kind is not bool)
    return arity


def takes_value(name: str) -> bool | None:
    """Return whether the flag of that name takes a value; None if there is no such flag."""
    return _arity().get(name)
