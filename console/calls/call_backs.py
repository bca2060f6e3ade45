"""Call-backs: an agent takes one on, and its call begins."""

from flask import Response

from console.calls import serving
from console.pages import Pages
from console.parts import gone, tell
from models.agents import Role

pages = Pages("call_backs")


@pages.page("/call-backs/<int:call_back_id>/take", Role.AGENT, methods=["POST"])
def take(call_back_id: int) -> Response:
    """Take a request on, and ring: of two agents, one gets it."""
    begun = serving.ring_back(call_back_id)
    if begun is None:
        tell("calls.taken_already", kind="fault")
        return gone("calls.calls")
    if not begun.is_new:
        tell("calls.one_open", kind="fault")
    return gone("calls.call", call_id=begun.call_id)
