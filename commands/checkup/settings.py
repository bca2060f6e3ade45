"""What the doctor looks at first: settings, keys, tokens, menus and the machine."""

import os
import pwd
import shutil
import tempfile
from collections.abc import Iterator

from commands.checkup.finding import Check, Finding, fail, ok, warn
from commands.checkup.patient import Patient
from models.keys import BadKey, Versions

LEAST_OCTETS, FEW_OCTETS = 100 * 1024**2, 1024**3
"""Free space under which VAR_DIR is in trouble, and under which it soon may be."""

_SECRET_LETTERS = 32
_APART = "ARCHIVE_PRIVATE_KEY"


def settings(patient: Patient) -> Iterator[Finding]:
    """Look at the settings."""
    patient.prove()
    yield ok("a demonstration's settings" if patient.demo else "every setting is there")


def keys(patient: Patient) -> Iterator[Finding]:
    """Look at the keys."""
    for name, text in patient.keys.items():
        if name != _APART:
            yield _key(name, text)
        elif text:
            do = "keep it away from the line: rotation alone needs it"
            yield fail(f"{name} is set here", do)
    if 0 < len(patient.secret) < _SECRET_LETTERS:
        do = "flask keys new prints a longer one"
        yield warn(f"SECRET_KEY has fewer than {_SECRET_LETTERS} letters", do)


def _key(name: str, text: str) -> Finding:
    """Look at one key, which is told by its versions alone."""
    if not text:
        return fail(f"{name} is not set", "flask keys new")
    try:
        known = [version for version, _ in Versions.read(text).secrets]
    except BadKey:
        return fail(f"{name} cannot be read", "flask keys new shows what a key looks like")
    if len(known) == 1:
        return ok(f"{name}: version {known[0]}")
    older = ", ".join(map(str, known[1:]))
    do = "flask keys status says when the older may go"
    return warn(f"{name}: version {known[0]}, and still {older}", do)


def tokens(patient: Patient) -> Iterator[Finding]:
    """Look at the tokens."""
    count = len(patient.tokens)
    if not count:
        yield fail("GATEWAY_TOKENS: none", "flask keys new")
    elif count == 1:
        yield ok("GATEWAY_TOKENS: one")
    else:
        yield warn(
            f"GATEWAY_TOKENS: {count} are taken",
            "take the older away once every gateway calls with the first",
        )
    if patient.metrics_token:
        yield ok("METRICS_TOKEN is set")
    else:
        yield ok("METRICS_TOKEN is not set: /metrics answers on loopback alone")


def menus(patient: Patient) -> Iterator[Finding]:
    """Look at the proof of the menus."""
    yield ok(f"the menus are proved: {patient.pages()} pages fit")


def var_dir(patient: Patient) -> Iterator[Finding]:
    """Look at VAR_DIR."""
    folder = patient.var_dir
    if not folder.is_dir():
        yield fail(
            f"VAR_DIR: there is no folder {folder}", "make it, for the account that serves"
        )
        return
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"1919")
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        what = f"VAR_DIR cannot be written: {os.strerror(error.errno or 0)}"
        yield fail(what, "nothing is looked up so: see docs/runbook.md, VAR_DIR")
        return
    owner = folder.stat().st_uid
    if os.geteuid() not in (0, owner):
        yield warn(f"VAR_DIR belongs to {_account(owner)}", "run the doctor as that account")
    else:
        yield ok(f"VAR_DIR can be written, and belongs to {_account(owner)}")
    free = shutil.disk_usage(folder).free
    room = f"VAR_DIR: {free / 1024**3:.1f} GiB are free"
    if free < LEAST_OCTETS:
        yield fail(room, "make room: a full disk ends look-ups")
    else:
        yield warn(room, "make room") if free < FEW_OCTETS else ok(room)


def processors(_patient: Patient) -> Iterator[Finding]:
    """Look at the processors."""
    count = os.cpu_count() or 1
    if count < 2:
        yield warn("one processor", "give the web and the stores one each: two at least")
    else:
        yield ok(f"{count} processors: as many web processes (gunicorn -w) are enough")


def _account(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"account {uid}"


CHECKS: tuple[Check, ...] = (settings, keys, tokens, menus, var_dir, processors)
