"""Flask for what gateways call, without two things that it does for every request.

Neither is of any use to addresses that look at no host, with views that wait for nothing.
"""

from collections.abc import Callable
from typing import Any

from flask import Flask, Request
from werkzeug.routing import MapAdapter


class Application(Flask):
    """The application that hops, texts and reports come to."""

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
