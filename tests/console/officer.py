"""A centre officer at work, by the pages' own forms."""

from typing import Any

from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from models.agents import Role
from models.audit import acts
from models.documents import document_numbers, documents
from models.numbers import PRINCIPAL, Kind
from tests.conftest import line_of
from tests.console.desk import SECURE, get, sign_in, token_of

HERE, ELSEWHERE = "047-01", "042-01"
JSON = {"Accept": "application/json"}


class Officer:
    """An officer of one centre, signed in."""

    def __init__(self, app: Flask, account: str = "officer", centre: str = HERE) -> None:
        self.line = line_of(app)
        self.centre = centre
        self.client = app.test_client()
        sign_in(self.client, self.line, Role.OFFICER, account, centre)
        self._token = token_of(self.client, "/console/me")

    def get(self, address: str) -> str:
        """Give a page's text."""
        return get(self.client, f"/console{address}").text

    def post(self, address: str, **form: Any) -> TestResponse:
        """Send a form; `headers` go with it."""
        headers = form.pop("headers", None)
        data = {"csrf_token": self._token, **form}
        return self.client.post(
            f"/console{address}", data=data, base_url=SECURE, headers=headers
        )

    def made(self, address: str, **form: Any) -> int:
        """Send a form that makes something; give its id."""
        answer = self.post(address, **form)
        assert answer.status_code == 303, answer.text
        return int(answer.headers["Location"].rpartition("/")[2])

    def open_box(self, *listed: str, kind: str = "driving_licence") -> int:
        """Open a box, with a sheet perhaps."""
        return self.made("/boxes", kind=kind, pasted="\n".join(listed))

    def scan(self, address: str, *numbers: str, **form: Any) -> list[str]:
        """Scan numbers as the script does; give what is said of each."""
        answer = self.post(f"{address}/scans", number=list(numbers), headers=JSON, **form)
        assert answer.status_code == 200, answer.text
        return [one["text"] for one in answer.get_json()["scans"]]

    def receive(self, *numbers: str, kind: str = "driving_licence") -> int:
        """Receive a box from beginning to end; give its id."""
        box = self.open_box(kind=kind)
        self.scan(f"/boxes/{box}", *numbers)
        assert self.post(f"/boxes/{box}/close").status_code == 303
        return box

    def stand(self, number: str, kind: str = "driving_licence") -> list[tuple[str, str]]:
        """Say where the documents of a number are: the state and the centre of each."""
        return [(row.state, row.centre_code) for row in self.rows(number, kind)]

    def rows(self, number: str, kind: str = "driving_licence") -> list[Any]:
        """Give the documents of a number as rows, by their ids."""
        hmac = self.line.keys.number_hmac(PRINCIPAL[Kind(kind)], number)
        query = (
            select(documents)
            .join(document_numbers, document_numbers.c.document_id == documents.c.id)
            .where(document_numbers.c.hmac == hmac, documents.c.kind == kind)
        )
        with self.line.database.working() as connection:
            return list(connection.execute(query.order_by(documents.c.id)))

    def acts(self) -> list[str]:
        """List what the audit says of it all, without signing in."""
        with self.line.database.working() as connection:
            return [one.act for one in acts(connection) if not one.act.startswith("agents")]
