"""Where c3s answers otherwise than kubectl, and why: data for the comparison and for docs/kubectl.md."""

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
    """One difference. where: patterns of the cases that show it. since, until: the first and last kubectl that does.

    order: only the order of lines differs, and not always; what is in them is the same.
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
        """Whether this is what to expect of a case, asked of that kubectl."""
        return self.since <= version <= self.until and case in self.cases()

    def cases(self) -> frozenset[Case]:
        """Return the cases that show it."""
        return _matching(self.where)


@cache
def _matching(patterns: tuple[str, ...]) -> frozenset[Case]:
    return frozenset(case for case in cases() if any(re.fullmatch(pattern, str(case)) for pattern in patterns))


def expected(case: Case, version: Version) -> Difference | None:
    """Return the difference to expect; None where both must agree."""
    return next((each for each in DIFFERENCES if each.covers(case, version)), None)


DIFFERENCES: Final = (
    Difference(
        "ties",
        "rows that are equal in what `--sort-by` compares come in an order that depends on the algorithm",
        "they come by namespace, then by name; containers by name",
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
        "unmeasured-nodes",
        "nodes without metrics come last, in random order",
        "they come last, by name",
        "as for ties",
        (r"several-without-metrics: .*",),
        order=True,
    ),
    Difference(
        "gone-node",
        "metrics of a node that is gone: the percent cells are left out, and the cells behind them move to the left",
        "the percent cells are `<unknown>`",
        "a cell belongs below its heading, or `awk` reads memory as a percentage",
        (r"without-node: top node(?! node-a).*",),
    ),
    Difference(
        "sum-without-headers",
        "`--sum --no-headers` with `-A` or `--containers` prints the sums a column or two too far to the left",
        "sums stand below their columns",
        "a sum below names is no sum",
        (
            r"ordinary: top pod --sum --no-headers (-A|--containers|--containers -A)",
            r"ordinary: top pod -A --no-headers --sort-by cpu --sum --containers .*",
            r"ordinary: top pod worker -n team --containers --sum --no-headers",
        ),
    ),
    Difference(
        "sum-with-swap",
        "`--sum --show-swap` prints the sums a column too far to the right",
        "sums stand below their columns",
        "as above",
        (r"(ordinary|swap): top pod .*--show-swap.*--sum.*",),
        since=(1, 34),
    ),
    Difference(
        "no-swap",
        "pods of which no swap is reported have `0Mi`",
        "`<unknown>`",
        "what was not measured is not zero",
        (r"(?!zero-allocatable|empty|bad-quantity).*: top pod (?!swapped).*--show-swap.*",),
        since=(1, 34),
    ),
    Difference(
        "missing-usage",
        "a resource that is missing from a usage counts as 0",
        "it is `<unknown>`, and its pod counts in no sum of that resource",
        "what was not measured is not zero",
        (r"missing-usage: .*",),
    ),
    Difference(
        "no-show-swap",
        "there is no `--show-swap`",
        "there is",
        "c3s follows the newer kubectl",
        (r".*--show-swap.*",),
        until=(1, 33),
    ),
    Difference(
        "nothing-allocatable",
        "percentages of a node that offers nothing are `-9223372036854775808%`",
        "`0%`",
        "c3s follows the newer kubectl",
        (r"zero-allocatable: top node.*",),
        until=(1, 33),
    ),
    Difference(
        "overflow",
        "quantities of more than 2⁶³ thousandths wrap around: `1E` cores are `0m`, sums become negative",
        "exact integers",
        "a number should be right or not be there",
        (r"overflowing: .*",),
    ),
    Difference(
        "bad-quantity",
        "one quantity that cannot be read fails the whole command",
        "its cell is `<unknown>`, a warning on stderr names the object, and the exit code is 5",
        "one broken node should not hide the others",
        (r"bad-quantity: .*",),
    ),
    Difference(
        "field-selectors",
        "`--field-selector` is sent to the metrics API, which knows only `metadata.name` and `metadata.namespace`",
        "it selects pods as the core API knows them, on any server: `spec.nodeName=X`, `status.phase=Y`",
        "c3s follows the newer kubectl",
        (r"ordinary: top pod .*--field-selector (spec|status)\..*",),
        until=(1, 36),
    ),
    Difference(
        "metrics-v1",
        "only `v1beta1` of the metrics API is read",
        "`v1` is read where it is served instead",
        "c3s follows the newer kubectl",
        (r"metrics-v1: .*",),
        until=(1, 36),
    ),
    Difference(
        "sort-keys",
        "`--sort-by` takes `cpu` and `memory`",
        "these, and any columns with directions; what is no column is said to be unknown",
        "kubectl's message would not be true here",
        (
            r"ordinary: top node --sort-by=(CPU|bad|bad -l a=b,,|bad node-a -l pool=big)",
            r"ordinary: top pod --sort-by=(name|cpu,memory)",
        ),
    ),
    Difference(
        "sum-of-nodes",
        "`top node` has no `--sum`",
        "it has",
        "one more thing that one can ask for",
        (r"ordinary: top node --sum",),
    ),
    Difference(
        "help",
        "`top` alone prints kubectl's help on stderr",
        "c3s's own help, on stderr, too",
        "it has other commands",
        (r"ordinary: top",),
    ),
    Difference(
        "stale-discovery",
        "a metrics API that is down is `Metrics API not available` on servers with aggregated discovery",
        "`the server is currently unable to handle the request`, as kubectl says on others",
        "c3s asks the metrics API itself, which saves two requests; and down is not the same as not there",
        (r"api-stale: .*",),
    ),
    Difference(
        "unauthorized",
        "`(the server has asked for the client to provide credentials)`, since discovery is asked first",
        "the server's own word, `(Unauthorized)`, as other commands of kubectl say",
        "c3s needs no discovery",
        (r"unauthorized: .*",),
    ),
    Difference(
        "other-namespaces",
        "with `-A` and no metrics at all, only the context's namespace is searched for pods that should have some",
        "all namespaces are",
        "`No resources found` would be wrong",
        (r"other-namespace: top pod -A",),
    ),
    Difference(
        "no-api-server",
        "an answer in HTML is `serializer for text/html doesn't exist`, one that is cut off a JSON parse error",
        "both are said in plain words",
        "a login page or a proxy is the usual cause, and the message should say so",
        (r"(login-page|garbage): .*",),
    ),
    Difference(
        "timeout",
        "a timeout is `context deadline exceeded` or `request canceled`, depending on where it struck",
        "`timeout while waiting for HOST`",
        "it says who did not answer",
        (r"slow: top node --request-timeout=100ms",),
    ),
    Difference(
        "label-key-words",
        "what is wrong with a key like `a/b/c` is explained with `a valid label key`",
        "with `a qualified name`, as older kubectls do",
        "the error is the same; only its explanation was reworded",
        (r"ordinary: top node -l 'a/b/c=d'",),
        since=(1, 35),
    ),
)

# What holds for every command, and is taken out before answers are compared.
EVERYWHERE: Final = (
    ("Wrong usage ends with exit code 1", "2", "a script can tell its own mistake from the cluster's"),
    ("Lines end in blanks", "they do not", "nobody sees them, and diffs do"),
    ("Errors are all there is", "a line `hint: …` may follow", "what to do next"),
    ("`top node`, `top pod`", "`top nodes`, `top pods` in the words of errors", "all of these names work in both"),
)

# What no table of answers shows; each has tests of its own.
BESIDE: Final = (
    (
        "Without `--request-timeout`, waits for ever",
        "gives up after 10 s without a byte and 5 min in all; `--request-timeout=0` waits for ever",
        "a cron job should end",
    ),
    (
        "`--insecure-skip-tls-verify` is silent",
        "every use is said on stderr",
        "it should not become a habit",
    ),
    (
        "Sends tokens over plain http",
        "sends no credentials without TLS, and does not open the files that hold them",
        "anyone on the way could read them",
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
        "Asks for a user and a password on the terminal where a server wants credentials and has none",
        "never reads from the terminal",
        "a script has nobody to ask",
    ),
    (
        "A name that cannot be resolved is said with the address of the DNS server",
        "without",
        "it says nothing about the cluster",
    ),
    (
        "`-v` takes a level and goes up to bodies and headers",
        "`-v` says the requests, their status and their time; never a header",
        "credentials should not get into logs",
    ),
)
