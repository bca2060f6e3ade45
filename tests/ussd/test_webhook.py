"""The gateway's way in: every valid hop is answered, and so is everything else."""

from flask.testing import FlaskClient

from tests.caller import Caller


def test_a_dial_is_answered_with_the_home_page(client: FlaskClient) -> None:
    page = Caller(client).dial()

    assert page.startswith("CON 1919 Ndio Form!\n")
