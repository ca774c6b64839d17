"""What to do about an error that comes without advice, by the words in it."""

from __future__ import annotations

from typing import Final

ADVICE: Final = {
    # the credentials
    "cannot read the token file": "tokenFile of the kubeconfig's user names it; log in again, or use another context",
    "File does not exist": "the kubeconfig's user or cluster names it; log in again, or use another context",
    "executable": "install it, or write its whole path into the kubeconfig's user",
    # the kubeconfig
    "no such file or directory": "--kubeconfig or $KUBECONFIG names the file",
    "error loading config file": "mend the file, or use another one: --kubeconfig",
    'context "': "c3s contexts lists the contexts that there are",
    # TLS
    "certificate is not valid for": "is this the right server? If it is, --tls-server-name (or tls-server-name of the "
    "kubeconfig's cluster) takes the name that its certificate has",
    "certificate has expired or is not yet valid": "the server needs a new certificate, such as from kubeadm certs "
    "renew; or the clock of this machine is wrong: date shows it",
    "does not look like a TLS handshake": "the server speaks plain HTTP: is its address, with https://, right?",
    "certificate required": "the server wants a client certificate: client-certificate of the kubeconfig's user",
    "tls: unknown certificate authority": "the server does not accept the client certificate of the kubeconfig's user",
    "tls: bad certificate": "the server does not accept the client certificate of the kubeconfig's user",
    # the network
    "no such host": "is the name right, and does the DNS of this machine, or of the VPN, know it?",
    "timeout while waiting for": "is that the right address, and do the VPN, the proxy and the firewalls let it "
    "through? If the server is only slow, --request-timeout waits longer",
    "was broken off": "the server, or something in between, ended it: is http:// or https:// right?",
}


def advice_on(words: str) -> str:
    """Return what to do about an error, "" if nothing is known."""
    return next((advice for told, advice in ADVICE.items() if told in words), "")
