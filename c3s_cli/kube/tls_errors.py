"""Describe failures of TLS in Go's words, as kubectl does."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import urlsplit

UNVERIFIED: Final = "tls: failed to verify certificate: x509: "
EXPIRED: Final = f"{UNVERIFIED}certificate has expired or is not yet valid"
UNKNOWN_AUTHORITY: Final = f"{UNVERIFIED}certificate signed by unknown authority"
# OpenSSL's verification errors, and Go's words for them.
VERIFICATION: Final = {
    7: UNKNOWN_AUTHORITY,  # invalid signature
    9: EXPIRED,  # not yet valid
    10: EXPIRED,
    18: UNKNOWN_AUTHORITY,  # signed by itself
    19: UNKNOWN_AUTHORITY,  # an authority signed by itself
    20: UNKNOWN_AUTHORITY,  # unknown issuer
    21: UNKNOWN_AUTHORITY,
    24: f"{UNVERIFIED}certificate is not authorized to sign other certificates",
}
MISMATCHES: Final = (62, 64)  # wrong host name, wrong IP address
# The hint for a certificate of an unknown authority.
TRUST: Final = "set the CA to trust with --certificate-authority"
NO_TLS: Final = "tls: first record does not look like a TLS handshake"
# OpenSSL's other errors, and Go's words for them.
TLS_WORDS: Final = {
    "WRONG_VERSION_NUMBER": NO_TLS,
    "RECORD_LAYER_FAILURE": NO_TLS,
    "PACKET_LENGTH_TOO_LONG": NO_TLS,
    "HTTP_REQUEST": NO_TLS,
    "UNEXPECTED_EOF_WHILE_READING": "EOF",
}
# OpenSSL's text of an error that is an alert of the server. It has no reason code for some of them.
ALERT: Final = re.compile(r"\] (?:ssl/tls|sslv3|tlsv1|tlsv13) (?:alert )?([a-z ]+) \(", re.IGNORECASE)
# Where Go's words for an alert are others than OpenSSL's.
ALERTS: Final = {
    "bad record mac": "bad record MAC",
    "certificate expired": "expired certificate",
    "certificate revoked": "revoked certificate",
    "certificate unknown": "unknown certificate",
    "decode error": "error decoding message",
    "decrypt error": "error decrypting message",
    "insufficient security": "insufficient security level",
    "protocol version": "protocol version not supported",
    "unknown ca": "unknown certificate authority",
    "unknown psk identity": "unknown PSK identity",
    "user cancelled": "user canceled",
}


def tls_words(problem: BaseException, server: str) -> tuple[str, str | None]:
    """Return a TLS failure in Go's words, and a hint if the authority is not trusted. server: its address."""
    code, reason = getattr(problem, "verify_code", None), getattr(problem, "reason", None)
    if code in MISMATCHES:
        named = re.search(r"not valid for '([^']*)'", str(problem))
        return f"{UNVERIFIED}certificate is not valid for {named[1] if named else urlsplit(server).hostname}", None
    if code is not None:
        told = VERIFICATION.get(code, f"{UNVERIFIED}{getattr(problem, 'verify_message', 'it is not valid')}")
    elif alert := ALERT.search(str(problem)):
        words = alert[1].lower()
        told = f"remote error: tls: {ALERTS.get(words, words)}"
    else:
        told = TLS_WORDS.get(str(reason), "EOF" if type(problem).__name__ == "SSLEOFError" else "tls: handshake failed")
    return told, TRUST if told == UNKNOWN_AUTHORITY else None
