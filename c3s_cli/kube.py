"""Contexts → Cluster.get(path): raw answers of an API server, through the official client.

The only importer of `kubernetes` and `urllib3`. The client brings the kubeconfig's credentials, TLS and the
connections; what kubectl does otherwise (redirects, retries, timeouts, proxies, impersonation) is set right here.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote, unquote, urlencode, urlsplit

from c3s_cli import __version__
from c3s_cli.answers import Answer, error_of, unreachable
from c3s_cli.client_import import incluster_loader, kubeconfig_loader, rest_client
from c3s_cli.errors import ApiError, C3sError, ConfigError, InvalidAnswer, Unreachable, UsageError
from c3s_cli.kubeconfig import Access, resolve
from c3s_cli.request import Target

# c3s's own bounds where --request-timeout gives none, in seconds.
SILENCE: Final = 10.0
TOTAL: Final = 300.0
LARGEST: Final = 512 << 20
CHUNK: Final = 1 << 20
CONNECTIONS: Final = 8
PAUSES: Final = 10
LOOPBACK: Final = ("localhost", "127.", "::1")
NO_CLUSTER: Final = (
    "no cluster to read: there is no kubeconfig (--kubeconfig, $KUBECONFIG, ~/.kube/config), no service account "
    "of a pod, and no --server"
)


def segment(name: str, what: str = "resource name") -> str:
    """Quote a name as one segment of a path. UsageError, as kubectl says it, for one that might lead elsewhere."""
    faults = [f"may not be '{name}'"] if name in (".", "..") else [f"may not contain '{x}'" for x in "/%" if x in name]
    if faults:
        raise UsageError(f'invalid {what} "{name}": [{" ".join(faults)}]')
    return quote(name, safe="", errors="surrogateescape")


def connect(target: Target, context: str | None = None, *, trace: Callable[[str], None] | None = None) -> Cluster:
    """Make ready to read a cluster; nothing is sent yet, but an exec plugin may run.

    Raises ConfigError for whatever is wrong with files, flags or credentials.
    """
    access = resolve(target, context, os.environ)
    if access is None and os.environ.get("KUBERNETES_SERVICE_HOST"):
        return _in_cluster(target, trace)
    if access is None:
        raise ConfigError(NO_CLUSTER, hint="c3s top nodes --demo shows a built-in cluster")
    if _is_plain(access):
        return Cluster(access, target, lambda: _configuration(access), trace)
    return Cluster(access, target, lambda: _loaded(access), trace)


def _is_plain(access: Access) -> bool:
    """Whether there is nothing to load: an address, and neither credentials nor certificates."""
    return not access.user and set(access.cluster) <= {"server", "extensions"}


def _in_cluster(target: Target, trace: Callable[[str], None] | None) -> Cluster:
    """Use the service account of the pod that this runs in."""
    loader = incluster_loader()
    folder = os.path.dirname(loader.SERVICE_TOKEN_FILENAME)  # noqa: PTH120  pathlib costs 5 ms of imports
    namespace = ""
    try:
        with open(f"{folder}/namespace", encoding="utf-8") as file:  # noqa: PTH123  as above
            namespace = file.read().strip()
    except OSError:
        pass

    def load() -> Any:
        configuration = _configuration(access)
        try:
            loader.load_incluster_config(client_configuration=configuration)
        except Exception as problem:  # noqa: BLE001  the client raises what it likes
            raise ConfigError(f"the pod's service account cannot be used: {type(problem).__name__}") from None
        token = str(configuration.api_key.get("BearerToken", "")).strip()
        configuration.api_key["BearerToken"] = token.replace("bearer ", "Bearer ", 1)
        configuration.refresh_api_key_hook = None
        return configuration

    host, port = os.environ["KUBERNETES_SERVICE_HOST"], os.environ.get("KUBERNETES_SERVICE_PORT", "443")
    address = f"https://[{host}]:{port}" if ":" in host else f"https://{host}:{port}"
    user: dict[str, Any] = {"as": target.as_user} if target.as_user else {}
    user |= {"as-groups": list(target.as_groups)} if target.as_groups else {}
    user |= {"as-uid": target.as_uid} if target.as_uid else {}
    access = Access("in-cluster", namespace, address, {}, user)
    return Cluster(access, target, load, trace)


# --- the client's configuration -------------------------------------------------------------------------------


def _configuration(access: Access) -> Any:
    """Make the client's Configuration for a server, without credentials."""
    import urllib3  # noqa: PLC0415  60 ms, paid once it is clear that something will be read

    configuration_class, _ = rest_client()
    configuration = configuration_class(host=access.server)
    configuration.retries = urllib3.Retry(0, redirect=False, raise_on_redirect=False)
    configuration.connection_pool_maxsize = CONNECTIONS
    _set_proxy(configuration, access)
    return configuration


