"""Passwords and one-time codes: choosing, hashing, and holding somebody against them."""

import hmac
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pyotp
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from zxcvbn import zxcvbn

from models.agents import Secrets

SHORTEST, LONGEST = 12, 100
"""Letters in a password."""

STRONG = 3
"""Of zxcvbn's 0 to 4: more than 10^8 guesses."""

_READ = 72
"""Letters that zxcvbn reads, to be done in time."""

STEP_SECONDS = 30
_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
"""Argon2id as OWASP's cheat sheet on storing passwords asks for at least: 19 MiB, 2 rounds."""

_NOBODY = _HASHER.hash("nobody has this password")
_SLOTS = threading.BoundedSemaphore(3)
_ONE = threading.Lock()


class Busy(Exception):
    """Too many sign in at this moment: callers come first."""


def faults_of(password: str, account: str) -> str:
    """Name what is wrong with a password that somebody chose; empty where it will do.

    Returns:
        `short`, `long` or `guessable`.
    """
    if len(password) < SHORTEST:
        return "short"
    if len(password) > LONGEST:
        return "long"
    judged = zxcvbn(password[:_READ], user_inputs=[account, "1919", "huduma", "kenya"])
    return "guessable" if judged["score"] < STRONG else ""


def hashed(password: str) -> str:
    """Hash a password with argon2id.

    Raises:
        Busy: others are at it.
    """
    with _turn():
        return _HASHER.hash(password)


def fresh_secret() -> str:
    """Make the secret of one-time codes, in base 32 (RFC 6238)."""
    return pyotp.random_base32()


def address_of(secret: str, account: str) -> str:
    """Write what an authenticator reads, as an `otpauth:` address."""
    return pyotp.TOTP(secret).provisioning_uri(name=account, issuer_name="1919")


def step_of(secret: str, code: str, now: float | None = None) -> int:
    """Give the time step that a one-time code is of: this one or a neighbour; 0 where none."""
    this = int((now if now is not None else time.time()) // STEP_SECONDS)
    totp, found = pyotp.TOTP(secret), 0
    given = code.encode(errors="surrogatepass")
    for step in (this - 1, this, this + 1):
        if hmac.compare_digest(totp.at(step * STEP_SECONDS).encode(), given):
            found = step
    return found


def right_step(known: Secrets | None, password: str, code: str) -> int:
    """Hold somebody against what is kept: the time step of their code, or 0 where wrong.

    It takes as long for an account that nobody has.

    Raises:
        Busy: others are at it.
    """
    with _turn():
        is_right = _verifies(known.password if known else "", password)
    step = step_of((known.totp if known else "") or _SOME_SECRET, code)
    is_used = known is not None and step <= known.step
    return step if is_right and known and known.totp and not is_used else 0


_SOME_SECRET = fresh_secret()


def _verifies(kept: str, password: str) -> bool:
    try:
        return _HASHER.verify(kept or _NOBODY, password[: LONGEST + 1]) and bool(kept)
    except (VerificationError, InvalidHashError):
        return False


@contextmanager
def _turn() -> Iterator[None]:
    """Let one hash be made at a time, and few wait: a flood of tries must not take all threads.

    Raises:
        Busy: enough wait already.
    """
    if not _SLOTS.acquire(blocking=False):
        raise Busy
    try:
        with _ONE:
            yield
    finally:
        _SLOTS.release()
