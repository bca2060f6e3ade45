"""Browsers that signed in before: each is counted apart from whoever guesses elsewhere.

The cookie holds a signed account and chance (OWASP, device cookies). It opens nothing.
"""

import hashlib
import hmac
import secrets

from flask import Response, request
from itsdangerous import BadSignature, URLSafeTimedSerializer

from console.security import cookie_name

_KEPT_SECONDS = 180 * 24 * 60 * 60
_STRANGERS = 2
"""Octets that accounts which nobody has are told apart by: so few rows come of any flood."""


class KnownBrowsers:
    """Names the bucket in which a try to sign in is counted.

    Args:
        secret: signs the cookie, and hides accounts in buckets' names.
    """

    def __init__(self, secret: str, demo: bool) -> None:
        self._secret = secret.encode()
        self._signer = URLSafeTimedSerializer(secret, salt="known browser")
        self._cookie, self._demo = cookie_name("browser", demo), demo

    def bucket(self, account: str, is_known: bool) -> bytes:
        """Name the bucket of a try for an account from this request's browser.

        Args:
            is_known: somebody has this account.
        """
        browser = self._browser_of(account)
        digest = hmac.digest(self._secret, f"{account}|{browser}".encode(), hashlib.sha256)
        return digest if is_known else digest[:_STRANGERS] + bytes(len(digest) - _STRANGERS)

    def knows(self, account: str) -> bool:
        """Say whether this request's browser signed in to an account before."""
        return bool(self._browser_of(account))

    def remember(self, response: Response, account: str) -> None:
        """Let this browser be known for an account from now on."""
        written = self._signer.dumps([account, secrets.token_hex(16)])
        response.set_cookie(
            self._cookie,
            str(written),
            max_age=_KEPT_SECONDS,
            secure=not self._demo,
            httponly=True,
            samesite="Strict",
        )

    def _browser_of(self, account: str) -> str:
        """Give what tells this browser from others; empty where it is none of this account."""
        try:
            kept = self._signer.loads(
                request.cookies.get(self._cookie, ""), max_age=_KEPT_SECONDS
            )
        except BadSignature:
            return ""
        return str(kept[1]) if kept[0] == account else ""