def _loaded(access: Access) -> Any:
    """Make the client's Configuration with everything that the kubeconfig says."""
    import logging  # noqa: PLC0415  as above

    # The client logs what it swallows; without a handler logging would print that to stderr.
    logging.getLogger().addHandler(logging.NullHandler())
    configuration = _configuration(access)
    loader = kubeconfig_loader(oauth="auth-provider" in access.user)
    cluster, user = dict(access.cluster, server=access.server), dict(access.user)
    token_file = user.pop("tokenFile", None)
    if token_file:
        user["token"] = _token_of(str(token_file))
    _refuse_expired_oidc(user)
    cluster.pop("proxy-url", None)
    document = {
        "current-context": "c3s",
        "contexts": [{"name": "c3s", "context": {"cluster": "c3s", "user": "c3s"}}],
        "clusters": [{"name": "c3s", "cluster": cluster}],
        "users": [{"name": "c3s", "user": user}],
    }
    plugin = user.get("exec")
    try:
        loader.load_kube_config_from_dict(document, client_configuration=configuration, persist_config=False)
    except C3sError:
        raise
    except Exception as problem:  # noqa: BLE001  as above
        # Its words may quote credentials.
        raise ConfigError(
            f'the credentials of context "{access.name}" cannot be used: {_safe_words(problem)}'
        ) from None
    if plugin and not configuration.api_key and not configuration.cert_file:
        raise _plugin_failed(plugin)
    token = configuration.api_key.get("BearerToken")
    if token:
        configuration.api_key["BearerToken"] = " ".join(str(token).split())
    configuration.refresh_api_key_hook = None
    return configuration


def _safe_words(problem: Exception) -> str:
    words = str(problem)
    return words if "File does not exist" in words and len(words) < 300 else type(problem).__name__


def _token_of(path: str) -> str:
    try:
        with open(path, encoding="utf-8") as file:  # noqa: PTH123  as above
            return file.read().strip()
    except (OSError, ValueError) as problem:
        why = getattr(problem, "strerror", None) or "it is not text"
        raise ConfigError(f"cannot read the token file {path!r}: {why}") from None


def _plugin_failed(plugin: Mapping[str, Any]) -> ConfigError:
    from shutil import which  # noqa: PLC0415  only on failure

    command = str(plugin.get("command", ""))
    if which(command) is None:
        return ConfigError(
            f"getting credentials: exec: executable {command} not found",
            hint=_first_line(plugin.get("installHint")),
        )
    return ConfigError(
        f"getting credentials: exec: executable {command} gave none",
        hint="run it by hand to see why; nothing was sent to the cluster",
    )


def _first_line(text: object) -> str | None:
    return str(text).strip().split("\n", 1)[0] if text else None


def _refuse_expired_oidc(user: Mapping[str, Any]) -> None:
    """Refuse to refresh an OIDC token: the client asks for the issuer without checking its certificate."""
    provider = user.get("auth-provider")
    if not isinstance(provider, dict):
        return
    token = str((provider.get("config") or {}).get("id-token") or "")
    import base64  # noqa: PLC0415  only OIDC needs it
    import json  # noqa: PLC0415  as above

    try:
        payload = token.split(".")[1]
        expires = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))["exp"]
        expired = float(expires) <= time.time()
    except (IndexError, ValueError, KeyError, TypeError):
        expired = True
    if expired:
        raise ConfigError("the OIDC id-token has expired", hint="run `kubectl version` once; it refreshes the token")


def _set_proxy(configuration: Any, access: Access) -> None:
    """Choose the proxy as kubectl does: the cluster's own beats everything; loopback is never proxied."""
    own = access.cluster.get("proxy-url")
    if own:
        configuration.no_proxy = None
        configuration.proxy = str(own)
    elif _is_loopback(access.server):
        configuration.proxy = None
    if not configuration.proxy:
        return
    if "://" not in configuration.proxy:
        configuration.proxy = f"http://{configuration.proxy}"
    if configuration.proxy.startswith("socks"):
        try:
            import socks  # type: ignore[import-untyped,import-not-found,unused-ignore]  # noqa: F401, PLC0415  an optional extra
        except ImportError:
            raise ConfigError("a SOCKS proxy needs PySocks", hint="pip install 'c3s-cli[socks]'") from None
    _authenticate_proxy(configuration)


