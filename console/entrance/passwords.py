"""Passwords and one-time codes: choosing, hashing, and holding somebody against them."""

import hmac
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
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
REST_SECONDS = 0.5
"""After a wrong password nothing is hashed for this long: a flood of tries must not take the
processor from callers."""

_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
"""Argon2id as OWASP's cheat sheet on storing passwords asks for at least: 19 MiB, 2 rounds."""

_NOBODY = _HASHER.hash("nobody has this password")
_WAITING = 3
"""Hashes that may wait at a time, the one that is made included: more are turned away."""

_SLOTS = {is_known: threading.BoundedSemaphore(_WAITING) for is_known in (True, False)}
"""For browsers that signed in before, and for others, who take no room from those."""


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


@contextmanager
def turn(is_known_browser: bool) -> Iterator[None]:
    """Wait for one's turn at being judged, with few others: a flood must not take all threads.

    Raises:
        Busy: enough wait already.
    """
    slots = _SLOTS[is_known_browser]
    if not slots.acquire(blocking=False):
        raise Busy
    try:
        yield
    finally:
        slots.release()


def hashed(password: str) -> str:
    """Hash a password with argon2id."""
    return _HASHING[False].submit(_HASHER.hash, password).result()


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


def right_step(
    known: Secrets | None, password: str, code: str, is_known_browser: bool = False
) -> int:
    """Hold somebody against what is kept: the time step of their code, or 0 where wrong.

    It takes as long for an account that nobody has.
    """
    hashing, kept = _HASHING[is_known_browser], known.password if known else ""
    is_right = hashing.submit(_verifies, kept, password).result()
    if not is_right:
        hashing.submit(time.sleep, REST_SECONDS)
    step = step_of((known.totp if known else "") or _SOME_SECRET, code)
    is_used = known is not None and step <= known.step
    return step if is_right and known and known.totp and not is_used else 0


_SOME_SECRET = fresh_secret()


def _verifies(kept: str, password: str) -> bool:
    try:
        return _HASHER.verify(kept or _NOBODY, password[: LONGEST + 1]) and bool(kept)
    except (VerificationError, InvalidHashError):
        return False


_HASHING = {is_known: ThreadPoolExecutor(1, "passwords") for is_known in (True, False)}
"""Their threads start with the first hash, so that each of gunicorn's workers has its own."""
