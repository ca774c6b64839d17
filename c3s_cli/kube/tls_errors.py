"""Describe TLS errors in Go's words, which kubectl prints, with advice where something can be done."""

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
# The hint for a certificate of an unknown authority.
TRUST: Final = "set the CA to trust with --certificate-authority"
MISMATCHES: Final = (62, 64)  # wrong host name, wrong IP address
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
ALERT: Final = r"(?i)\] (?:ssl/tls|sslv3|tlsv1|tlsv13) (?:alert )?([a-z ]+) \("
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
REFUSED: Final = "the server does not accept the client certificate of the kubeconfig's user"
# What to do, by Go's words.
ADVICE: Final = {
    EXPIRED: "renew the server's certificate, for example with kubeadm certs renew; or is the clock of this machine "
    "wrong? Run date",
    NO_TLS: "the server speaks plain HTTP: should the address begin with http://?",
    "certificate required": "the server requires a client certificate: set client-certificate of the kubeconfig's user",
    "expired certificate": "renew the client certificate of the kubeconfig's user; is the server's clock right?",
    "bad certificate": REFUSED,
    "revoked certificate": REFUSED,
    "unknown certificate": REFUSED,
    "unknown certificate authority": REFUSED,
    "unsupported certificate": REFUSED,
}
OTHER_NAME: Final = (
    "is this the right server? If so, set --tls-server-name, or tls-server-name of the kubeconfig's cluster, to a name "
    "in the certificate"
)


def tls_words(problem: BaseException, server: str) -> tuple[str, str]:
    """Return a TLS error in Go's words, and what to do about it, "" if that is not known."""
    code, reason = getattr(problem, "verify_code", None), getattr(problem, "reason", None)
    if code in MISMATCHES:
        named = re.search(r"not valid for '([^']*)'", str(problem))
        return (
            f"{UNVERIFIED}certificate is not valid for {named[1] if named else urlsplit(server).hostname}",
            OTHER_NAME,
        )
    if code is not None:
        words = VERIFICATION.get(code, f"{UNVERIFIED}{getattr(problem, 'verify_message', 'it is not valid')}")
        return words, ADVICE.get(words, "")
    if alert := re.search(ALERT, str(problem)):
        of_openssl = alert[1].lower()
        of_go = ALERTS.get(of_openssl, of_openssl)
        return f"remote error: tls: {of_go}", ADVICE.get(of_go, "")
    words = TLS_WORDS.get(str(reason), "EOF" if type(problem).__name__ == "SSLEOFError" else "tls: handshake failed")
    return words, ADVICE.get(words, "")
