"""The help of c3s itself and of its groups of commands."""

from __future__ import annotations

from typing import Final

# By command path: () is c3s itself.
TEXTS: Final[dict[tuple[str, ...], str]] = {
    (): """kubectl top for scripts: usage, requests and limits as tables, JSON, CSV.

    Every command has its own help: c3s help top pods. To try c3s without a cluster, add --demo.

    Examples:
      # What kubectl top nodes shows
      c3s top nodes
      # The five pods with the most memory, in all namespaces
      c3s top pods -A --sort-by memory --limit 5
      # Exit code 3 if a node is too full
      c3s top nodes --fail-if 'memory% > 90' --fail-if-unknown
    """,
    ("top",): """Display resource (CPU/memory) usage of nodes, pods or the cluster, once.

    Examples:
      # Requests beside usage, per team
      c3s top pods -A --by namespace -o wide
      # For jq
      c3s top nodes -o json
    """,
    ("watch",): """Refresh resource usage at an interval (default: nodes).

    Examples:
      # Every five seconds until Ctrl-C
      c3s watch nodes --interval 5s
      # Wait until all workloads use less than 80% of their CPU requests, ten minutes at most
      c3s watch pods -n team-checkout --by owner --until-all 'cpu% < 80' --timeout 10m
      # Five lines of JSON, one a second
      c3s watch cluster --interval 1s --count 5 -o json
    """,
}
SUMMARIES: Final = {
    ("help",): "Show the help of a command: c3s help top pods.",
    ("man",): "Print a manual page: c3s man top pods | man -l -",
    ("version",): "Show the version.",
}
