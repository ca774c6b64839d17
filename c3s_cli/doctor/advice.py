"""Advice for errors that come without a hint, by the words in them."""

from __future__ import annotations

from typing import Final

ADVICE: Final = {
    # the credentials
    "cannot read the token file": "see tokenFile of the kubeconfig's user; log in again, or use another context",
    " due to open ": "see the kubeconfig's user and cluster; log in again, or use another context",
    "executable": "install it, or set its full path in the kubeconfig's user",
    # the kubeconfig
    "no such file or directory": "check --kubeconfig or $KUBECONFIG",
    "error loading config file": "fix the file, or use another one with --kubeconfig",
    'context "': "list the contexts: c3s contexts",
    # TLS
    "certificate is not valid for": "is this the right server? If so, set --tls-server-name, or tls-server-name of the "
    "kubeconfig's cluster, to a name in the certificate",
    "certificate has expired or is not yet valid": "renew the server's certificate, for example with kubeadm certs "
    "renew; or is the clock of this machine wrong? Run date",
    "does not look like a TLS handshake": "the server speaks plain HTTP: should the address begin with http://?",
    "certificate required": "the server requires a client certificate: set client-certificate of the kubeconfig's user",
    "tls: unknown certificate authority": "the server does not accept the client certificate of the kubeconfig's user",
    "tls: expired certificate": "renew the client certificate of the kubeconfig's user; is the server's clock right?",
    "tls: revoked certificate": "the server does not accept the client certificate of the kubeconfig's user",
    "tls: unsupported certificate": "the server does not accept the client certificate of the kubeconfig's user",
    "tls: unknown certificate": "the server does not accept the client certificate of the kubeconfig's user",
    "tls: bad certificate": "the server does not accept the client certificate of the kubeconfig's user",
    # the network
    "no such host": "is the name right, and can the DNS of this machine or the VPN resolve it?",
    "timeout while waiting for": "is the address right, and do the VPN, proxies and firewalls allow the "
    "connection? If the server is only slow, set a longer --request-timeout",
    "was broken off": "the server, or a proxy in between, closed it: is http:// or https:// right?",
}


def advice_on(words: str) -> str:
    """Return advice for an error, "" if there is none."""
    return next((advice for told, advice in ADVICE.items() if told in words), "")
