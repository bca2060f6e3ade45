"""A caller: dials, keys, and sees pages, through the gateway's own address."""

import itertools
from datetime import UTC, datetime
from urllib.parse import urlencode

from flask.testing import FlaskClient

TOKEN = "t" * 32
PHONE = "+254711000111"
_sessions = itertools.count(1)


class Caller:
    """One session on one phone, with the fields and bytes that Africa's Talking sends."""

    def __init__(self, client: FlaskClient, phone: str = PHONE, code: str = "*1919#") -> None:
        self._client = client
        self.phone = phone
        self.code = code
        self.session = f"ATUid_{next(_sessions):032x}"
        self.inputs: list[str] = []

    def dial(self, *inputs: str) -> str:
        """Dial, perhaps with keys behind the code; give the page with its prefix."""
        self.inputs = list(inputs)
        return self.send()

    def key(self, key: str) -> str:
        """Press a key and send it."""
        self.inputs.append(key)
        return self.send()

    def keys(self, *keys: str) -> str:
        """Dial, then press keys one after the other; give the last page."""
        page = self.dial()
        for key in keys:
            page = self.key(key)
        return page

    def send(self, text: str | None = None) -> str:
        """Send the hop as it stands, or one with another text."""
        body = urlencode(
            {
                "phoneNumber": self.phone,
                "serviceCode": self.code,
                "text": "*".join(self.inputs) if text is None else text,
                "sessionId": self.session,
                "networkCode": "63902",
            }
        )
        answer = self._client.post(
            f"/ussd/africastalking/{TOKEN}",
            data=body,
            content_type="application/x-www-form-urlencoded",
        )
        assert answer.status_code == 200
        assert answer.content_type == "text/plain; charset=utf-8"
        page = answer.get_data(as_text=True)
        assert page.startswith(("CON ", "END "))
        return page


def text(
    client: FlaskClient, body: str, phone: str = PHONE, message_id: str = "", **fields: str
) -> int:
    """Text the line; give the status that the gateway gets."""
    form = {
        "linkId": "28a92cdf-2d63-4ee3-93df-4233d3de0356",
        "text": body,
        "to": "1919",
        "id": message_id or f"id-{next(_sessions)}",
        "date": f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S}",
        "from": phone,
        "cost": "KES 0.0000",
        "networkCode": "63902",
        **fields,
    }
    return client.post(f"/sms/africastalking/{TOKEN}", data=form).status_code