def _authenticate_proxy(configuration: Any) -> None:
    """Send the user and password of a proxy's URL, which the client drops."""
    import urllib3  # noqa: PLC0415  as above

    parts = urlsplit(configuration.proxy)
    if parts.username is None:
        return
    user, password = unquote(parts.username), unquote(parts.password or "")
    configuration.proxy_headers = urllib3.make_headers(proxy_basic_auth=f"{user}:{password}")
    configuration.proxy = parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()


def _is_loopback(server: str) -> bool:
    host = (urlsplit(server).hostname or "").lower()
    return host.startswith(LOOPBACK)


# --- the cluster ----------------------------------------------------------------------------------------------


class Cluster:
    """One API server, read with one identity. Several threads may `get` at once.

    context: what to call it. namespace: where a name without one lives. notes: what stderr should say of the
    connection.
    """

    def __init__(
        self, access: Access, target: Target, load: Callable[[], Any], trace: Callable[[str], None] | None
    ) -> None:
        self.context = "demo" if target.demo else access.name
        self.namespace = access.namespace or "default"
        self.server = access.server
        self.notes: tuple[str, ...] = ()
        self._access = access
        self._timeout = target.request_timeout
        self._load = load
        self._trace = trace or (lambda _line: None)
        self._lock = threading.Lock()
        self._generation = 0
        self._idle: list[Any] = []
        self._headers = self._standing_headers(target)
        if access.secure and access.cluster.get("insecure-skip-tls-verify"):
            self.notes = (f"warning: the certificate of {access.server} is not verified",)
        self._open()

    def _standing_headers(self, target: Target) -> list[tuple[str, str]]:
        headers = [("User-Agent", f"c3s/{__version__}")]
        unwanted = target.disable_compression or self._access.cluster.get("disable-compression")
        # Compression pays where a network lies between, not inside one machine.
        if not unwanted and not _is_loopback(self.server):
            headers.append(("Accept-Encoding", "gzip"))
        return headers + _impersonation(self._access.user)

    def _open(self) -> None:
        """Load the credentials, and be ready to connect with them."""
        import urllib3  # noqa: PLC0415  as above

        self._configuration = self._load()
        self._authorization = self._configuration.api_key.get("BearerToken") if self._access.secure else None
        urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
        self._idle = [self._client()]

    def _client(self) -> Any:
        """Make one of the official REST clients, for one thread at a time.

        urllib3 sets up the TLS context of a client anew for every connection, and OpenSSL crashes when another
        thread is shaking hands with it meanwhile: so threads do not share clients.
        """
        configuration = self._configuration
        _, rest_class = rest_client()
        try:
            client = rest_class(configuration)
        except Exception as problem:  # noqa: BLE001  as above; a broken proxy URL, for one
            raise ConfigError(f"the connection cannot be set up: {type(problem).__name__}") from None
        if self._access.secure and configuration.verify_ssl:
            client.pool_manager.connection_pool_kw["ssl_context"] = self._context(configuration)
        return client

    @contextmanager
    def _borrowed(self) -> Iterator[Any]:
        """Lend a client that no other thread uses; its connection stays open for the next one."""
        with self._lock:
            generation = self._generation
            client = self._idle.pop() if self._idle else None
        client = client or self._client()
        try:
            yield client
        finally:
            with self._lock:
                if generation == self._generation:
                    self._idle.append(client)

    def _context(self, configuration: Any) -> Any:
        """Accept the authorities that Go accepts: Python 3.13 refuses those without a key identifier.

        The chain and the name in the certificate are verified as before.
        """
        import ssl  # noqa: PLC0415  urllib3 has it by now

        try:
            context = ssl.create_default_context(cafile=configuration.ssl_ca_cert or None)
        except (OSError, ssl.SSLError):
            raise ConfigError(
                f'the certificate authority of context "{self._access.name}" cannot be read',
                hint="it must be certificates in PEM",
            ) from None
        context.verify_flags &= ~ssl.VERIFY_X509_STRICT
        return context

    def close(self) -> None:
        """Close the connections."""
        for client in self._idle:
            client.close()

    def get(self, path: str, query: Sequence[tuple[str, str]] = (), *, accept: str = "application/json") -> Answer:
        """GET one path; give the whole answer. Raises ApiError, Unreachable or InvalidAnswer.

        A connection that was closed meanwhile is tried once more; a server that asks for a pause is given it if
        it fits the time; a refused credential is read anew once, since plugins and token files go on.
        """
        url = f"{self.server}{path}" + ("?" + urlencode(query, errors="surrogateescape") if query else "")
        deadline = time.monotonic() + (TOTAL if self._timeout is None else self._timeout or float("inf"))
        generation, renewed, paused = self._generation, False, 0
        while True:
            try:
                return self._once(url, path, accept, deadline)
            except ApiError as problem:
                if problem.status == 401 and not renewed and self._access.secure:
                    self._renew(generation)
                    renewed = True
                elif paused < PAUSES and _may_pause(problem, deadline):
                    self._trace(f"the server asks for a pause of {problem.retry_after:g} s")
                    time.sleep(problem.retry_after or 0)
                    paused += 1
                else:
                    raise

    def _renew(self, generation: int) -> None:
        """Load the credentials again, once for all threads that were refused with the old ones."""
        with self._lock:
            if self._generation == generation:
                self._generation += 1
                self._open()

    def _once(self, url: str, path: str, accept: str, deadline: float) -> Answer:
        """Send one request and read its answer to the end."""
        import urllib3  # noqa: PLC0415  as above

        begun = time.monotonic()
        for last_try in (False, True):
            try:
                with self._borrowed() as client:
                    response = self._send(client, url, accept, deadline)
                    body = _body(response, deadline)
                break
            except urllib3.exceptions.HTTPError as problem:
                cause = getattr(problem, "reason", None) or problem
                broken = isinstance(cause, urllib3.exceptions.ProtocolError)
                if broken and not last_try and time.monotonic() < deadline:
                    continue
                raise unreachable(problem, self.server) from None
            except ValueError as problem:
                raise Unreachable(f"Unable to connect to the server: {type(problem).__name__}") from None
            except Exception as problem:
                if isinstance(problem, C3sError):
                    raise
                raise unreachable(problem, self.server) from None
        spent = (time.monotonic() - begun) * 1000
        self._trace(f"GET {url} {response.status} {response.reason or ''} in {spent:.0f} ms, {len(body)} bytes")
        content_type = response.headers.get("Content-Type", "")
        if response.status != 200:
            raise error_of(response.status, response.headers, bytes(body), path)
        if "json" not in content_type:
            kind = content_type.split(";", 1)[0] or "something unnamed"
            raise InvalidAnswer(
                f"the server sent {kind}, not JSON", hint="is that an API server, or a login page or proxy?"
            )
        return Answer(body, content_type, _date(response.headers.get("Date")))

    def _send(self, client: Any, url: str, accept: str, deadline: float) -> Any:
        import urllib3  # noqa: PLC0415  as above

        headers = urllib3.HTTPHeaderDict([*self._headers, ("Accept", accept)])
        if self._authorization:
            headers["Authorization"] = self._authorization
        left = max(0.001, deadline - time.monotonic())
        silence = left if self._timeout else SILENCE
        bound = None if self._timeout == 0 else (min(left, silence), min(left, silence))
        return client.request("GET", url, headers=headers, _request_timeout=bound).response


