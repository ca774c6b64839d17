"""Certificates for the tests' HTTPS servers, made anew in every run."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import trustme


@cache
def authority(name: str = "ours") -> trustme.CA:
    """Give a certificate authority; another name, another authority."""
    return trustme.CA(organization_name=name)


def server_context(*, clients: bool = False, host: str = "127.0.0.1", expired: bool = False) -> ssl.SSLContext:
    """Make the server's side of TLS; `clients` demands a client certificate of our authority."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    end = datetime.now(UTC) - timedelta(days=1) if expired else None
    authority().issue_cert(host, not_after=end).configure_cert(context)
    if clients:
        authority().configure_trust(context)
        context.verify_mode = ssl.CERT_REQUIRED
    return context


def write_files(folder: Path) -> dict[str, str]:
    """Write an authority, a client's certificate and its key; give their names."""
    client = authority().issue_cert("tester@example.com")
    pem = b"".join(blob.bytes() for blob in client.cert_chain_pems)
    contents = {"ca.crt": authority().cert_pem.bytes(), "client.crt": pem, "client.key": client.private_key_pem.bytes()}
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    (folder / "other.crt").write_bytes(authority("theirs").cert_pem.bytes())
    return {name: str(folder / name) for name in (*contents, "other.crt")}
