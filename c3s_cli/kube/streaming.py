"""A streamed answer: its chunks as they arrive, until it ends, breaks, is silent for too long, or is closed."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from contextlib import ExitStack, suppress
from typing import Any, Final

import urllib3

from c3s_cli.errors import Silent
from c3s_cli.kube.answers import Question, check, unreachable
from c3s_cli.kube.connections import RestClient
from c3s_cli.kube.secrets import Secrets

CHUNK: Final = 1 << 18
# How many bytes of an error's body are read.
REFUSAL: Final = 1 << 20


class Stream:
    """One answer. A thread reads its `chunks`; any thread may `close` it, which ends them.

    client: to be used, and closed with the stream. send: sends the request with it. silence: how many seconds may pass
    without a byte.
    """

    def __init__(
        self,
        client: RestClient,
        send: Callable[[RestClient], Any],
        question: Question,
        silence: float,
        trace: Callable[[str], None],
        secrets: Secrets,
    ) -> None:
        self._url, self._trace = question.url, trace
        self._begun = time.monotonic()
        self._closed = False
        with ExitStack() as stack:
            stack.callback(client.close)
            try:
                self._response = send(client)
                stack.callback(self._response.close)
                refused = self._response.status != 200
                check(self._response, self._response.read(REFUSAL) if refused else b"", question, secrets)
                socket = getattr(self._response.connection, "sock", None)
                if socket is not None:
                    socket.settimeout(silence)
            except urllib3.exceptions.HTTPError as problem:
                raise unreachable(problem, self._url) from None
            self._stack = stack.pop_all()
        spent = (time.monotonic() - self._begun) * 1000
        reason = secrets.hidden(self._response.reason or "")
        trace(f"GET {self._url} {self._response.status} {reason} in {spent:.0f} ms, which goes on")

    def chunks(self) -> Generator[bytes]:
        """Yield chunks as they arrive, until the answer ends or is closed. Unreachable if the connection breaks.

        Silent, a kind of Unreachable, if nothing arrives for too long.
        """
        received = 0
        try:
            while chunk := self._response.read1(CHUNK, decode_content=True):
                received += len(chunk)
                yield chunk
        except urllib3.exceptions.ReadTimeoutError:
            if not self._closed:
                raise Silent(f"nothing was received from {self._url} for too long") from None
        except (urllib3.exceptions.HTTPError, OSError, ValueError) as problem:
            # Errors of a read while another thread closes the connection are not failures.
            if not self._closed:
                raise unreachable(problem, self._url) from None
        finally:
            self._stack.close()
            spent = time.monotonic() - self._begun
            self._trace(f"GET {self._url} ended after {spent:.0f} s, {received} bytes")

    def close(self) -> None:
        """End the stream, at once, even if a thread is waiting for data."""
        self._closed = True
        with suppress(OSError, ValueError, RuntimeError):
            self._response.shutdown()
