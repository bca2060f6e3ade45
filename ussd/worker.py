"""How a web process takes requests: gunicorn's threaded worker, with a door before the threads.

The main thread reads each request as a whole before a thread is spent on it, so that slow
connections cost none; looks at what it is; and hands it to the threads of callers, of
callbacks, of people, or of health, or turns it away at once: see `ussd.admission`. It never
waits for a client, not even to close a connection.
"""

import errno
import selectors
import socket
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any

from gunicorn.workers.gthread import ThreadWorker

from ussd.admission import Admission, Kind, Waiting, asks_to_close
from ussd.connection import BODY, Connection, size_of
from ussd.handover import Handover, Leave
from ussd.scales import LEAVES_SECONDS, Pan, Scales
from ussd.swift import receive, send
from ussd.threads import Threads
from ussd.whole import Whole

WHOLE_SECONDS = 10.0
"""A request that is not there in whole after this long is dropped: gateways wait no longer."""

SLOW_SECONDS = 1.0
"""One that takes longer than this is closed where no more connections may be open."""

CALLBACK_THREADS = 2
"""Threads of a process for texts and reports: with the callers', as many as connections to
the database are kept for them."""

PEOPLE_THREADS = 3
"""Threads of a process for pages that people look at, and for what is sent slowly."""

LINGER_SECONDS = 2.0
"""For how long a connection that is closed from here is read, so that its answer arrives."""

_HEAD = 32 * 1024
_KEPT_OPEN_SECONDS = 3.0
_FULL = 0.9
_CROWD, _CROWD_SECONDS = 8, 0.02
_AT_A_TIME = 32
_NOTED_SECONDS = 0.2


