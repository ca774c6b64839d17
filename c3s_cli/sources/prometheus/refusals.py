"""Errors of Prometheus' HTTP API, and of what is in front of it → what to say, and what to do about it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from c3s_cli.errors import ApiError, C3sError, QueryFailed
from c3s_cli.kube.answers import NO_TENANT

if TYPE_CHECKING:
    from c3s_cli.sources.prometheus.discovery import Candidate

# How servers word that a query takes more memory, series or samples than they allow.
TOO_LARGE: Final = re.compile(
    r"too many|too large|too big|exceed|larger than|limit|-search\.max|max[ _-]?(series|samples|chunks|fetched)",
    re.IGNORECASE,
)
SLOW: Final = re.compile(r"timed? ?out|deadline", re.IGNORECASE)
# How many characters of a server's message are shown: some quote the whole query.
MOST_WORDS: Final = 300
SLOWER: Final = "try a larger --step, such as 1h, or a longer --request-timeout"
CREDENTIALS: Final = "set credentials with --prometheus-token-file, --prometheus-user or --prometheus-header"
TENANT: Final = "name it: --prometheus-header 'X-Scope-OrgID: TENANT'; several are a|b"
NOT_PASSED_ON: Final = (
    "the API server does not pass your credentials on to a service: use --from URL (on OpenShift, that of its route) "
    "with --prometheus-token-file or --prometheus-token-command"
)
TLS: Final = re.compile(r"\bHTTPS (?:server|port)\b")


def query_error(problem: ApiError, service: Candidate | None) -> C3sError:
    """Return the error for a failed query. service: that of the cluster, None for a server at a URL."""
    if problem.status == 401 and NO_TENANT in problem.detail:
        return QueryFailed(f"the server wants a tenant: {NO_TENANT} (401)", hint=TENANT)
    if service is not None and (error := _of_service(problem, service)):
        return error
    if service is None and (error := _of_server(problem)):
        return error
    words = problem.detail if len(problem.detail) < MOST_WORDS else f"… {problem.detail[-MOST_WORDS:]}"
    slow = SLOW.search(problem.detail)
    if problem.status == 429:
        more = "" if problem.reason == "TooManyRequests" else f": {words}"
        return QueryFailed(f"the server limits the rate of queries (429){more}", hint="wait, or ask less often")
    if problem.status in (400, 413, 422, 503, 500) and TOO_LARGE.search(problem.detail) and not slow:
        return QueryFailed(f"the query is too large for the server: {words}", hint=SLOWER, too_large=True)
    if problem.reason in ("timeout", "canceled") or (problem.status in (422, 503, 504) and slow):
        return QueryFailed(f"the query took the server too long: {words}", hint=SLOWER)
    if problem.reason in ("bad_data", "execution", "internal", "422", "400"):
        return QueryFailed(f"the server refused the query: {words}")
    if problem.status == 404:
        return QueryFailed(
            "there is no Prometheus API at this address (404)",
            hint="the address may need a path prefix, such as /prometheus or /select/0/prometheus",
        )
    return problem


def _of_server(problem: ApiError) -> C3sError | None:
    """Return the error of a server at a URL, or of a proxy in front of it; None if it is about the query."""
    if problem.status in (401, 403):
        return QueryFailed(f"the server does not accept the credentials ({problem.status})", hint=CREDENTIALS)
    if 300 <= problem.status < 400:
        return QueryFailed(
            f"the server redirects ({problem.status})", hint="pass --from the address that it redirects to"
        )
    return None


def _of_service(problem: ApiError, service: Candidate) -> C3sError | None:
    """Return the error of the API server about a service, or of what guards the service; None for Prometheus' own."""
    if problem.is_status:
        if problem.status == 404 and problem.detail.endswith(" not found"):
            problem.hint = "--from prometheus:NAMESPACE/SERVICE:PORT needs an existing service: kubectl get services -A"
        elif "no service port" in problem.detail:
            problem.hint = f"see its ports: kubectl -n {service.namespace} get service {service.plain}"
        elif problem.status in (502, 503):
            problem.hint = "check the endpoints of the service: kubectl get endpointslices -A"
        return problem
    if problem.status == 400 and TLS.search(problem.detail):
        secure = f"prometheus:{service.namespace}/https:{service.name.removeprefix('http:')}"
        problem.hint = f"the port of the service speaks TLS: --from {secure}"
        return problem
    if problem.status in (401, 403) or 300 <= problem.status < 400:
        who = f"the service {service.namespace}/{service.plain}, not the API server,"
        return QueryFailed(f"{who} wants other credentials ({problem.status})", hint=NOT_PASSED_ON)
    return None
