"""What keeps the pages' browsers safe: headers, cookies, forged forms (ASVS 5.0, V3 and V7)."""

from flask import Flask, Request, Response, abort, request
from flask_wtf.csrf import CSRFProtect
from werkzeug.exceptions import BadRequest

FACES = ("/console", "/simulator")
"""Where the pages stand that people look at."""

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
_A_YEAR = 365 * 24 * 60 * 60

_csrf = CSRFProtect()


def protect(app: Flask, secret: str, demo: bool) -> None:
    """Put headers on everything that an application answers, and settle its cookies.

    Args:
        secret: signs the cookie that holds the forms' token and what the next page says.
        demo: the browser speaks plain HTTP to its own machine, and could keep no cookie
            that is for HTTPS alone.
    """
    app.config.update(
        SECRET_KEY=secret,
        SESSION_COOKIE_NAME=cookie_name("form", demo),
        SESSION_COOKIE_SECURE=not demo,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Strict",
        SESSION_COOKIE_PATH="/",
        WTF_CSRF_CHECK_DEFAULT=False,
        WTF_CSRF_TIME_LIMIT=None,
        WTF_CSRF_SSL_STRICT=False,  # browsers send no referrer from here; see `refuse_forged`
    )
    _csrf.init_app(app)

    @app.after_request
    def add_headers(response: Response) -> Response:
        response.headers.update(HEADERS)
        if not demo:
            response.headers["Strict-Transport-Security"] = f"max-age={_A_YEAR}"
        if not is_static(request):
            response.headers["Cache-Control"] = "no-store"
        return response


def cookie_name(name: str, demo: bool) -> str:
    """Name a cookie; `__Host-` binds it to this very host, by HTTPS (RFC 6265bis)."""
    return f"line-{name}" if demo else f"__Host-line-{name}"


def refuse_forged() -> None:
    """Turn away a form that another site sent, or that lacks our token."""
    if request.method in ("GET", "HEAD", "OPTIONS"):
        return
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        abort(403)
    try:
        _csrf.protect()
    except BadRequest:
        abort(403)


def is_static(asked: Request) -> bool:
    """Say whether a style or a script is asked for, which is the same for everybody."""
    return bool(asked.endpoint) and str(asked.endpoint).endswith(".static")
