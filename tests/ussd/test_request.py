"""A form of a gateway's is read as werkzeug reads it, whatever it holds."""

from io import BytesIO

import pytest
from flask import Request
from hypothesis import given
from hypothesis import strategies as st

from ussd.request import form

FORM = "application/x-www-form-urlencoded"

strange = st.lists(
    st.sampled_from([b"text", b"=", b"&", b"%ff", b"%E2%82", b"%", b"+", b";", b"\xff", b"*1"]),
    max_size=12,
).map(b"".join)


def request(body: bytes, content_type: str) -> Request:
    return Request(
        {
            "REQUEST_METHOD": "POST",
            "wsgi.input": BytesIO(body),
            "CONTENT_LENGTH": str(len(body)),
            "CONTENT_TYPE": content_type,
        }
    )


@given(strange | st.binary(max_size=40))
@pytest.mark.parametrize("content_type", [FORM, f"{FORM}; charset=UTF-8", FORM.upper(), ""])
def test_a_form_has_the_fields_that_werkzeug_reads(content_type: str, body: bytes) -> None:
    assert form(request(body, content_type)) == request(body, content_type).form


def test_a_form_of_several_parts_is_read_too() -> None:
    body = b'--x\r\nContent-Disposition: form-data; name="text"\r\n\r\n1*1\r\n--x--\r\n'

    assert form(request(body, "multipart/form-data; boundary=x"))["text"] == "1*1"
