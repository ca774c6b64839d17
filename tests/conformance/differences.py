"""Where c3s differs from kubectl, and why: data for the comparison and for docs/kubectl.md."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Final

from tests.conformance.cases import Case, cases

Version = tuple[int, int]
FIRST: Final = (1, 0)
LAST: Final = (1, 999)


@dataclass(frozen=True)
class Difference:
    """One difference. where: patterns of the cases that show it. since, until: the first and last kubectl with it.

    order: only the order of lines may differ, not their content.
    """

    id: str
    kubectl: str
    c3s: str
    reason: str
    where: tuple[str, ...]
    since: Version = FIRST
    until: Version = LAST
    order: bool = False

    def covers(self, case: Case, version: Version) -> bool:
        """Whether a case shows this difference with that version of kubectl."""
        return self.since <= version <= self.until and case in self.cases()

    def cases(self) -> frozenset[Case]:
        """Return the cases that show it."""
        return _matching(self.where)


@cache
def _matching(patterns: tuple[str, ...]) -> frozenset[Case]:
    return frozenset(case for case in cases() if any(re.fullmatch(pattern, str(case)) for pattern in patterns))


def expected(case: Case, version: Version) -> Difference | None:
    """Return the expected difference; None if both must agree."""
    return next((each for each in DIFFERENCES if each.covers(case, version)), None)


DIFFERENCES: Final = (
    Difference(
        "ties",
        "rows with equal `--sort-by` values appear in an order that depends on the sorting algorithm",
        "sorted by namespace, then name; containers by name",
        "two readings of the same cluster should not differ",
        (
            r"ordinary: top pod -l app=alpha --containers --sort-by memory",
            r"ordinary: top pod --sort-by=memory --containers -A",
            r"ties: top pod --sort-by=cpu --containers",
            r"many-ties: top pod --sort-by=.*",
            r"suffixes: top (node|pod) --sort-by=.*",
        ),
        order=True,
    ),
    Difference(
        "other-tools",
        "refuses flags that other tools have, such as `--no-header`",
        "reads them as its own, and says so on stderr",
        "what is meant is clear",
        (r"ordinary: top pod --no-header",),
    ),
    Difference(
        "repeated-flags",
        "of a repeated `-n` or `-l` the last one counts, without a word",
        "the last one counts, and stderr says how to ask for both",
        "an answer to half of a question looks whole",
        (r"ordinary: top pod -l app=alpha -l app=beta", r"ordinary: top node -l pool -l zone"),
    ),
    Difference(
        "unmeasured-nodes",
        "nodes without metrics are listed last, in random order",
        "listed last, sorted by name",
        "as above",
        (r"several-without-metrics: .*",),
        order=True,
    ),
    Difference(
        "gone-node",
        "if a node with metrics no longer exists, its percentage cells are omitted and the cells after them shift left",
        "the percentage cells are `<unknown>`",
        "a shifted cell makes `awk` read memory as a percentage",
        (r"without-node: top node(?! node-a).*",),
    ),
    Difference(
        "sum-without-headers",
        "`--sum --no-headers` with `-A` or `--containers` prints the sums one or two columns too far left",
        "sums stand below their columns",
        "a sum below the names is misleading",
        (
            r"ordinary: top pod --sum --no-headers (-A|--containers|--containers -A)",
            r"ordinary: top pod -A --no-headers --sort-by cpu --sum --containers .*",
            r"ordinary: top pod worker -n team --containers --sum --no-headers",
        ),
    ),
    Difference(
        "sum-with-swap",
        "`--sum --show-swap` prints the sums one column too far right",
        "sums stand below their columns",
        "as above",
        (r"(ordinary|swap): top pod .*--show-swap.*--sum.*",),
        since=(1, 34),
    ),
    Difference(
        "no-swap",
        "pods without reported swap show `0Mi`",
        "`<unknown>`",
        "what was not measured is not zero",
        (r"(?!zero-allocatable|empty|bad-quantity).*: top pod (?!swapped).*--show-swap.*",),
        since=(1, 34),
    ),
    Difference(
        "missing-usage",
        "a resource missing from the reported usage counts as 0",
        "it is `<unknown>`, and its pod is left out of the sums of that resource",
        "what was not measured is not zero",
        (r"missing-usage: .*",),
    ),
    Difference(
        "no-show-swap",
        "no `--show-swap` flag",
        "has it",
        "c3s follows the newer kubectl",
        (r".*--show-swap.*",),
        until=(1, 33),
    ),
    Difference(
        "nothing-allocatable",
        "percentages of a node with nothing allocatable are `-9223372036854775808%`",
        "`0%`",
        "c3s follows the newer kubectl",
        (r"zero-allocatable: top node.*",),
        until=(1, 33),
    ),
    Difference(
        "overflow",
        "quantities above 2⁶³ thousandths overflow: `1E` cores are `0m`, sums become negative",
        "exact integers",
        "a wrong number is worse than none",
        (r"overflowing: .*",),
    ),
    Difference(
        "bad-quantity",
        "one invalid quantity fails the whole command",
        "its cell is `<unknown>`, a warning on stderr names the object, and the exit code is 5",
        "one broken node should not hide the others",
        (r"bad-quantity: .*",),
    ),
    Difference(
        "field-selectors",
        "`--field-selector` is sent to the metrics API, which knows only `metadata.name` and `metadata.namespace`",
        "it selects pods by any field of the core API, on any server: `spec.nodeName=X`, `status.phase=Y`",
        "c3s follows the newer kubectl",
        (r"ordinary: top pod .*--field-selector (spec|status)\..*",),
        until=(1, 36),
    ),
    Difference(
        "metrics-v1",
        "reads only `v1beta1` of the metrics API",
        "reads `v1` if the server has only that",
        "c3s follows the newer kubectl",
        (r"metrics-v1: .*",),
        until=(1, 36),
    ),
    Difference(
        "sort-keys",
        "`--sort-by` takes `cpu` and `memory`",
        "these, and any columns with directions; the error is `unknown column`",
        "kubectl's message would not be true here",
        (
            r"ordinary: top node --sort-by=(CPU|bad|bad -l a=b,,|bad node-a -l pool=big)",
            r"ordinary: top pod --sort-by=(name|cpu,memory)",
        ),
    ),
    Difference(
        "sum-of-nodes",
        "`top node` has no `--sum`",
        "has it",
        "useful, and costs nothing",
        (r"ordinary: top node --sum",),
    ),
    Difference(
        "help",
        "`top` alone prints kubectl's help on stderr",
        "prints its own help on stderr",
        "c3s has other commands",
        (r"ordinary: top",),
    ),
    Difference(
        "stale-discovery",
        "if the metrics API is down, servers with aggregated discovery lead to `Metrics API not available`",
        "`the server is currently unable to handle the request`, as kubectl prints with other servers",
        "c3s requests the metrics API directly, which saves two requests; and down is not the same as missing",
        (r"api-stale: .*",),
    ),
    Difference(
        "unauthorized",
        "`(the server has asked for the client to provide credentials)`, since discovery comes first",
        "the server's own message, `(Unauthorized)`, as in other kubectl commands",
        "c3s needs no discovery",
        (r"unauthorized: .*",),
    ),
    Difference(
        "other-namespaces",
        "with `-A` and no metrics at all, only the context's namespace is checked for pods that should have metrics",
        "all namespaces are checked",
        "`No resources found` would be wrong",
        (r"other-namespace: top pod -A",),
    ),
    Difference(
        "no-api-server",
        "an HTML answer gives `serializer for text/html doesn't exist`, a truncated one a JSON parse error",
        "both are explained in plain words",
        "a login page or a proxy is the usual cause, and the message should say so",
        (r"(login-page|garbage): .*",),
    ),
    Difference(
        "timeout",
        "a timeout is `context deadline exceeded` or `request canceled`, depending on where it occurs",
        "`timeout while waiting for HOST`",
        "it names the server that did not answer",
        (r"slow: top node --request-timeout=100ms",),
    ),
    Difference(
        "label-key-words",
        "the error about a key like `a/b/c` says `a valid label key`",
        "says `a qualified name`, as older versions of kubectl do",
        "same error; only the wording changed",
        (r"ordinary: top node -l 'a/b/c=d'",),
        since=(1, 35),
    ),
)

# Differences of every command, normalized before answers are compared.
EVERYWHERE: Final = (
    ("Usage errors exit with 1", "exit with 2", "a script can tell its own mistake from a failure of the cluster"),
    ("Lines have trailing spaces", "no trailing spaces", "people do not see them, but diffs do"),
    ("Prints the error only", "may add a line `hint: …`", "it says what to do next"),
    ("`top node`, `top pod` in messages", "`top nodes`, `top pods`", "all of these names work in both programs"),
)

# Differences that the compared output does not show; each has its own tests.
BESIDE: Final = (
    (
        "A pod in whose metrics no container is left uses `0m` and `0Mi`",
        "both are `<unknown>`",
        "what was not measured is not zero",
    ),
    (
        "Without `--request-timeout`, waits forever",
        "gives up after 10 s without data, or 5 min in total; `--request-timeout=0` waits forever",
        "a cron job should end",
    ),
    (
        "`--request-timeout` limits each request, so that pages, retries and headers that drip can take longer",
        "limits the reading as a whole, exec plugin included",
        "a limit should hold",
    ),
    (
        "`--insecure-skip-tls-verify` is silent",
        "every use prints a warning on stderr",
        "it should not become a habit",
    ),
    (
        "Sends tokens over plain http",
        "sends no credentials without TLS, and does not open the files that hold them",
        "anyone on the network could read them",
    ),
    (
        "Refreshes OIDC tokens, and writes them into the kubeconfig",
        "uses a valid token, refuses an expired one, and never writes",
        "the official client would not verify the issuer's certificate",
    ),
    (
        "A kubeconfig without a current context means `localhost:8080`",
        "`the kubeconfig names no current context`, and what to do",
        "nothing has listened there for years",
    ),
    (
        "Prompts for a user name and password if the server requires credentials and none are configured",
        "never reads from the terminal",
        "a script cannot answer a prompt",
    ),
    (
        "The error about an unknown host has the address of the DNS server",
        "leaves it out",
        "it says nothing about the cluster",
    ),
    (
        "`-v` takes a level, up to bodies and headers",
        "`-v` logs requests with their status and time, never headers",
        "credentials should not get into logs",
    ),
)
