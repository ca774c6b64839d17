"""The command lines, without the program's name, and the states of a cluster in which each is run."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from tests.conformance.states import states


class Case(NamedTuple):
    """One command line in one state."""

    state: str
    line: str

    def __str__(self) -> str:
        return f"{self.state}: {self.line}"


# In the ordinary state: every flag, alone and combined, and every kind of usage error.
LINES = """
top node
top nodes
top no
top pod
top pods
top po
top node node-a
top node node-c --no-headers
top node nosuch
top node node-a node-b
top node node-a node-b -l pool=big
top node node-a -l pool=big
top node -l pool=big
top node -l pool==big
top node --selector=pool!=big
top node -l 'pool in (big,small)'
top node -l 'pool notin (big)'
top node -l 'zone'
top node -l '!zone'
top node -l 'zone=a,pool=big'
top node -l pool=none
top node -l ''
top node -l a=b,,
top node -l =
top node -l 'a in b'
top node -l 'a in (b'
top node -l 'a b'
top node -l '!'
top node -l 'pool=(big)'
top node -l 'a/b/c=d'
top node -l 'pool=-big'
top node -l 'pool>1'
top node -l 'pool>x'
top node --sort-by=cpu
top node --sort-by=memory
top node --sort-by memory --no-headers
top node --sort-by=CPU
top node --sort-by=bad
top node --sort-by=
top node --sort-by=bad -l a=b,,
top node --sort-by=bad node-a -l pool=big
top node --sort-by=bad node-a node-b
top node node-a -l a=b,,
top node --show-capacity
top node --show-capacity --sort-by=cpu
top node node-a --show-capacity
top node --show-capacity=false
top node --show-capacity=true --no-headers=true
top node --no-headers
top node --no-headers=false
top node --no-headers=maybe
top node --use-protocol-buffers=false
top node --use-protocol-buffers=true
top node --use-protocol-buffers
top node --show-swap
top node --show-swap --show-capacity
top node --show-swap --no-headers
top node -n team
top node -A
top node --sum
top node --containers
top node --field-selector spec.nodeName=x
top node --nonsense
top node --nonsense=1
top node -z
top node -nteam
top node --request-timeout=5
top node --request-timeout=5s
top node --request-timeout=1m30s
top node --request-timeout=0
top node --request-timeout 0s
top node --request-timeout=
top node --request-timeout=bad
top node --request-timeout=-1s
top node --request-timeout
top node -l
top node --context team
top node --context=nope
top node --context ''
top node --cluster nope
top node --user nope
top node --server=http://127.0.0.1:1
top node -s http://127.0.0.1:1
top node --server=127.0.0.1:1
top node --server=http://127.0.0.1:1 --request-timeout=2s
top node --kubeconfig nosuch
top node --as someone
top node --as someone --as-group one --as-group two
top node --as someone --as-uid 7
top node --as-group one
top node --token secret
top node --insecure-skip-tls-verify
top node --disable-compression
top node --tls-server-name example
top node --
top node -- node-a
top node -- -z
-n team top pod
--context team top pod
top --context team pod
top -n team pod
--sort-by=cpu top pod
top pod alpha
top pod alpha --containers
top pod alpha --no-headers
top pod nosuch
top pod alpha -n team
top pod alpha beta
top pod alpha -A
top pod alpha -l app=alpha
top pod alpha --field-selector metadata.name=alpha
top pod alpha --sum
top pod alpha --containers --sum
top pod -l app=alpha
top pod -l app=alpha --containers --sort-by memory
top pod -l 'app in (alpha,beta),tier'
top pod -l tier!=web
top pod -l '!tier,app'
top pod -l tier=web -A
top pod -l app=none
top pod -l app=none -A
top pod -l app=none -n team
top pod -l a=b,,
top pod -l '('
top pod -l app=alpha -l app=beta
top pod --field-selector metadata.name=alpha
top pod --field-selector metadata.name!=alpha
top pod --field-selector=metadata.namespace=default -A
top pod --field-selector spec.nodeName=node-a
top pod --field-selector spec.nodeName=node-a -A
top pod --field-selector spec.nodeName=node-a -l app=alpha
top pod --field-selector status.phase=Pending --containers
top pod --field-selector spec.nodeName=none
top pod --field-selector spec.nosuch=x
top pod --field-selector nonsense
top pod --field-selector ''
top pod -A
top pod --all-namespaces
top pod -A -n team
top pod -n team
top pod --namespace=team
top pod --namespace kube-system
top pod -n nosuch
top pod -n ''
top pod --context team
top pod --context team -n default
top pod --containers
top pod --containers --no-headers
top pod --containers -A
top pod --containers=false
top pod -A --containers --no-headers
top pod --sort-by=cpu
top pod --sort-by=memory
top pod --sort-by=cpu -A
top pod --sort-by=memory -A
top pod --sort-by=cpu --containers
top pod --sort-by=memory --containers -A
top pod --sort-by=name
top pod --sort-by=cpu,memory
top pod --sort-by
top pod --no-headers
top pod --sum
top pod --sum -A
top pod --sum --containers
top pod --sum --containers -A
top pod --sum --no-headers
top pod --sum --no-headers -A
top pod --sum --no-headers --containers
top pod --sum --no-headers --containers -A
top pod --sum --sort-by=memory
top pod --sum -l app=none
top pod --sum -l app=alpha -A --containers
top pod --sum=false
top pod --show-capacity
top pod --show-swap
top pod --show-swap -A
top pod --show-swap --sum
top pod --show-swap --containers
top pod --show-swap --containers --sum -A
top pod --show-swap --sum --no-headers
top pod --use-protocol-buffers=false
top pod -A --no-headers --sort-by cpu --sum --containers --use-protocol-buffers=false
top pod -Al tier=web
top pod -A=false
top pod -nteam --sum
top pod -n=team
top pod --all-namespaces=true
top
top foo
top node pod
nonsense
top pod --no-header
top pod --sort-by=cpu --sort-by=memory
top node -l pool -l zone
top pod --namespace team -A
top pod -lapp=alpha
top pod -l=app=alpha
top pod -Al=app
top pod --containers alpha
top pod ''
top node ''
top node 'node a'
top pod a/b
top pod ../x
top pod ..
top pod -n a/b
top pod -n ..
top node %2e
top node 'a?b#c'
top pod --field-selector 'metadata.name=alpha,'
top pod --field-selector '='
top pod --field-selector 'metadata.name==alpha'
top node --request-timeout=1.5s
top node --request-timeout=5ms5
top node --request-timeout=99999999999
top node --server ftp://127.0.0.1:1
top node --kubeconfig ''
top node --no-headers false
top node --no-headers=T
top node --no-headers=yes
top node --show-capacity --show-capacity=false
top pod -A=x
top pod --all-namespaces=x
top pod -An team
top pod -l
top pod -Az
top pod -
top node ---
top node --=x
top pod -l 'app notin ()'
top pod -l 'app in (,alpha)'
top pod -l ' app = alpha '
top pod -l 'app=!alpha'
top pod -l 'a=é'
top pod -l 'app>5,app<7'
top pod -l 'X/app=alpha'
top pod alpha -l ''
--nonsense
-n
top --nonsense
top -z
top --context
top foo bar
top NODES
top node --sort
top pod worker -n team --containers --sum --no-headers
top pod -A -l tier=web --sort-by=memory --sum
"""

# In every state with odd data.
DATA_LINES = """
top node
top node --no-headers
top node --show-capacity
top node --sort-by=cpu
top node --sort-by=memory
top node --show-swap
top pod
top pod -A
top pod --containers
top pod --sum
top pod --sort-by=cpu
top pod --sort-by=memory -A
top pod --sort-by=cpu --containers
top pod --show-swap
"""
DATA = (
    "without-metrics",
    "without-node",
    "zero-allocatable",
    "ties",
    "unicode",
    "swap",
    "empty",
    "suffixes",
    "overflowing",
    "missing-usage",
    "bad-quantity",
)

# In every state with a fault.
FAULT_LINES = """
top node
top node node-a
top pod
top pod -A
top pod alpha
"""
FAULTS = (
    "metrics-v1",
    "api-missing",
    "api-missing-plain",
    "api-stale",
    "api-down",
    "api-just-down",
    "unauthorized",
    "unauthorized-text",
    "forbidden-node-metrics",
    "forbidden-nodes",
    "forbidden-pods",
    "namespace-only",
    "forbidden-core",
    "forbidden-text",
    "expired",
    "busy",
    "error",
    "error-text",
    "error-without-reason",
    "unavailable",
    "gateway",
    "server-timeout",
    "login-page",
    "garbage",
)

# Cases that only make sense in one state.
MORE = {
    "plain-discovery": ("top node", "top node node-a", "top pod", "top pod -A --containers"),
    "namespace-only": ("top pod -n team", "top pod worker -n team", "top pod --context team"),
    "metrics-v1": ("top node -l pool=big", "top pod -n team"),
    "several-without-metrics": ("top node", "top node --sort-by=cpu", "top node --no-headers"),
    "many-ties": ("top pod", "top pod --sort-by=cpu", "top pod --sort-by=memory --no-headers"),
    "without-metrics": ("top node node-a", "top node -l pool=big", "top node --show-swap --show-capacity"),
    "without-node": ("top node node-a", "top node -l pool=big", "top node --show-swap --show-capacity"),
    "swap": (
        "top node --show-swap --show-capacity",
        "top node swap-a --show-swap",
        "top node --show-swap --sort-by=memory",
        "top pod --show-swap --sum",
        "top pod --show-swap --containers",
        "top pod --show-swap --containers --sum",
        "top pod --show-swap -A --sum --no-headers",
        "top pod swapped --show-swap",
    ),
    "unicode": ("top node 节点", "top pod приложение", "top pod --containers --sum -A"),
    "suffixes": ("top pod --containers --sum", "top node q02-03"),
    "empty": ("top node node-a", "top node -l pool=none", "top pod -n team", "top pod --sum -A"),
    "young": ("top pod", "top pod -A", "top pod -n team", "top pod pod-0", "top pod -l app=none", "top pod --sum"),
    "old": (
        "top pod",
        "top pod -A",
        "top pod --containers",
        "top pod --field-selector metadata.name=pod-0",
        "top pod --field-selector metadata.name=pod-1",
    ),
    "other-namespace": ("top pod", "top pod -A", "top pod -n team"),
    "forbidden-core": ("top pod --field-selector metadata.name=alpha",),
    "expired-page": ("top pod", "top pod -A", "top node"),
    "busy-for-a-moment": ("top pod",),
    "slow": (
        "top node",
        "top node --request-timeout=100ms",
        "top node --request-timeout=5s",
        "top node --request-timeout=0",
    ),
}


@cache
def cases() -> tuple[Case, ...]:
    """Return every case, once."""
    listed = [("ordinary", line) for line in LINES.split("\n") if line]
    listed += [(state, line) for state in DATA for line in DATA_LINES.split("\n") if line]
    listed += [(state, line) for state in FAULTS for line in FAULT_LINES.split("\n") if line]
    listed += [(state, line) for state, lines in MORE.items() for line in lines]
    unknown = {state for state, _ in listed} ^ set(states())
    if unknown:
        raise ValueError(f"states without cases, or the other way round: {sorted(unknown)}")
    return tuple(Case(state, line) for state, line in dict.fromkeys(listed))
