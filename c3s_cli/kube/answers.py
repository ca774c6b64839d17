"""Read answers of an API server, and describe every error in kubectl's words."""

from __future__ import annotations

import errno
import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import urlsplit

from msgspec import Struct

from c3s_cli.errors import ApiError, BrokenOff, InvalidAnswer, TimedOut, Unreachable
from c3s_cli.kube.deadline import HINT
from c3s_cli.kube.secrets import Secrets

# How many characters of a server's message are shown, and of its reason and content type.
LONGEST: Final = 1000
LONGEST_WORD: Final = 100
# The body of a POST: a JSON document, or the fields of a form.
Document = Mapping[str, Any] | Sequence[tuple[str, str]]


class Question(Struct, frozen=True):
    """One request. document: the body of a POST, None for a GET. headers: those of this request alone."""

    url: str
    path: str
    accept: str
    document: Document | None = None
    headers: Sequence[tuple[str, str]] = ()

    @property
    def method(self) -> str:
        """The HTTP method."""
        return "GET" if self.document is None else "POST"


class Answer(Struct, frozen=True):
    """A whole answer, inflated. date: its Date header."""

    body: bytes | bytearray
    date: datetime | None


def date_of(text: str | None) -> datetime | None:
    """Return the time of a Date header; None if it is missing or not valid."""
    from email.utils import parsedate_to_datetime  # already imported by http.client

    try:
        date = parsedate_to_datetime(text) if text else None
        # "-0000" means a time without a zone, which is UTC here.
        return date and (date.astimezone(UTC) if date.tzinfo else date.replace(tzinfo=UTC))
    except (ValueError, OverflowError):
        return None


# client-go's words for answers without a Status: reason and message by HTTP status.
GENERIC: Final = {
    400: ("BadRequest", "the server rejected our request for an unknown reason"),
    401: ("Unauthorized", "the server has asked for the client to provide credentials"),
    403: ("Forbidden", ""),
    404: ("NotFound", "the server could not find the requested resource"),
    405: ("MethodNotAllowed", "the server does not allow this method on the requested resource"),
    406: ("NotAcceptable", ""),
    409: ("Conflict", "the server reported a conflict"),
    410: ("Expired", "the server could not find the requested resource"),
    429: ("TooManyRequests", "the server has received too many requests and has asked us to try again later"),
    500: ("InternalError", ""),
    503: ("ServiceUnavailable", "the server is currently unable to handle the request"),
    504: (
        "Timeout",
        "the server was unable to return a response in the time allotted, but may still be processing the request",
    ),
}


# Mimir, Cortex and Loki say so to whoever names no tenant.
NO_TENANT: Final = "no org id"
REDIRECTS: Final = (301, 302, 303, 307, 308)


def check(response: Any, body: bytes | bytearray, question: Question, secrets: Secrets) -> None:
    """Raise ApiError or InvalidAnswer if an answer is not what was asked for."""
    if response.status != 200 and not (question.document and response.status == 201):
        raise error_of(response.status, response.headers, bytes(body), question.path, secrets)
    content_type = response.headers.get("Content-Type", "")
    if question.accept.rpartition("/")[2] not in content_type:
        kind = secrets.hidden(content_type).split(";", 1)[0][:LONGEST_WORD] or "something unnamed"
        wanted = "JSON" if question.accept.endswith("json") else question.accept
        raise InvalidAnswer(
            f"the server sent {kind}, not {wanted}", hint="is that an API server, or a login page or proxy?"
        )