def _may_pause(problem: ApiError, deadline: float) -> bool:
    """Whether the server asks for a pause that is worth it: short, and over before the deadline."""
    pause = problem.retry_after
    if problem.status not in (429, 503) or pause is None:
        return False
    return pause < SILENCE and time.monotonic() + pause < deadline


def _body(response: Any, deadline: float) -> bytes | bytearray:
    """Read an answer to its end, inflated; give up at the deadline or above the largest size."""
    body = bytearray()
    while chunk := response.read1(CHUNK, decode_content=True):
        body += chunk
        if len(body) > LARGEST:
            response.close()
            raise InvalidAnswer(f"the server's answer is larger than {LARGEST >> 20} MiB")
        if time.monotonic() > deadline:
            response.close()
            raise Unreachable("Unable to connect to the server: the answer took too long (timeout)")
    response.release_conn()
    return body


def _impersonation(user: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Say whom to act as: every group a header of its own."""
    headers = []
    if user.get("as"):
        headers.append(("Impersonate-User", str(user["as"])))
    headers += [("Impersonate-Group", str(group)) for group in user.get("as-groups") or ()]
    if user.get("as-uid"):
        headers.append(("Impersonate-Uid", str(user["as-uid"])))
    for key, values in (user.get("as-user-extra") or {}).items():
        headers += [(f"Impersonate-Extra-{quote(str(key), safe='')}", str(value)) for value in values or ()]
    if headers and not user.get("as"):
        raise ConfigError("requesting uid, groups or user-extra without impersonating a user")
    return headers


def _date(text: str | None) -> datetime | None:
    from email.utils import parsedate_to_datetime  # noqa: PLC0415  http.client has it by now

    try:
        return parsedate_to_datetime(text) if text else None
    except ValueError:
        return None
