"""Flask for what gateways call, without some things that it does for every request.

None of them is of any use to addresses that look at no host, with views that wait for nothing
and answers that are whole.
"""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from flask import Flask, Request, Response
from flask.ctx import RequestContext
from werkzeug.datastructures import Headers
from werkzeug.exceptions import HTTPException
from werkzeug.routing import MapAdapter, Rule

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

_KNOWN = 64
"""Addresses that are known by heart: the few that gateways call."""


class Application(Flask):
    """The application that hops, texts and reports come to."""

    def __init__(self, *given: Any, **options: Any) -> None:
        super().__init__(*given, **options)
        self.found = lru_cache(_KNOWN)(self._found)

    def request_context(self, environ: "WSGIEnvironment") -> RequestContext:
        """Begin a request."""
        return _Request(self, environ)

    def create_url_adapter(self, request: Request | None) -> MapAdapter | None:
        """Find an address by its path alone.

        Flask looks at the host each time, and writes it as a domain's name: 3 % of a hop.
        """
        if request is None:
            return super().create_url_adapter(request)
        return MapAdapter(
            self.url_map,
            server_name="",
            script_name=request.root_path,
            subdomain="",
            url_scheme=request.scheme,
            path_info=request.path,
            default_method=request.method,
            query_args=request.query_string.decode("latin-1"),
        )

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """Take a view as it is: to see whether it is a coroutine took 1 % of a hop."""
        return func

    def _found(self, method: str, path: str) -> tuple[Rule, Mapping[str, Any]]:
        return self.url_map.bind("").match(path, method, return_rule=True)


class _Request(RequestContext):
    """A request whose address may be known by heart: to match it anew takes 2 % of a hop."""

    app: Application

    def match_request(self) -> None:
        """Find the view that takes it."""
        try:
            rule, parts = self.app.found(self.request.method, self.request.path)
        except HTTPException:
            super().match_request()
        else:
            self.request.url_rule, self.request.view_args = rule, dict(parts)


class Answer(Response):
    """A whole answer, its headers sent as they stand.

    werkzeug copies them and looks for what an answer might lack: 2 % of a hop.
    """

    def get_wsgi_headers(self, environ: "WSGIEnvironment") -> Headers:
        """Give the headers, the length among them since the body was set."""
        return self.headers