def error_of(status: int, headers: Mapping[str, str], body: bytes, path: str, secrets: Secrets) -> ApiError:
    """Turn an answer other than 200 into an ApiError, in kubectl's words and without credentials."""
    retry_after = _pause(headers)
    document = _document(body)
    if document.get("kind") == "Status":
        reason, message = (secrets.hidden(str(document.get(key) or "")) for key in ("reason", "message"))
        reason = _line(reason)[:LONGEST_WORD]
        if status == 401 and not message:
            message = "Unauthorized"
        return ApiError(status, reason, _line(message), retry_after=retry_after, hint=_hint(status, message))
    if document.get("status") == "error":
        reason, words = (_one_line(secrets.hidden(str(document.get(key) or ""))) for key in ("errorType", "error"))
        # A server behind the API server, such as Prometheus. Some quote the whole query before the error.
        short = words if len(words) <= LONGEST else f"{words[: LONGEST // 2]} … {words[-LONGEST // 2 :]}"
        return ApiError(status, reason[:LONGEST_WORD], short, retry_after=retry_after, is_status=False)
    unknown = ("", f"the server responded with the status code {status} but did not return more information")
    reason, words = GENERIC.get(status, GENERIC[500] if status >= 500 else unknown)
    text = _line(secrets.hidden(body[: LONGEST * 4].decode("utf-8", "replace")))
    if status == 403:
        words = text or f'forbidden: "{path}"'
    elif (status == 406 or not words) and text:
        quoted = json.dumps(text, ensure_ascii=False)
        words = (
            text if status == 406 else f"an error on the server ({quoted}) has prevented the request from succeeding"
        )
    elif status == 400 and text:
        words = f"{words}: {text}"
    elif not words:
        words = "an error on the server has prevented the request from succeeding"
    elif status == 401 and NO_TENANT in text:
        words = f"{words}: {NO_TENANT}"
    where = _where(path)
    hint = _redirect(secrets.hidden(headers.get("Location") or "")) if status in REDIRECTS else _hint(status, text)
    return ApiError(status, reason, words + where, retry_after=retry_after, hint=hint, is_status=False)


def _redirect(location: str) -> str | None:
    """Describe the target of a redirect, without parts that may be secret."""
    if not location:
        return None
    try:
        parts = urlsplit(location)
        target = f"{parts.scheme}://{parts.hostname}{f':{parts.port}' if parts.port else ''}" if parts.hostname else ""
    except ValueError:
        return None
    return f"it redirects to {target}{parts.path}, probably a login page; c3s follows no redirect"[:LONGEST]


def _line(text: str) -> str:
    return _one_line(text)[:LONGEST]


def _one_line(text: str) -> str:
    """Join a server's text into one line: its lines must not look like lines of c3s."""
    return "; ".join(filter(None, map(str.strip, text.split("\n"))))


def _document(body: bytes) -> dict[str, Any]:
    """Return the JSON object that a body is, an empty one for anything else."""
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}


def _where(path: str) -> str:
    """Describe the request as client-go does: ` (get nodes.metrics.k8s.io)`."""
    match = re.fullmatch(
        r"/(?:api/v1|apis/(?P<group>[^/]+)/[^/]+)/(?:namespaces/[^/]+/)?(?P<resource>[a-z]+)(?:/(?P<name>[^/]+))?",
        path,
    )
    if match is None:
        return ""
    group = f".{match['group']}" if match["group"] else ""
    name = f" {match['name']}" if match["name"] else ""
    return f" (get {match['resource']}{group}{name})"


def _hint(status: int, message: str) -> str | None:
    if status == 401:
        return "the server does not accept these credentials; log in again, or use another user or context"
    if status == 403:
        right = re.search(r'cannot (\w+) resource "([^"]+)" in API group "([^"]*)"', message)
        if right:
            group = f".{right[3]}" if right[3] else ""
            return f"check with kubectl auth can-i {right[1]} {right[2]}{group}; a Role or ClusterRole grants the right"
    if status == 400 and re.search(r"\bHTTPS (?:server|port)\b", message):
        return "the server speaks TLS: write https://"
    if status == 503:
        return "see why the metrics API is not available: kubectl get apiservice v1beta1.metrics.k8s.io"
    return None


def _pause(headers: Mapping[str, str]) -> float | None:
    """Return the Retry-After of an answer in seconds: it is a number, or a time by the server's clock."""
    text = headers.get("Retry-After") or ""
    if text.isdecimal():
        return float(text) if len(text) < 6 else None
    then, now = date_of(text), date_of(headers.get("Date"))
    return max(0.0, (then - now).total_seconds()) if then and now else None


UNABLE: Final = "Unable to connect to the server: "
BY_PROXY: Final = "the connection goes through a proxy: see proxy-url, HTTPS_PROXY"
NO_NAME: Final = "is the name right, and can the DNS of this machine or the VPN resolve it?"
TOO_LONG: Final = (
    "is the address right, and do the VPN, proxies and firewalls allow the connection? If the server is only slow, set "
    "a longer --request-timeout"
)
CLOSED: Final = "the server, or a proxy in between, closed it: is http:// or https:// right?"
# Go's words for network errors.
NETWORK: Final = {
    errno.EHOSTUNREACH: "connect: no route to host",
    errno.ENETUNREACH: "connect: network is unreachable",
    errno.ENETDOWN: "connect: network is down",
    errno.EADDRNOTAVAIL: "connect: cannot assign requested address",
    errno.EACCES: "connect: permission denied",
    errno.EPERM: "connect: operation not permitted",
}


