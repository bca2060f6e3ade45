"""A proxy that does to a store what networks do: it delays, stalls, resets, and cuts replies.

It stands between the line and a server on loopback, and is told by a test how to behave. What
it does holds for the connections that are open as well, from the next octets on.
"""

import asyncio
import socket
import struct
import threading
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any

_CHUNK = 65_536
_LINGER_NOT = struct.pack("ii", 1, 0)
"""Closed with it, a socket resets its connection."""


@dataclass(frozen=True)
class Manner:
    """How a network behaves.

    Args:
        delay: seconds for which each piece of a reply is kept.
        stalls: nothing is passed on, in either direction, for as long as this holds.
        trickle: seconds between one octet of a reply and the next; 0 for all at once.
        cut_after: octets of the next reply that are passed on before its connection ends;
            None for all of them.
        resets: it ends by a reset, and not by a close.
    """

    delay: float = 0.0
    stalls: bool = False
    trickle: float = 0.0
    cut_after: int | None = None
    resets: bool = False


WELL = Manner()


class Proxy:
    """A port of its own before a server.

    Args:
        target: the host and port of the server, or the path of its socket.
    """

    def __init__(self, target: tuple[str, int] | str) -> None:
        self._target = target
        self._manner = WELL
        self._open: set[asyncio.StreamWriter] = set()
        self._ways: set[asyncio.Future[None]] = set()
        self._loop = asyncio.new_event_loop()
        self._changed = asyncio.Event()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.cuts = 0
        self.port = self._do(self._listen())

    def behave(self, manner: Manner = WELL) -> None:
        """Behave in another manner from now on."""
        self._do(self._behave(manner))

    def drop(self) -> None:
        """End every connection, now, by a reset."""
        self._do(self._drop())

    def close(self) -> None:
        """End everything."""
        self._do(self._stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _do(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout=10)

    async def _listen(self) -> int:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, backlog=256)
        return int(self._server.sockets[0].getsockname()[1])

    async def _behave(self, manner: Manner) -> None:
        self._manner = manner
        self._changed.set()
        self._changed = asyncio.Event()

    async def _drop(self) -> None:
        for writer in tuple(self._open):
            _end(writer, resets=True)

    async def _stop(self) -> None:
        self._server.close()
        await self._drop()
        for way in tuple(self._ways):
            way.cancel()
        while self._ways:
            await asyncio.sleep(0)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        try:
            if isinstance(self._target, str):
                theirs = await asyncio.open_unix_connection(self._target)
            else:
                theirs = await asyncio.open_connection(*self._target)
        except OSError:
            _end(writer, resets=True)
            self._open.discard(writer)
            return
        self._open.add(theirs[1])
        ways = {
            asyncio.ensure_future(self._pass_on(reader, theirs[1])),
            asyncio.ensure_future(self._pass_back(theirs[0], writer)),
        }
        self._ways |= ways
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._ways -= ways
            for way in ways:
                way.cancel()
            for one in (writer, theirs[1]):
                self._open.discard(one)
                _end(one)

    async def _pass_on(self, reader: asyncio.StreamReader, to: asyncio.StreamWriter) -> None:
        while read := await _read(reader):
            await self._stalled()
            to.write(read)

    async def _pass_back(self, reader: asyncio.StreamReader, to: asyncio.StreamWriter) -> None:
        while read := await _read(reader):
            await asyncio.sleep(self._manner.delay)
            await self._stalled()
            manner = self._manner
            if manner.cut_after is not None:
                to.write(read[: manner.cut_after])
                await asyncio.sleep(0)
                self.cuts += 1
                _end(to, manner.resets)
                return
            for octet in range(len(read)) if manner.trickle else ():
                to.write(read[octet : octet + 1])
                await asyncio.sleep(self._manner.trickle)
            if not manner.trickle:
                to.write(read)

    async def _stalled(self) -> None:
        while self._manner.stalls:
            await self._changed.wait()


async def _read(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.read(_CHUNK)
    except OSError:
        return b""


def _end(writer: asyncio.StreamWriter, resets: bool = False) -> None:
    """End a connection; a reset throws away what the other side has not read yet."""
    if resets and not writer.transport.is_closing():
        own = writer.get_extra_info("socket")
        if own.family == socket.AF_INET:
            own.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_NOT)
        writer.transport.abort()
    else:
        writer.close()
