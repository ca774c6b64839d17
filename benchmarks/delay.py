"""A simulated network: TLS, and a delay for every byte in both directions.

    python benchmarks/delay.py UPSTREAM_PORT ROUND_TRIP_MS CERTIFICATE_AND_KEY

Client → delay → TLS → the plain server. The TLS handshake is delayed like all other bytes. The TCP handshake, which the
kernel completes at once, also counts as a round trip: what a client sends before that time is held back until then.
Bandwidth is not limited. The server offers no HTTP/2, so both programs speak HTTP/1.1. Prints its port.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import sys

CHUNK = 1 << 18


async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, delay: float, connect: float) -> None:
    """Forward bytes `delay` seconds after they were sent, or count as sent: not before `connect` seconds from now."""
    queue: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()
    loop = asyncio.get_running_loop()
    connected = loop.time() + connect

    async def deliver() -> None:
        while True:
            due, data = await queue.get()
            await asyncio.sleep(max(0.0, due - loop.time()))
            if not data:
                break
            writer.write(data)
            await writer.drain()
        with contextlib.suppress(OSError, RuntimeError):
            writer.write_eof() if writer.can_write_eof() else writer.close()

    task = asyncio.create_task(deliver())
    with contextlib.suppress(OSError):
        while data := await reader.read(CHUNK):
            queue.put_nowait((max(loop.time(), connected) + delay, data))
    queue.put_nowait((max(loop.time(), connected) + delay, b""))
    with contextlib.suppress(OSError):
        await task


async def join(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, port: int, delay: float, connect: float
) -> None:
    """Connect to a port on loopback and forward bytes both ways."""
    with contextlib.suppress(OSError):
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.gather(pump(reader, far_writer, delay, connect), pump(far_reader, writer, delay, 0.0))
        far_writer.close()
    writer.close()


async def main(upstream: int, round_trip: float, certificate: str) -> None:
    """Serve until killed."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    plain = await asyncio.start_server(lambda r, w: join(r, w, upstream, 0.0, 0.0), "127.0.0.1", 0, ssl=context)
    behind = plain.sockets[0].getsockname()[1]
    front = await asyncio.start_server(lambda r, w: join(r, w, behind, round_trip / 2, round_trip), "127.0.0.1", 0)
    print(front.sockets[0].getsockname()[1], flush=True)
    async with plain, front:
        await asyncio.gather(plain.serve_forever(), front.serve_forever())


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), float(sys.argv[2]) / 1000, sys.argv[3]))
