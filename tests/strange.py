"""Strange calls, as many as one likes: what attackers, broken gateways and bored callers send.

Every call is drawn from a seed and its number, so that one that went wrong can be made again.
"""

import json
import random
import sys
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from urllib.parse import quote, quote_plus

FORM = "application/x-www-form-urlencoded"
NUMBER = "73519264"
"""A number that some document may bear, and which no call spells in digits from 0 to 9."""

_BEYOND_ASCII = map(chr, range(0x80, sys.maxunicode))
_STRANGE = [one for one in _BEYOND_ASCII if unicodedata.digit(one, None) is not None]
OF_VALUE = {
    str(value): [one for one in _STRANGE if unicodedata.digit(one) == value]
    for value in range(10)
}
"""What is no digit from 0 to 9 and counts as one somewhere: full-width, Arabic, raised..."""

_KEYS = ["0", "00", "98", "1", "2", "3", "4", "5", "7", "8", "9", "12345678", "201 234 56", ""]
_NASTY = [
    "\0",
    "1*\0*1",
    "*" * 70,
    "1*1*" + "9" * 10_000,
    "' OR '1'='1' --",
    "1'; DROP TABLE documents; --",
    "{centre}{0.__class__.__mro__}%s%n%x",
    "{{ config.SECRET_KEY }}{% for x in ().__class__.__base__ %}",
    "${jndi:ldap://x/a}",
    "<script>alert(1)</script>",
    "1\r\nSet-Cookie: a=b\r\n\r\nEND x",
    "\nlevel=error event=forged",
    "\u202e87654321\u202c",
    "\ufeff1\u200b1",
    "e\u0301" * 200,
    "\U0001f469\u200d\U0001f469\u200d\U0001f467 ID",
    "ID ..\u20ac{}[]~^|\\",
    "../../../etc/passwd",
    "=cmd|' /C calc'!A0",
    "1e309",
    "NaN",
    "-1",
    "\ud800",
    "1*1*\udfff",
    "#",
    "%",
    "%00%0d%0a",
    "\x1b[2J",
    "a" * 1_000,
    "ID" + " " * 3_000 + "1",
]


@dataclass(frozen=True)
class Call:
    """One call, as it goes over the wire.

    Attributes:
        path: the address, percent-encoded.
        query: what stands behind the question mark, as octets of latin-1.
        headers: beside those that the octets themselves want.
        chunked: the body comes in pieces, its length not told.
        digits: it spells the number in strange digits.
    """

    method: str
    path: str
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    chunked: bool = False
    digits: bool = False

    @property
    def raw(self) -> bytes:
        """Write it as HTTP has it; the connection ends with it."""
        target = f"{self.path}?{self.query}" if self.query else self.path
        length = (
            {"Transfer-Encoding": "chunked"}
            if self.chunked
            else {"Content-Length": str(len(self.body))}
        )
        headers = {"Host": "line", "Connection": "close", **length, **self.headers}
        lines = [f"{self.method} {target} HTTP/1.1", *(f"{k}: {v}" for k, v in headers.items())]
        head = "\r\n".join([*lines, "", ""]).encode("latin-1", "replace")
        if not self.chunked:
            return head + self.body
        piece = b"%x\r\n%b\r\n" % (len(self.body), self.body) if self.body else b""
        return b"".join([head, piece, b"0\r\n\r\n"])


class Strange:
    """Writes strange calls to one line.

    Args:
        seed: gives the same calls for the same seed.
    """

    def __init__(self, token: str, seed: int) -> None:
        self._token = token
        self._seed = seed

    def call(self, number: int) -> Call:
        """Write the call of a number."""
        drawn = random.Random(f"{self._seed} {number}")
        face = drawn.choice(_FACES)
        digits = drawn.random() < 0.15
        call = _written(face, self._token, _typed(drawn, digits), drawn)
        call = replace(call, digits=digits)
        for twist in drawn.sample(_TWISTS, drawn.choice((0, 0, 1, 1, 2))):
            call = twist(call, drawn)
        return call


@dataclass(frozen=True)
class _Face:
    """An address, and the fields that a call has there.

    Attributes:
        fields: each by its name, with `PHONE`, `SESSION` and `TYPED` in the place of those.
    """

    method: str
    path: str
    fields: Mapping[str, str]
    form: str = "form"


