"""Every flag, declared once. A group of flags is a frozen Struct, and a command takes whole groups.

Where kubectl has the flag, its names and wording are kubectl's. To add a flag, add it to its group; groups.py builds
the flat signature that Typer expects. No `from __future__ import annotations` here: Typer reads the annotations when
the program runs.
"""

from typing import Annotated

import typer
from msgspec import Struct

from c3s_cli.flags.flag import CONDITIONS, OUTPUT, ROWS, SHOW, Many, Text
from c3s_cli.flags.flag import flag as _flag
from c3s_cli.flags.source_options import Source

NodeName = Annotated[Many, typer.Argument(metavar="[NAME]", help="Show only this node.", show_default=False)]
PodName = Annotated[Many, typer.Argument(metavar="[NAME]", help="Show only this pod.", show_default=False)]


class Connection(Source, frozen=True):
    """Which source and cluster to read, and as whom: the source flags, then kubectl's global flags."""

    namespace: Annotated[
        Text,
        _flag(
            "-n",
            "--namespace",
            metavar="NAME",
            help="The namespace scope of this request; for pods and volumes also a list (a,b) or a pattern ('team-*').",
        ),
    ] = None
    context: Annotated[
        Many,
        _flag(
            "--context",
            metavar="NAME",
            help="The name of the kubeconfig context to use. Lists (a,b), patterns ('prod-*') and repeated flags read "
            "several clusters.",
        ),
    ] = None
    all_contexts: Annotated[bool, _flag("--all-contexts", help="Read the clusters of all kubeconfig contexts.")] = False
    parallel: Annotated[
        int | None,
        _flag("--parallel", metavar="N", help="Read at most N clusters at the same time. Default: 16."),
    ] = None
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
            help="Time limit for reading, over all requests, such as 1s, 2m, 3h; 0 for no limit. "
            "Default: 10s without data, 5m in total.",
        ),
    ] = None
    demo: Annotated[bool, _flag("--demo", help="Read a built-in simulated cluster instead of a real one.")] = False
    demo_at: Annotated[
        Text,
        _flag("--demo-at", metavar="TIME", help="Freeze the demo at this time (RFC 3339); implies --demo."),
    ] = None
    resources: Annotated[
        Text, _flag("--resources", metavar="FILE", help="With --demo: requests and limits, from -o resources.")
    ] = None
    verbosity: Annotated[
        int,
        _flag("-v", "--v", metavar="LEVEL", help="Log requests and timings to stderr; from 8 on, PromQL too."),
    ] = 0


class Display(Struct, frozen=True):
    """How to show the rows: the format and the columns."""

    output: Annotated[
        str,
        _flag(
            "-o",
            "--output",
            metavar="FORMAT",
            help="One of: table, wide, json, yaml, csv, tsv, value, name, markdown, grid, prometheus, openmetrics, "
            "custom-columns=SPEC, jsonpath=TEMPLATE{changes}.",
            section=OUTPUT,
        ),
    ] = "table"
    columns: Annotated[
        Text,
        _flag(
            "--columns",
            metavar="LIST",
            help="The columns to show, in JSON too: names, or the sets default, wide, all. `c3s columns` lists them.",
            section=SHOW,
        ),
    ] = None
    no_headers: Annotated[bool, _flag("--no-headers", help="Print output without headers.", section=OUTPUT)] = False
    quiet: Annotated[
        bool, _flag("-q", "--quiet", help="Print no rows: stderr and the exit code say enough.", section=OUTPUT)
    ] = False
    units: Annotated[
        bool,
        _flag(
            "--units",
            help="With -o csv or tsv: put units into the headings, as in `cpu.usage (millicores)`.",
            section=OUTPUT,
        ),
    ] = False
    unit: Annotated[
        Text,
        _flag(
            "--unit",
            metavar="LIST",
            help="With -o csv, tsv, value or custom-columns: the unit of CPU (cores, millicores or nanocores) and of "
            "memory (GiB, MiB or bytes), such as cores,MiB.",
            section=OUTPUT,
        ),
    ] = None
    no_timestamps: Annotated[
        bool, _flag("--no-timestamps", help="With -o openmetrics: leave out the timestamps.", section=OUTPUT)
    ] = False
    timestamps: Annotated[
        bool, _flag("--timestamps", help="With -o prometheus: add the timestamps, in milliseconds.", section=OUTPUT)
    ] = False
    color: Annotated[
        str,
        _flag(
            "--color",
            metavar="WHEN",
            help="Colour percentages above the thresholds: auto, always or never.",
            section=OUTPUT,
        ),
    ] = "auto"
    warn: Annotated[
        float,
        _flag("--warn", metavar="PERCENT", help="Percentage from which cells are yellow. Default: 70.", section=OUTPUT),
    ] = 70.0
    critical: Annotated[
        float,
        _flag(
            "--critical", metavar="PERCENT", help="Percentage from which cells are red. Default: 90.", section=OUTPUT
        ),
    ] = 90.0