def unreachable(problem: BaseException, server: str) -> Unreachable:
    """Turn an exception of the client into an Unreachable, in kubectl's words."""
    import socket  # both already imported by urllib3
    import ssl

    import urllib3.exceptions as client

    causes = _Causes(problem)
    host, name = urlsplit(server).netloc, urlsplit(server).hostname
    by_proxy = BY_PROXY if causes.first(client.ProxyError) else None
    if causes.first(ConnectionRefusedError):
        refused = f"The connection to the server {host} was refused - did you specify the right host or port?"
        return Unreachable(refused, hint=by_proxy)
    if causes.first(client.NameResolutionError, socket.gaierror):
        return Unreachable(f"{UNABLE}dial tcp: lookup {name}: no such host", hint=by_proxy, advice=NO_NAME)
    # Of urllib3's timeouts, this one stands for any failure to connect.
    if any(
        isinstance(c, TimeoutError | client.TimeoutError) and type(c) is not client.NewConnectionError for c in causes
    ):
        return TimedOut(f"{UNABLE}timeout while waiting for {host}", hint=HINT, advice=TOO_LONG)
    if tls := causes.first(ssl.SSLError, ssl.CertificateError):
        from c3s_cli.kube.tls_errors import TRUST, UNKNOWN_AUTHORITY, tls_words

        words, advice = tls_words(tls, server)
        hint = TRUST if words == UNKNOWN_AUTHORITY else by_proxy
        return BrokenOff(f"{UNABLE}{words}", hint=hint, advice=advice)
    if by_proxy:
        return Unreachable(f"{UNABLE}the proxy refused or failed ({causes.proxy_status()})")
    return _broken(causes, host)


def _broken(causes: _Causes, host: str) -> Unreachable:
    """Describe a connection that failed or broke, in kubectl's words."""
    import http.client  # urllib3 has it by now

    import urllib3.exceptions as client

    if causes.first(http.client.IncompleteRead, client.IncompleteRead):
        return BrokenOff(f"{UNABLE}unexpected EOF")
    if causes.first(ConnectionError):
        return BrokenOff(f"{UNABLE}the connection to {host} was broken off", advice=CLOSED)
    if causes.first(client.DecodeError):
        return Unreachable(f"{UNABLE}the answer is not valid gzip")
    if causes.first(http.client.HTTPException, client.ProtocolError):
        return Unreachable(f"{UNABLE}malformed HTTP response from {host}")
    for cause in causes:
        if isinstance(cause, OSError) and cause.errno in NETWORK:
            return Unreachable(f"{UNABLE}dial tcp {host}: {NETWORK[cause.errno]}")
    return Unreachable(f"{UNABLE}{type(causes[-1]).__name__}")


class _Causes(list[BaseException]):
    """An exception with its causes: the client wraps urllib3's exceptions, and urllib3 wraps Python's."""

    def __init__(self, problem: BaseException) -> None:
        super().__init__()
        coming = [problem]
        while coming:
            cause = coming.pop(0)
            if any(cause is each for each in self):
                continue
            self.append(cause)
            inner = (getattr(cause, "reason", None), getattr(cause, "original_error", None), *cause.args)
            linked = (cause.__cause__, None if cause.__suppress_context__ else cause.__context__)
            coming += [each for each in (*inner, *linked) if isinstance(each, BaseException)]

    def first(self, *kinds: type[BaseException]) -> BaseException | None:
        """Return the first cause of one of these types, None if there is none."""
        return next((cause for cause in self if isinstance(cause, kinds)), None)

    def proxy_status(self) -> str:
        """Return the HTTP status or SOCKS code with which a proxy refused; the libraries have it only as text."""
        code = r"(?:\b[45]\d\d|\b0x\d\d:) [A-Z][A-Za-z ]+"
        statuses = (re.search(code, str(cause)) for cause in reversed(self))
        return next((match[0] for match in statuses if match), "no answer")
