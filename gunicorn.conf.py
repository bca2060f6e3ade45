"""How gunicorn serves the line. Every worker holds its own connections."""

import logging
import sys
from typing import Any

from gunicorn.glogging import Logger

import logs
from app import proved_menus, read_country
from config import WEB, BadSettings, Config

_config = Config.from_env()

bind = f"127.0.0.1:{_config.port}" if _config.demo else f"0.0.0.0:{_config.port}"
worker_class = "gthread"
workers = 2
threads = 8
timeout = 30
graceful_timeout = 10
keepalive = 75
backlog = 128  # more would wait in silence for longer than a caller does
# Some gateways send what was typed in the address: one reply of 182 letters is 1,092 octets
# there, percent-encoded, and Safaricom sends all replies of a session. It is the most that
# gunicorn allows, and about what a body may hold.
limit_request_line = 8190
control_socket_disable = True  # nobody steers a line from outside its host
accesslog = None  # a path holds the gateway's token

# A hop waits for the interpreter each time that Redis, the database or the gateway has answered
# it, for this long at most while another thread writes a page, moves look-ups or starts.
sys.setswitchinterval(0.0005)


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


def on_starting(_server: Any) -> None:
    """Refuse to start on bad settings, before any worker tries."""
    try:
        _config.require(*WEB)
        read_country(_config)
        proved_menus(_config)
    except BadSettings as error:
        sys.exit(f"The line does not start:\n{error}")


def post_worker_init(worker: Any) -> None:
    """Make what people look at before calls come, not in the middle of them."""
    worker.wsgi.extensions["people"]()