_FACES = (
    _Face(
        "POST",
        "/ussd/africastalking/{}",
        {
            "phoneNumber": "PHONE",
            "serviceCode": "*1919#",
            "text": "TYPED",
            "sessionId": "SESSION",
            "networkCode": "63902",
        },
    ),
    _Face(
        "POST",
        "/ussd/africastalking/{}/events",
        {
            "sessionId": "SESSION",
            "phoneNumber": "PHONE",
            "networkCode": "TYPED",
            "status": "TYPED",
            "hopsCount": "TYPED",
            "durationInMillis": "TYPED",
            "cost": "TYPED",
            "date": "TYPED",
        },
    ),
    _Face(
        "GET",
        "/ussd/safaricom/{}",
        {"ORIG": "PHONE", "DEST": "1919", "SESSION_ID": "SESSION", "USSD_PARAMS": "TYPED"},
        "query",
    ),
    _Face(
        "GET",
        "/ussd/flares/{}",
        {"MSISDN": "PHONE", "SessionID": "SESSION", "input": "TYPED"},
        "query",
    ),
    _Face(
        "GET",
        "/ussd/flares/{}",
        {"clean": "clean-session", "msisdn": "PHONE", "SessionID": "SESSION", "error": "TYPED"},
        "query",
    ),
    _Face(
        "POST",
        "/ussd/infobip/{}/session/SESSION/start",
        {"msisdn": "PHONE", "text": "TYPED"},
        "json",
    ),
    _Face(
        "POST",
        "/ussd/infobip/{}/session/SESSION/response",
        {"msisdn": "PHONE", "text": "TYPED", "shortCode": "TYPED"},
        "json",
    ),
    _Face("PUT", "/ussd/infobip/{}/session/SESSION/end", {"exitCode": "TYPED"}, "json"),
    _Face("POST", "/ussd/infobip/{}/session/SESSION/status", {}, "json"),
    _Face(
        "POST",
        "/ussd/hubtel/{}",
        {
            "Mobile": "PHONE",
            "SessionId": "SESSION",
            "Type": "Response",
            "Message": "TYPED",
            "Operator": "TYPED",
            "Sequence": "TYPED",
        },
        "json",
    ),
    _Face(
        "POST",
        "/ussd/hubtel/{}",
        {"Mobile": "PHONE", "SessionId": "SESSION", "Type": "Initiation", "Message": "TYPED"},
        "json",
    ),
    _Face(
        "POST",
        "/sms/africastalking/{}",
        {"id": "SESSION", "from": "PHONE", "text": "TYPED", "date": "TYPED"},
    ),
    _Face(
        "POST",
        "/sms/africastalking/{}/reports",
        {"id": "TYPED", "status": "Failed", "phoneNumber": "PHONE", "failureReason": "TYPED"},
    ),
    _Face("POST", "/sms/africastalking/{}/optouts", {"phoneNumber": "PHONE"}),
    _Face(
        "GET",
        "/sms/kannel/{}",
        {"id": "SESSION", "from": "PHONE", "text": "TYPED", "at": "TYPED"},
        "query",
    ),
    _Face(
        "GET",
        "/sms/kannel/{}/reports",
        {"id": "TYPED", "status": "16", "reason": "TYPED"},
        "query",
    ),
)


def _typed(drawn: random.Random, digits: bool) -> str:
    """Draw what somebody types; where `digits`, the number in digits that are none here."""
    if digits:
        return drawn.choice(("", "1*1*", "ID ", "1*3*")) + _spelt(drawn)
    return drawn.choice((_keys, _nasty, _letters))(drawn)


def _spelt(drawn: random.Random) -> str:
    """Spell the number with one strange digit at least."""
    strange = set(drawn.sample(range(len(NUMBER)), drawn.randint(1, len(NUMBER))))
    return "".join(
        drawn.choice(OF_VALUE[one]) if place in strange else one
        for place, one in enumerate(NUMBER)
    )


def _keys(drawn: random.Random) -> str:
    return "*".join(drawn.choices(_KEYS, k=drawn.randint(0, 12)))


def _nasty(drawn: random.Random) -> str:
    return drawn.choice(("", "1*1*", "5*2*4*", "2*", "ID ")) + drawn.choice(_NASTY)


def _letters(drawn: random.Random) -> str:
    """Draw letters of any script, those that are no letters alone among them."""
    last = drawn.choice((0x7F, 0xFF, 0x7FF, 0xFFFF, sys.maxunicode))
    return "".join(chr(drawn.randint(0, last)) for _ in range(drawn.randint(0, 60)))


def _written(face: _Face, token: str, typed: str, drawn: random.Random) -> Call:
    """Write a call as its gateway would."""
    session = f"s{drawn.randint(0, 20_000)}"
    stand_ins = {
        "PHONE": f"+2547{drawn.randint(0, 99_999_999):08}",
        "SESSION": session,
        "TYPED": typed,
    }
    fields = [(name, stand_ins.get(value, value)) for name, value in face.fields.items()]
    path = face.path.format(token).replace("SESSION", session)
    if face.form == "json":
        headers = {"Content-Type": "application/json"}
        return Call(face.method, path, headers=headers, body=json.dumps(dict(fields)).encode())
    encoded = "&".join(f"{name}={_percent(value)}" for name, value in fields)
    if face.form == "query":
        return Call(face.method, path, query=encoded)
    return Call(face.method, path, headers={"Content-Type": FORM}, body=encoded.encode())


def _percent(text: str) -> str:
    return quote_plus(text, errors="surrogatepass")


Twist = Callable[[Call, random.Random], Call]


def _other_type(call: Call, drawn: random.Random) -> Call:
    kinds = (
        "text/plain",
        "application/xml",
        f"{FORM}; charset=utf-16",
        "multipart/form-data",
        "\xff",
        "",
    )
    return replace(call, headers={**call.headers, "Content-Type": drawn.choice(kinds)})


