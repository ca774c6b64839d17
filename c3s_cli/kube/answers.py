"""Answers of an API server, good and bad: what came, and kubectl's words for what did not."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlsplit

from msgspec import Struct

from c3s_cli.errors import ApiError, Unreachable

LONGEST: Final = 1000


class Answer(Struct, frozen=True):
    """A whole answer, inflated. date: its Date header."""

    body: bytes | bytearray
    content_type: str
    date: datetime | None


# What client-go says where the server gave no Status: reason and words by HTTP status.
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


REDIRECTS: Final = (301, 302, 303, 307, 308)


def error_of(status: int, headers: Mapping[str, str], body: bytes, path: str) -> ApiError:
    """Make an ApiError of an answer that is no 200, in kubectl's words."""
    retry_after = _seconds(headers.get("Retry-After"))
    told = _status(body)
    if told:
        reason, message = str(told.get("reason") or ""), str(told.get("message") or "")
        if status == 401 and not message:
            message = "Unauthorized"
        return ApiError(status, reason, message[:LONGEST], retry_after=retry_after, hint=_hint(status, message))
    if own := _own_words(body):
        return ApiError(status, *own, retry_after=retry_after)
    unknown = ("", f"the server responded with the status code {status} but did not return more information")
    reason, words = GENERIC.get(status, GENERIC[500] if status >= 500 else unknown)
    text = body.decode("utf-8", "replace").strip()[:LONGEST]
    if status == 403:
        words = text or f'forbidden: "{path}"'
    elif (status == 406 or not words) and text:
        told_by_server = f"an error on the server ({json.dumps(text, ensure_ascii=False)})"
        words = text if status == 406 else f"{told_by_server} has prevented the request from succeeding"
    elif not words:
        words = "an error on the server has prevented the request from succeeding"
    where = _where(path)
    hint = _redirect(headers.get("Location")) if status in REDIRECTS else _hint(status, text)
    return ApiError(status, reason, words + where, retry_after=retry_after, hint=hint)


def _redirect(location: str | None) -> str | None:
    """Name the target of a redirect, without what may be secret in it."""
    if not location:
        return None
    try:
        parts = urlsplit(location)
        target = f"{parts.scheme}://{parts.hostname}{f':{parts.port}' if parts.port else ''}" if parts.hostname else ""
    except ValueError:
        return None
    return f"it redirects to {target}{parts.path}, probably a login page; c3s follows no redirect"[:LONGEST]


def _status(body: bytes) -> dict[str, Any] | None:
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return told if isinstance(told, dict) and told.get("kind") == "Status" else None


def _own_words(body: bytes) -> tuple[str, str] | None:
    """Return the reason and the words of a server behind the API server, such as Prometheus, which sends no Status."""
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        return None
    if not isinstance(told, dict) or told.get("status") != "error":
        return None
    words = str(told.get("error") or "")
    # Some quote the whole query before they say what is wrong with it.
    short = words if len(words) <= LONGEST else f"{words[: LONGEST // 2]} … {words[-LONGEST // 2 :]}"
    return str(told.get("errorType") or ""), short


def _where(path: str) -> str:
    """Name what was asked for as client-go does: ` (get nodes.metrics.k8s.io)`."""
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
        return "the server does not know these credentials; log in again, or name another user or context"
    if status == 403:
        right = re.search(r'cannot (\w+) resource "([^"]+)" in API group "([^"]*)"', message)
        if right:
            group = f".{right[3]}" if right[3] else ""
            return f"kubectl auth can-i {right[1]} {right[2]}{group} tells; the right is given by a Role or ClusterRole"
    if status == 503:
        return "kubectl get apiservice v1beta1.metrics.k8s.io says why the metrics API is not available"
    return None


def _seconds(text: str | None) -> float | None:
    return float(text) if text and text.isdecimal() and len(text) < 6 else None


def unreachable(problem: BaseException, server: str) -> Unreachable:
    """Make an Unreachable of what the client raised, in kubectl's words and without its internals."""
    text = str(problem)
    host = urlsplit(server).netloc
    name = urlsplit(server).hostname
    cause = getattr(problem, "reason", None) or problem
    words = type(cause).__name__
    by_proxy = "the connection goes through a proxy: see proxy-url, HTTPS_PROXY" if "Proxy" in words else None
    unable = "Unable to connect to the server: "
    if "Connection refused" in text:
        refused = f"The connection to the server {host} was refused - did you specify the right host or port?"
        return Unreachable(refused, hint=by_proxy)
    if "NameResolution" in text or "getaddrinfo" in text or "Name or service not known" in text:
        return Unreachable(f"{unable}dial tcp: lookup {name}: no such host", hint=by_proxy)
    if "Timeout" in words or "timed out" in text:
        hint = "--request-timeout sets how long to wait"
        return Unreachable(f"{unable}timeout while waiting for {host}", hint=hint)
    if "certificate" in text.lower() or "SSL" in text or "TLS" in text:
        told, advice = _tls_words(text, server)
        return Unreachable(f"{unable}{told}", hint=advice or by_proxy)
    if by_proxy:
        return Unreachable(f"{unable}the proxy refused or failed ({_status_in(text)})")
    if "IncompleteRead" in text or "Truncated" in text or "prematurely" in text:
        return Unreachable(f"{unable}unexpected EOF")
    if "RemoteDisconnected" in text or "Connection reset" in text or "ConnectionReset" in text:
        return Unreachable(f"{unable}the connection to {host} was broken off")
    if "decode" in text or "Decode" in words:
        return Unreachable(f"{unable}the answer is not valid gzip")
    return Unreachable(f"{unable}{words}")


UNVERIFIED: Final = "tls: failed to verify certificate: x509: "
# What OpenSSL says, and what Go says of the same.
TLS_WORDS: Final = {
    "certificate has expired": f"{UNVERIFIED}certificate has expired or is not yet valid",
    "certificate is not yet valid": f"{UNVERIFIED}certificate has expired or is not yet valid",
    "self-signed certificate": f"{UNVERIFIED}certificate signed by unknown authority",
    "self signed certificate": f"{UNVERIFIED}certificate signed by unknown authority",
    "unable to get local issuer certificate": f"{UNVERIFIED}certificate signed by unknown authority",
    "certificate signature failure": f"{UNVERIFIED}certificate signed by unknown authority",
    "wrong version number": "tls: first record does not look like a TLS handshake",
    "record layer failure": "tls: first record does not look like a TLS handshake",
    "certificate required": "remote error: tls: certificate required",
    "unknown ca": "remote error: tls: unknown certificate authority",
    "bad certificate": "remote error: tls: bad certificate",
    "PEM lib": "tls: failed to find any PEM data in certificate or key input",
    "KEY_VALUES_MISMATCH": "tls: private key does not match public key",
    "EOF occurred": "EOF",
}


def _tls_words(text: str, server: str) -> tuple[str, str | None]:
    """Say a failure of TLS in Go's words; and what to do about it, if it is the authority."""
    if "mismatch, certificate" in text or "doesn't match" in text:
        named = re.search(r"not valid for '([^']*)'", text)
        return f"{UNVERIFIED}certificate is not valid for {named[1] if named else urlsplit(server).hostname}", None
    told = next((go for openssl, go in TLS_WORDS.items() if openssl.lower() in text.lower()), "tls: handshake failed")
    unknown = told.endswith("signed by unknown authority")
    return told, "--certificate-authority names the one to trust" if unknown else None


def _status_in(text: str) -> str:
    found = re.search(r"\b[45]\d\d [A-Z][A-Za-z ]+", text)
    return found[0] if found else "no answer"
