"""How gunicorn serves the line. Every worker holds its own connections."""

import atexit
import gc
import logging
import os
import resource
import sys
from pathlib import Path
from typing import Any

from gunicorn import util
from gunicorn.glogging import Logger

_GARBAGE = 10_000
"""Objects made and not freed before Python looks for cycles: some twenty hops'."""

_HERE = Path(__file__).parent


def _is_sound() -> bool:
    """Say whether the code and the words that lie there now can serve: a child tries."""
    told, telling = os.pipe()
    if os.fork() == 0:
        try:
            os.close(told)
            _forget_code()
            _try_all()
            os.write(telling, b"sound")
        except BaseException:
            logging.getLogger(__name__).exception("the new code cannot serve")
        finally:
            os._exit(0)  # gunicorn takes note of another code
    os.close(telling)
    with os.fdopen(told, "rb") as verdict:
        return verdict.read() == b"sound"


def _try_all() -> None:
    """Read the code, the settings and the words anew, and prove the menus."""
    import ussd.worker  # noqa: F401
    from app import proved_menus, read_country
    from config import WEB, Config

    config = Config.from_env()
    config.require(*WEB)
    proved_menus(config, read_country(config))


def _forget_code() -> None:
    """Forget the line's own modules, so that they are read anew."""
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None) or ""
        inside = file.startswith(f"{_HERE}{os.sep}") and "site-packages" not in file
        if inside and name not in (__name__, "__main__"):
            del sys.modules[name]


# A reload takes the code that lies there by then, if that can serve; else the old goes on.
_is_reload = "app" in sys.modules
if _is_reload and _is_sound():
    _forget_code()
elif _is_reload:
    logging.getLogger(__name__).error("the new code cannot serve: the old goes on")

import logs  # noqa: E402
from app import proved_menus, read_country  # noqa: E402
from config import WEB, BadSettings, Config  # noqa: E402
from menus.meters import SEATS, Board  # noqa: E402
from ussd.cores import settle  # noqa: E402
from ussd.handover import Handover  # noqa: E402
from ussd.scales import Scales  # noqa: E402
from ussd.worker import Worker  # noqa: E402

_config = Config.from_env()

bind = f"127.0.0.1:{_config.port}" if _config.demo else f"0.0.0.0:{_config.port}"
worker_class = Worker
workers = 2
threads = 6  # for callers; texts and reports have two beside them
worker_connections = 4000
timeout = 30
graceful_timeout = 10
keepalive = 75
backlog = 512  # they are accepted at once, and told at once where the line is busy
# Some gateways send what was typed in the address: one reply of 182 letters is 1,092 octets
# there, percent-encoded, and Safaricom sends all replies of a session. It is the most that
# gunicorn allows, and about what a body may hold.
limit_request_line = 8190
# As many connections as may be open need as many descriptors, and some for the stores.
_hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
_wanted = worker_connections + 500
_soft = _wanted if _hard == resource.RLIM_INFINITY else min(_hard, _wanted)
resource.setrlimit(resource.RLIMIT_NOFILE, (_soft, _hard))
worker_connections = min(worker_connections, _soft // 2)
control_socket_disable = True  # nobody steers a line from outside its host
accesslog = None  # a path holds the gateway's token


class _Scrubbed(Logger):  # type: ignore[misc] # gunicorn is untyped
    """gunicorn's own log, through our allow-list: it quotes the path of a bad request."""

    def setup(self, cfg: Any) -> None:
        """Send everything to the line's log."""
        super().setup(cfg)
        logs.configure()
        self.error_log.handlers[:] = []
        self.error_log.propagate = True
        logging.getLogger("gunicorn.access").handlers[:] = []


logger_class = _Scrubbed


def _refuse(client: Any, status: int, reason: str, _quoted: str) -> None:
    """Answer what is no request; gunicorn's own page would quote it, whatever it holds."""
    head = f"HTTP/1.1 {status} {reason}\r\nConnection: close\r\nContent-Type: text/plain\r\n"
    util.write_nonblock(client, f"{head}Content-Length: 0\r\n\r\n".encode())


util.write_error = _refuse


def _prove() -> None:
    """Prove the menus in the master: its workers are born with the proof.

    Raises:
        BadSettings: naming all that lacks or is wrong.
    """
    _config.require(*WEB)
    proved_menus(_config, read_country(_config))


def on_starting(server: Any) -> None:
    """Refuse to start on bad settings, before any worker tries."""
    try:
        _prove()
    except BadSettings as error:
        sys.exit(f"The line does not start:\n{error}")
    server.handover = Handover()
    server.board, server.scales = Board(), Scales(SEATS)


def on_reload(server: Any) -> None:
    """Let the workers that serve go on until those that follow are ready."""
    try:
        _prove()
    except BadSettings:
        logging.getLogger(__name__).exception("the settings that are read now are no good")
    server.handover.begin(server.worker_age, server.cfg.workers)
    server.board = Board()  # the code that comes may count other things
    server.scales = Scales(SEATS)  # those that leave have clients that will come anew


def pre_fork(server: Any, worker: Any) -> None:
    """Give a worker what it shares with the others."""
    worker.handover = server.handover
    worker.board, worker.scales = server.board, server.scales
    taken = {one.seat for one in server.WORKERS.values() if one.board is server.board}
    worker.seat = next((one for one in range(SEATS) if one not in taken), 0)


def post_fork(server: Any, worker: Any) -> None:
    """Give a worker its core, and let it end at once when all was put away.

    Taking itself apart takes seconds.
    """
    settle(worker.seat, server.cfg.workers)
    atexit.register(_end, worker)  # first to be registered, last to be run


def _end(worker: Any) -> None:
    if worker.booted:
        os._exit(0)


def post_worker_init(worker: Any) -> None:
    """Make what people look at before calls come, not in the middle of them."""
    worker.wsgi.extensions["people"]()
    # What was made by now stays: looking through it for cycles held hops up by 100 ms.
    gc.collect()
    gc.freeze()
    gc.set_threshold(_GARBAGE)
    worker.wsgi.extensions["line"]().meters.share(worker.board, worker.seat)
    worker.handover.is_ready(worker.age)