def _multipart(call: Call, drawn: random.Random) -> Call:
    pairs = [one.partition(b"=") for one in call.body.split(b"&")]
    parts = [
        b'--b\r\nContent-Disposition: form-data; name="%b"%b\r\n\r\n%b\r\n'
        % (name, drawn.choice((b"", b'; filename="../x"')), value)
        for name, _, value in pairs
    ]
    headers = {**call.headers, "Content-Type": "multipart/form-data; boundary=b"}
    return replace(
        call, body=b"".join([*parts, drawn.choice((b"--b--\r\n", b""))]), headers=headers
    )


def _headers(call: Call, drawn: random.Random) -> Call:
    more = drawn.choice(
        (
            {"X-Long": "x" * 7_000},
            {f"X-{one}": "y" for one in range(80)},
            {"Cookie": "session=" + "z" * 3_000},
            {"X-Forwarded-For": "127.0.0.1", "X-HTTP-Method-Override": "DELETE"},
            {"Content-Encoding": "gzip"},
            {"Expect": "100-continue"},
            {"Range": "bytes=0-1"},
            {"Accept": "nothing/at-all", "Accept-Language": "sw;q=x"},
            {"Authorization": "Basic \xff\xfe"},
            {"Host": "a b:c"},
        )
    )
    return replace(call, headers={**call.headers, **more})


def _doubled(call: Call, drawn: random.Random) -> Call:
    """Write a field twice."""
    if call.query:
        return replace(call, query=f"{call.query}&{drawn.choice(call.query.split('&'))}")
    if call.body.startswith(b"{") and b"," in call.body:
        first = call.body[1 : call.body.index(b",")]
        return replace(call, body=b"{" + first + b"," + call.body[1:])
    return replace(call, body=call.body + b"&" + drawn.choice(call.body.split(b"&")))


def _broken(call: Call, drawn: random.Random) -> Call:
    """Put octets in the middle that no text has, or half of a percent-encoded one."""
    wrong = drawn.choice(("%", "%z", "%FF%FE", "%ED%A0%80", "\xff\xfe", "\0", "&&==", "%u0041"))
    if call.query:
        cut = drawn.randint(0, len(call.query))
        clean = wrong.replace("\0", "%00")
        return replace(call, query=call.query[:cut] + clean + call.query[cut:])
    cut = drawn.randint(0, len(call.body))
    return replace(call, body=call.body[:cut] + wrong.encode("latin-1") + call.body[cut:])


def _cut(call: Call, drawn: random.Random) -> Call:
    return replace(
        call,
        body=call.body[: drawn.randint(0, len(call.body))],
        query=call.query[: drawn.randint(0, len(call.query))],
    )


def _noise(call: Call, drawn: random.Random) -> Call:
    return replace(call, body=drawn.randbytes(drawn.randint(0, 400)))


def _nested(call: Call, drawn: random.Random) -> Call:
    deep = drawn.randint(1, 1_500)
    inner = drawn.choice((b"1", b'"\\ud800"', b"null", b"9" * 4_000))
    opened, closed = drawn.choice(((b"[", b"]"), (b'{"exitCode":', b"}")))
    return replace(call, body=opened * deep + inner + closed * deep)


def _kinds(call: Call, drawn: random.Random) -> Call:
    """Put values of other kinds into JSON."""
    try:
        fields = json.loads(call.body)
        values = [None, True, 1, -1.5, 10**30, [], {}, [1], {"a": 1}, "", "\ud800", 1e308]
        body = json.dumps(
            {name: drawn.choice([*values, value]) for name, value in fields.items()}
        )
    except (ValueError, AttributeError, RecursionError):
        return call
    return replace(call, body=body.encode())


def _other_method(call: Call, drawn: random.Random) -> Call:
    methods = ("HEAD", "OPTIONS", "PUT", "GET", "POST", "DELETE", "PATCH", "TRACE", "BREW")
    return replace(call, method=drawn.choice(methods))


def _other_path(call: Call, drawn: random.Random) -> Call:
    ends = (
        "/",
        "//",
        "/%2e%2e",
        "%00",
        "%ff",
        ";x=1",
        "/x" * 500,
        "/events/",
        "%2Fevents",
        ".json",
    )
    return replace(call, path=call.path + drawn.choice(ends))


def _many(call: Call, _drawn: random.Random) -> Call:
    more = "&".join(f"f{one}={one}" for one in range(1_500))
    return replace(call, body=call.body + b"&" + more.encode())


def _chunked(call: Call, _drawn: random.Random) -> Call:
    return replace(call, chunked=True)


def _session(call: Call, drawn: random.Random) -> Call:
    """Put something strange where Infobip's addresses name the session."""
    strange = quote(drawn.choice(_NASTY)[:300], safe="", errors="surrogatepass")
    return replace(call, path=call.path.replace("/session/s", f"/session/{strange}", 1))


_TWISTS: Sequence[Twist] = (
    _other_type,
    _multipart,
    _headers,
    _doubled,
    _broken,
    _cut,
    _noise,
    _nested,
    _kinds,
    _other_method,
    _other_path,
    _many,
    _chunked,
    _session,
)
