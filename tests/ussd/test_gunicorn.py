"""What gunicorn is told: threads that never wait for a connection, and nothing from outside."""

import ast
import inspect
from pathlib import Path

from models.base import Database
from ussd.worker import CALLBACK_THREADS

CONF = Path(__file__).parents[2] / "gunicorn.conf.py"
_SET = {
    target.id: node.value
    for node in ast.parse(CONF.read_text(encoding="utf-8")).body
    if isinstance(node, ast.Assign)
    for target in node.targets
    if isinstance(target, ast.Name)
}


def test_every_thread_for_callers_and_callbacks_has_a_connection_to_the_database() -> None:
    connections = inspect.signature(Database).parameters["connections"].default

    assert ast.literal_eval(_SET["threads"]) + CALLBACK_THREADS == connections


def test_a_server_has_two_web_processes_whatever_its_environment_says() -> None:
    assert ast.literal_eval(_SET["workers"]) == 2
