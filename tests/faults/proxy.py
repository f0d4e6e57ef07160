"""An HTTP proxy on loopback that stands before a storage server and breaks what passes, when told to."""

import asyncio
import random
from contextlib import suppress
from threading import Event, Thread

HEAD_LIMIT = 1 << 16
BREAKS = ("refused", "slow", "half", "reset")


class FaultyProxy:
    """Passes bytes on; while `share` is above 0, that part of the new requests meets one of `breaks`. A context
    manager, which runs in a thread of its own.
    """

    def __init__(self, upstream_port: int, seed: int) -> None:
        self._upstream_port = upstream_port
        self._random = random.Random(seed)
        self._loop = asyncio.new_event_loop()
        self._ready = Event()
        self._open: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task] = set()
        self._thread = Thread(target=self._run, name="proxy", daemon=True)
        self.share = 0.0
        self.breaks = BREAKS
        self.broken = 0
        self.port = 0

    def __enter__(self):
        self._thread.start()
        assert self._ready.wait(10)
        return self

    def __exit__(self, *_):
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    def break_requests(self, share: float, *breaks: str) -> None:
        """Break this share of the requests from now on; connections that are kept alive are cut, to be new ones."""
        self.share, self.breaks = share, breaks or BREAKS
        self._loop.call_soon_threadsafe(self._cut)

    def _cut(self) -> None:
        for writer in list(self._open):
            writer.transport.abort()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(asyncio.start_server(self._serve, "127.0.0.1", 0))
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        self._loop.run_forever()
        server.close()
        self._cut()
        for task in self._tasks:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*self._tasks, return_exceptions=True))
        self._loop.run_until_complete(self._loop.shutdown_asyncgens())
        self._loop.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        self._tasks.add(asyncio.current_task())
        try:
            how = self._random.choice(self.breaks) if self._random.random() < self.share else ""
            self.broken += bool(how)
            await self._answer(how, reader, writer)
        except (OSError, EOFError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass
        finally:
            self._open.discard(writer)
            self._tasks.discard(asyncio.current_task())
            writer.transport.abort()

    async def _answer(self, how: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if how == "refused":
            await reader.readuntil(b"\r\n\r\n")
            status = self._random.choice(
                ["500 Internal Server Error", "503 Slow Down", "507 Insufficient Storage"]
            )
            writer.write(f"HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())
            await writer.drain()
            writer.write_eof()
            with suppress(asyncio.TimeoutError):
                await asyncio.wait_for(reader.read(), 1)
            return
        if how == "reset":
            await reader.readuntil(b"\r\n\r\n")
            return
        if how == "slow":
            await asyncio.sleep(2)
        up_reader, up_writer = await asyncio.open_connection("127.0.0.1", self._upstream_port)
        self._open.add(up_writer)
        try:
            upward = asyncio.ensure_future(_pass_on(reader, up_writer))
            await (_half(up_reader, writer) if how == "half" else _pass_on(up_reader, writer))
            upward.cancel()
        finally:
            self._open.discard(up_writer)
            up_writer.transport.abort()


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while chunk := await reader.read(HEAD_LIMIT):
            writer.write(chunk)
            await writer.drain()


async def _half(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """The first answer's head, and half of what it says will follow."""
    head = await reader.readuntil(b"\r\n\r\n")
    while head.startswith(b"HTTP/1.1 100"):
        writer.write(head)
        head = await reader.readuntil(b"\r\n\r\n")
    lines = head.decode("latin-1").lower().split("\r\n")
    length = next((int(line.split(":")[1]) for line in lines if line.startswith("content-length:")), 0)
    writer.write(head)
    if length:
        writer.write(await reader.readexactly(length // 2))
    await writer.drain()
