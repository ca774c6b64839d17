"""The bodies of answers, read to their end: each up to a size, and all at once up to another one."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, Final

from c3s_cli.errors import TooLarge
from c3s_cli.kube.deadline import FOREVER, Deadline

# The usage of 150,000 pods comes in one answer: 150 MB with three containers and some labels each.
LARGEST: Final = 256 << 20
# The limit for bodies that are not shown whole anyway: errors, and what was not asked for.
LARGEST_ERROR: Final = 1 << 20
# How much is read, and inflated, at a time.
CHUNK: Final = 1 << 20
# How much memory is allocated at a time for a body of known length. The server may send less than it announces.
PIECE: Final = 16 << 20
# What all bodies may take that are read at once, of all clusters, without the first PIECE of each.
TOGETHER: Final = 512 << 20


def body_of(response: Any, deadline: Deadline, *, wanted: bool) -> bytes | bytearray:
    """Read an answer to its end, inflated in steps; give up above the largest size.

    wanted: whether it is what was asked for. Otherwise, as that of an error, it is cut there. TimeoutError if other
    answers take all the memory until the deadline.
    """
    largest = LARGEST if wanted else LARGEST_ERROR
    # Not "5, 5", of which http.client does not know the length.
    known = response.headers.get("Content-Length", "").isdigit() and response.length_remaining is not None
    if not known or "Content-Encoding" in response.headers:
        read = partial(response.read1, CHUNK, decode_content=True)
    else:
        read = partial(response.read, min(PIECE, largest + 1), decode_content=False)
    # An answer of known length is usually one piece, which need not be copied.
    body: bytes | bytearray = read()
    try:
        with SHARED.reader() as share:
            while len(body) <= largest:
                chunk = read()
                if not chunk:
                    response.release_conn()
                    return body
                if isinstance(body, bytes):
                    body = bytearray(body)
                share.grow(len(body) + len(chunk) - PIECE, deadline)
                body += chunk
    except BaseException:
        # The traceback must not keep it.
        body = b""
        response.close()
        raise
    # The rest of the answer would be taken for the next one.
    response.close()
    if wanted:
        body = b""
        raise TooLarge(f"the server's answer is larger than {largest >> 20} MiB")
    return body


class Shared:
    """The memory of the large bodies that are read at the same time.

    If there is none left, readers wait for the others; the one that began first may always go on, so that all end.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._shares: list[Share] = []

    @contextmanager
    def reader(self) -> Iterator[Share]:
        """Give a share to a reader, which ends with this block."""
        share = Share(self)
        try:
            yield share
        finally:
            if share.taken:
                with self._changed:
                    self._shares.remove(share)
                    self._changed.notify_all()

    def take(self, share: Share, deadline: Deadline) -> None:
        """Add a piece to a share, when there is memory for it. TimeoutError at the deadline."""
        with self._changed:
            if not share.taken:
                self._shares.append(share)
            share.taken += PIECE
            left = deadline.left()
            if not self._changed.wait_for(lambda: self._fits(share), None if left == FOREVER else left):
                raise TimeoutError

    def _fits(self, share: Share) -> bool:
        return share is self._shares[0] or sum(each.taken for each in self._shares) <= TOGETHER


class Share:
    """The memory of one body beyond its first piece, in bytes."""

    def __init__(self, shared: Shared) -> None:
        self._shared = shared
        self.taken = 0

    def grow(self, size: int, deadline: Deadline) -> None:
        """Take the memory for a size. TimeoutError at the deadline."""
        while size > self.taken:
            self._shared.take(self, deadline)


SHARED: Final = Shared()
