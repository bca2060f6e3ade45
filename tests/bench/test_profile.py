"""The parts of a hop, told from what py-spy saw."""

from bench.profile import shares_of

_VIEW = (
    "Worker._serve (ussd/worker.py:1);Flask.wsgi_app (flask/app.py:2);turn (menus/turn.py:3)"
)


def test_a_part_is_told_by_the_nearest_file_that_is_known() -> None:
    shares = shares_of(
        [
            f"{_VIEW} 1",
            f"{_VIEW};Sessions.load (menus/sessions.py:9);recv (socket.py:1) 2",
            f"{_VIEW};rows (models/ready.py:5);execute (/x/site-packages/psycopg/a.py:7) 1",
        ]
    )

    assert shares == {
        "the session loaded and saved, sealed (Redis)": 0.5,
        "the menus: keys taken, pages laid out": 0.25,
        "SQL: the language, the look-up": 0.25,
    }


def test_what_moves_look_ups_is_no_look_up() -> None:
    stack = "Mover._run (menus/lookups.py:1);upsert (models/upsert.py);_lend (models/base.py:3)"

    assert list(shares_of([f"{stack} 4"])) == ["look-ups moved to the database"]


def test_a_log_line_is_a_part_whoever_writes_it() -> None:
    stack = f"{_VIEW};Logger.info (logging/__init__.py:1);Logger._log (logging/__init__.py:2)"

    assert list(shares_of([f"{stack};_Lines.format (logs.py:3) 4"])) == ["the log line"]


def test_what_is_not_known_is_the_rest() -> None:
    assert shares_of(["main (somewhere.py:1) 4"]) == {"the rest": 1.0}