class Selection(Struct, frozen=True):
    """Which rows to show, and how to sort, group and check them."""

    selector: Annotated[
        Text,
        _flag(
            "-l",
            "--selector",
            metavar="QUERY",
            help="Selector (label query) to filter on, supports '=', '==', '!=', 'in', 'notin'.",
            section=ROWS,
        ),
    ] = None
    where: Annotated[
        Many,
        _flag(
            "--where",
            metavar="EXPR",
            help="Only rows that match every comparison, such as 'memory% > 80, name ~ ^web-'. Repeat the flag for OR.",
            section=ROWS,
        ),
    ] = None
    having: Annotated[
        Many,
        _flag(
            "--having",
            metavar="EXPR",
            help="With --by: only groups whose sums match, such as 'cpu > 5, pods.count > 2'.",
            section=ROWS,
        ),
    ] = None
    by: Annotated[
        Text,
        _flag(
            "--by",
            metavar="KEYS",
            help="One row per group: {keys}, label:KEY; separate several keys with commas.",
            section=SHOW,
        ),
    ] = None
    sum: Annotated[bool, _flag("--sum", help="Print the sum of the resource usage.", section=SHOW)] = False
    sort_by: Annotated[
        Text,
        _flag(
            "--sort-by",
            metavar="KEYS",
            help="cpu or memory (as kubectl sorts), or columns, such as 'cpu%:desc,name'.",
            section=SHOW,
        ),
    ] = None
    limit: Annotated[
        int | None, _flag("--limit", metavar="N", help="Show only the first N rows of the sorted list.", section=ROWS)
    ] = None
    fail_if: Annotated[
        Many,
        _flag(
            "--fail-if",
            metavar="EXPR",
            help="Print as usual, then exit with code 3 if any row matches; see --fail-if-unknown. Repeat the flag for "
            "OR.",
            section=CONDITIONS,
        ),
    ] = None
    fail_if_unknown: Annotated[
        bool,
        _flag(
            "--fail-if-unknown",
            help="Also exit with code 3 if a row cannot be judged because metrics are missing, and with 5 if there is "
            "nothing to judge.",
            section=CONDITIONS,
        ),
    ] = False
    explain: Annotated[
        bool, _flag("--explain", help="Show how the requests and limits of NAME add up, term by term.", section=SHOW)
    ] = False
    show_swap: Annotated[bool, _flag("--show-swap", help="Show swap memory usage too.", section=SHOW)] = False
    use_protocol_buffers: Annotated[
        bool, _flag("--use-protocol-buffers", help="Accepted for compatibility with kubectl; c3s reads JSON.")
    ] = True


class Nodes(Struct, frozen=True):
    """Flags for nodes only."""

    show_capacity: Annotated[
        bool,
        _flag("--show-capacity", help="Show percentages of capacity instead of allocatable.", section=SHOW),
    ] = False


class Pods(Struct, frozen=True):
    """Flags for pods only."""

    all_namespaces: Annotated[
        bool, _flag("-A", "--all-namespaces", help="List the pods of all namespaces; -n is ignored.", section=ROWS)
    ] = False
    field_selector: Annotated[
        Text,
        _flag(
            "--field-selector",
            metavar="QUERY",
            help="Selector (field query) to filter on, supports '=', '==', and '!='.",
            section=ROWS,
        ),
    ] = None
    workload: Annotated[
        Text,
        _flag(
            "--workload",
            metavar="KIND[/NAME]",
            help="Only pods of a workload, such as Deployment/web, or of all workloads of a kind.",
            section=ROWS,
        ),
    ] = None
    containers: Annotated[bool, _flag("--containers", help="Print usage of containers within a pod.", section=SHOW)] = (
        False
    )
