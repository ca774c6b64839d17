"""`c3s demo`: serve a simulated cluster to try c3s (and kubectl) on."""

import sys
from functools import partial

from c3s_cli.errors import C3sError, ExitCode, UsageError
from c3s_cli.flags.groups import takes_flags
from c3s_cli.flags.serve_options import Serve
from c3s_cli.request.content import demo_resources
from c3s_cli.signals import on_exit
from c3s_cli.terminal.stderr import write_at_once


@takes_flags
def demo(*, serve: Serve) -> ExitCode:
    """Serve a simulated Kubernetes API on loopback until Ctrl-C.

    Examples:
      # Then, elsewhere: kubectl --server http://127.0.0.1:8001 top nodes
      c3s demo
      # A larger cluster on any free port
      c3s demo --nodes 100 --pods-per-node 30 --port 0
    """
    from c3s_cli.demo.server import start  # no other command needs the server

    if not 0 <= serve.port <= 65535:
        raise UsageError(f"--port must be from 0 to 65535, not {serve.port}")
    if (serve.nodes or 1) < 1 or (serve.pods_per_node or 0) < 0:
        raise UsageError("--nodes must be at least 1, --pods-per-node at least 0")
    resources = demo_resources(serve.resources)
    try:
        server = start(
            port=serve.port,
            nodes=serve.nodes,
            pods_per_node=serve.pods_per_node,
            seed=serve.seed,
            at=serve.at,
            resources=resources,
        )
    except ValueError as problem:
        raise UsageError(str(problem)) from problem
    except OSError as problem:
        raise C3sError(
            f"cannot listen on 127.0.0.1:{serve.port}: {problem.strerror}", hint="--port 0 takes any free port"
        ) from problem
    with server:
        sys.stdout.write(f"Serving a demo cluster on {server.url}: try `c3s top nodes --server {server.url}`\n")
        sys.stdout.flush()
        # A terminal has echoed ^C: put the prompt on the next line.
        with on_exit(partial(write_at_once, 1, "\n")):
            server.wait()
    return ExitCode.OK