class Worker(ThreadWorker):  # type: ignore[misc] # gunicorn is untyped
    """One web process."""

    handover: Handover
    scales: Scales
    seat: int
    admission: Admission

    def init_process(self) -> None:
        """Begin, with the threads that gunicorn does not know of."""
        self._callbacks = Threads(CALLBACK_THREADS, "callbacks")
        self._people = Threads(PEOPLE_THREADS, "people")
        self._health = Threads(1, "health")
        self._lingering: deque[Connection] = deque()
        self._places = threading.Lock()
        self._leave = Leave(self.handover, self.age)
        self._standing_back: list[Any] = []
        self._noted_at = 0.0
        super().init_process()

    def run(self) -> None:
        """Serve until told to stop."""
        self.admission = self.wsgi.extensions["admission"]
        self._pan = Pan(self.scales, self.seat)
        super().run()
        for pool in (self._callbacks, self._people, self._health):
            pool.shutdown()

    def get_thread_pool(self) -> Threads:
        """Make the callers' threads."""
        return Threads(self.cfg.threads, "callers")

    def handle_exit(self, sig: Any, frame: Any) -> None:
        """Stop, once others are there where this is a reload."""
        if self._leave.ask():
            super().handle_exit(sig, frame)

    def notify(self) -> None:
        """Show the master that this process lives, and look after what is due."""
        now = time.monotonic()
        if now - self._noted_at > _NOTED_SECONDS:
            self._noted_at = now
            super().notify()
        if self.alive and self._leave.is_due():
            super().handle_exit(None, None)
        self._close_lingering()

    def wait_for_and_dispatch_events(self, timeout: float) -> None:
        """Wait until something comes, and take it; a crowd is taken at one go.

        Otherwise this thread, which turns many away in a millisecond, would lend the
        interpreter to all the others after each few of them.
        """
        if self._standing_back:
            timeout = min(timeout, LEAVES_SECONDS)
        events = self.poller.select(timeout)
        self._step_forward()
        is_crowd = len(events) >= _CROWD
        before = sys.getswitchinterval()
        if is_crowd:
            sys.setswitchinterval(_CROWD_SECONDS)
        try:
            for key, _ in events:
                key.data(key.fileobj)
        finally:
            if is_crowd:
                sys.setswitchinterval(before)

    def accept(self, listener: Any) -> None:
        """Take new connections, several at a time where they wait; slow ones go for them."""
        for _ in range(_AT_A_TIME):
            if self._pan.leaves():
                self._stand_back(listener)
                return
            try:
                client, address = listener.accept()
            except OSError as error:
                if error.errno not in (errno.EAGAIN, errno.ECONNABORTED, errno.EWOULDBLOCK):
                    raise
                return
            self._make_room()
            self._weigh(1)
            connection = Connection(self.cfg, client, address, listener.getsockname())
            self._listen_to(connection)
            self._keep(connection)
            self._read(connection)

    def set_accept_enabled(self, enabled: bool) -> None:
        """Take new connections from now on, or take none."""
        self._step_forward()
        super().set_accept_enabled(enabled)
        if not self.alive:
            self._pan.retire()

    def _stand_back(self, listener: Any) -> None:
        """Let another process take what has come, for a moment."""
        self.poller.unregister(listener)
        self._standing_back.append(listener)

    def _step_forward(self) -> None:
        for listener in self._standing_back:
            self.poller.register(listener, selectors.EVENT_READ, self.accept)
        self._standing_back.clear()

    def _weigh(self, more: int) -> None:
        """Take note of a connection more, or less."""
        self.nr_conns += more
        if self.alive:
            self._pan.weigh(self.nr_conns - len(self._lingering))

    def _make_room(self) -> None:
        """Where nearly as many connections are open as may be, close the slowest ones."""
        patience = time.monotonic() + WHOLE_SECONDS - SLOW_SECONDS
        for queue in (self.pending_conns, self.keepalived_conns):
            while queue and self.nr_conns > _FULL * self.worker_connections:
                if queue is self.pending_conns and queue[0].timeout > patience:
                    break
                self._drop(queue[0])

    def on_client_socket_readable(self, connection: Connection, _socket: Any) -> None:
        """Take what comes on a connection that was kept open."""
        self._read(connection)

    def enqueue_req(self, connection: Connection) -> None:
        """Take the request that came together with the one before."""
        connection.came = connection.parser.unreader.take_buffered()
        self._listen_to(connection)
        self._await_rest(connection)
        self._take_if_whole(connection)

    def finish_request(self, connection: Connection, kept: bool) -> None:
        """Keep a connection for its next request, or close it."""
        parser = connection.parser  # none where its only request was turned away
        if kept and parser is not None and parser.unreader.buf.getvalue():
            self.enqueue_req(connection)
        elif kept:
            self._listen_to(connection)
            self._keep(connection)
        else:
            self._close(connection)

    def _keepalive_after(self, connection: Connection, keepalive: bool) -> bool:
        """Say whether a connection can be used again: not where its body is still coming."""
        return bool(keepalive and connection.whole and connection.parser.finish_body())

    def _cap_keepalive(self, deadline: float) -> None:
        """Close connections by a deadline; later where others took over, and none hurries."""
        deadline += self._longer()
        with self._places:
            super()._cap_keepalive(deadline)
        for connection in self.pending_conns:
            connection.timeout = min(connection.timeout, deadline)

    def _longer(self) -> float:
        return _KEPT_OPEN_SECONDS if self.handover.is_followed(self.age) else 0.0

    def _listen_to(self, connection: Connection) -> None:
        """Look for what comes on a connection, from now on."""
        if not connection.heard:
            self._hear(connection, self._read)

    def _hear(self, connection: Connection, take: Callable[[Connection, Any], None]) -> None:
        connection.heard = True
        self.poller.register(connection.sock, selectors.EVENT_READ, partial(take, connection))

    def _look_away(self, connection: Connection) -> None:
        """Look for nothing more on a connection."""
        connection.heard = False
        with suppress(KeyError, ValueError):
            self.poller.unregister(connection.sock)

    def _read(self, connection: Connection, _socket: Any = None) -> None:
        """Read what is there, without waiting."""
        if connection.place is None:
            self._leave_unread(connection)
            return
        try:
            read = receive(connection.sock)
        except BlockingIOError:
            return
        except OSError:
            read = b""
        if not read:
            self._drop(connection)
            return
        connection.came += read
        self._take_if_whole(connection)

    def _leave_unread(self, connection: Connection) -> None:
        """Look for no more while a thread has a connection, or where it is closed."""
        with self._places:
            self._look_away(connection)
            was_kept = connection.place is not None  # by a thread, this very moment
        if was_kept:
            self._listen_to(connection)

    def _take_if_whole(self, connection: Connection) -> None:
        size = size_of(connection.came)
        if size == 0 and len(connection.came) < _HEAD:
            if connection.place is not self.pending_conns:
                self._await_rest(connection)
            return
        connection.whole = 0 < size <= len(connection.came)
        if 0 < size <= _HEAD + BODY and not connection.whole:
            if connection.place is not self.pending_conns:
                self._await_rest(connection)
            return
        connection.asked = self.admission.look(connection.came)
        is_alone = size == len(connection.came)
        if is_alone and self.admission.refuses(connection.asked.kind):
            self._refuse(connection)
        else:
            self._hand_on(connection)

    def _refuse(self, connection: Connection) -> None:
        """Turn a request away, here and now."""
        closes = not self.alive or asks_to_close(connection.came)
        answer = self.admission.refusal(connection.asked, closes)
        connection.came = b""
        try:
            sent = send(connection.sock, answer)
        except OSError:
            sent = 0
        if sent < len(answer):
            self._drop(connection)
        elif closes:
            self._close(connection)
        else:
            self._keep(connection)

    def _hand_on(self, connection: Connection) -> None:
        """Hand a request to the threads of its kind, which read what is not here yet."""
        self._unplace(connection)
        if not connection.whole:
            self._look_away(connection)
        kind = connection.asked.kind
        pool, waiting = self.tpool, self.admission.callers
        if kind is Kind.HEALTH and connection.whole:
            pool, waiting = self._health, Waiting()
        elif kind is Kind.PEOPLE or not connection.whole:
            pool, waiting = self._people, self.admission.people
        elif kind is Kind.CALLBACK:
            pool, waiting = self._callbacks, self.admission.callbacks
        waiting.enter(time.monotonic())
        pool.submit(self._serve, connection, waiting)

    def handle_request(self, req: Any, conn: Any) -> Any:
        """Answer a request; a client of too many is told to come anew with its next."""
        if self._pan.parts():
            req.force_close()
        kept = super().handle_request(req, conn)
        conn.sock.let_go()
        return kept

    def _serve(self, connection: Connection, waiting: Waiting) -> None:
        """Answer a request, on a thread."""
        kept = False
        try:
            kept = self._answer(connection, waiting)
        except Exception:
            self.log.exception("Error handling request")
        finally:
            if not kept or not self._keep_on(connection):
                self.method_queue.defer(self.finish_request, connection, kept)

    def _keep_on(self, connection: Connection) -> bool:
        """Keep a connection for its next request, on the thread that answered the last one.

        To have the main thread do so would wake it once more for each request.
        """
        parser = connection.parser
        if parser is not None and parser.unreader.buf.getvalue():
            return False
        with self._places:
            is_room = len(self.keepalived_conns) < self.max_keepalived
            if not (self.alive and connection.heard and is_room):
                return False
            self._put(connection, self.keepalived_conns, self.cfg.keepalive)
        return True

    def _answer(self, connection: Connection, waiting: Waiting) -> bool:
        """Answer a request; say whether its connection can be used again."""
        try:
            waited = waiting.begin(time.monotonic())
            if connection.whole and self.admission.is_late(connection.asked.kind, waited):
                return self._refuse_late(connection)
            connection.begin()
            return self._handle_whole(connection)
        finally:
            waiting.end()

    def _handle_whole(self, connection: Connection) -> bool:
        """Answer a request, in one piece; say whether its connection can be used again."""
        one = connection.sock
        connection.sock = whole = Whole(one)
        try:
            kept = bool(self.handle(connection))
            whole.let_go()  # what is no request is refused without being handled
        except OSError:
            kept = False
        finally:
            connection.sock = one
        return kept

    def _refuse_late(self, connection: Connection) -> bool:
        closes = not self.alive or asks_to_close(connection.came)
        connection.came = b""
        try:
            connection.sock.sendall(self.admission.refusal(connection.asked, closes))
        except OSError:
            return False
        return not closes

    def _await_rest(self, connection: Connection) -> None:
        """Wait for the rest of a request, for a while."""
        self._place(connection, self.pending_conns, WHOLE_SECONDS)

    def _keep(self, connection: Connection) -> None:
        """Keep a connection for its next request, as long as gateways may pause."""
        kept = self.cfg.keepalive if self.alive else LINGER_SECONDS + self._longer()
        if len(self.keepalived_conns) >= self.max_keepalived:
            self._drop(self.keepalived_conns[0])
        self._place(connection, self.keepalived_conns, kept)

    def _place(
        self, connection: Connection, place: "deque[Connection]", seconds: float
    ) -> None:
        self._unplace(connection)
        with self._places:
            self._put(connection, place, seconds)

    def _put(self, connection: Connection, place: "deque[Connection]", seconds: float) -> None:
        connection.timeout = time.monotonic() + seconds
        connection.place = place
        place.append(connection)

    def _unplace(self, connection: Connection) -> None:
        """Take a connection from those whose turn to be closed comes."""
        if connection.place is not None:
            with self._places, suppress(ValueError):
                connection.place.remove(connection)
            connection.place = None

    def _forget(self, connection: Connection) -> None:
        """Look for nothing more on a connection, and wait for it no longer."""
        self._look_away(connection)
        self._unplace(connection)

    def _drop(self, connection: Connection) -> None:
        """Close a connection that nobody is to be answered on."""
        self._forget(connection)
        self._weigh(-1)
        connection.close()

    def _close(self, connection: Connection) -> None:
        """Close a connection so that its last answer arrives: reading goes on for a little."""
        try:
            self._look_away(connection)
            connection.sock.shutdown(socket.SHUT_WR)
            self._hear(connection, self._drain)
        except OSError:
            self._drop(connection)
            return
        self._place(connection, self._lingering, LINGER_SECONDS)
        self._weigh(0)

    def _drain(self, connection: Connection, _socket: Any) -> None:
        """Read what nobody wants any more, until the client has closed as well."""
        if connection.place is None:
            return
        try:
            if receive(connection.sock):
                return
        except BlockingIOError:
            return
        except OSError:
            self.log.debug("a client was gone")
        self._drop(connection)

    def _close_lingering(self) -> None:
        now = time.monotonic()
        while self._lingering and (self._lingering[0].timeout <= now or not self.alive):
            self._drop(self._lingering[0])
