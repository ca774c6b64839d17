"""`c3s demo`: a simulated cluster to try c3s (and kubectl) on."""

import sys
from typing import Annotated

import typer

from c3s_cli.errors import C3sError, ExitCode, UsageError

Port = Annotated[
    int, typer.Option("--port", metavar="PORT", min=0, max=65535, help="The port on loopback; 0 takes any.")
]
Nodes = Annotated[int | None, typer.Option("--nodes", metavar="N", min=1, help="How many nodes.")]
PodsPerNode = Annotated[int | None, typer.Option("--pods-per-node", metavar="M", min=0, help="How many pods a node.")]
Seed = Annotated[int, typer.Option("--seed", metavar="S", help="Another seed, another cluster.")]
At = Annotated[str | None, typer.Option("--at", metavar="TIME", help="Freeze it at this time (RFC 3339).")]


def demo(
    port: Port = 8001, nodes: Nodes = None, pods_per_node: PodsPerNode = None, seed: Seed = 0, at: At = None
) -> ExitCode:
    """Serve a simulated Kubernetes API on loopback until Ctrl-C."""
    from c3s_cli.demo.server import start  # noqa: PLC0415  every other command does without a server

    try:
        server = start(port=port, nodes=nodes, pods_per_node=pods_per_node, seed=seed, at=at)
    except ValueError as problem:
        raise UsageError(str(problem)) from problem
    except OSError as problem:
        raise C3sError(
            f"cannot listen on 127.0.0.1:{port}: {problem.strerror}", hint="--port 0 takes any free port"
        ) from problem
    with server:
        sys.stdout.write(f"Serving a demo cluster on {server.url}: try `c3s top nodes --server {server.url}`\n")
        sys.stdout.flush()
        server.serve_forever()
    return ExitCode.OK
