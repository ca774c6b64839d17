"""The bodies of answers, read to their end: each up to a size, and all at once up to another one."""

from __future__ import annotations

import threading
from functools import partial
from typing import Any, ClassVar, Final, Self

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
        with Share() as share:
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


class Share:
    """The memory of one large body beyond its first piece, in bytes, of that which all that are read at once may take.

    If there is none left, readers wait for the others; the one that began first may always go on, so that all end.
    """

    changed: ClassVar = threading.Condition()
    # In the order in which they began.
    all: ClassVar[list[Share]] = []

    def __init__(self) -> None:
        self.taken = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.taken:
            with self.changed:
                self.all.remove(self)
                self.changed.notify_all()

    def grow(self, size: int, deadline: Deadline) -> None:
        """Take the memory for a size, as soon as there is some. TimeoutError at the deadline."""
        while size > self.taken:
            with self.changed:
                if not self.taken:
                    self.all.append(self)
                self.taken += PIECE
                left = deadline.left()
                if not self.changed.wait_for(self._fits, None if left == FOREVER else left):
                    raise TimeoutError

    def _fits(self) -> bool:
        return self is self.all[0] or sum(each.taken for each in self.all) <= TOGETHER
