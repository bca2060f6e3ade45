"""What a good engineer writes by hand in an hour: the same four hops, and nothing else.

A Flask view under gunicorn's threaded worker, with a session in Redis (GET and SETEX by
redis-py) and one look-up by SQLAlchemy Core among the same documents. It has no protection:
no token, no budget, no record of look-ups, no second language, no sealing, and it trusts its
stores. `make bench K=hops` holds the line's cost to it.
"""

import json
import os

import redis
from flask import Flask, Response, request
from sqlalchemy import create_engine, text

SESSION_SECONDS = 600
KINDS = {"1": "id_card", "2": "birth_certificate", "3": "driving_licence"}
NAMES = {"id_card": "ID", "birth_certificate": "Birth cert", "driving_licence": "Licence"}
QUESTIONS = {
    "id_card": "Type your ID number",
    "birth_certificate": "Type the birth entry number",
    "driving_licence": "Type the ID number of the licence's owner",
}
HOME = "1919 Ndio Form!\n1 My document\n2 Centres\n3 Services\n4 Court\n5 Help"
KIND = "Which document?\n1 ID card\n2 Birth certificate\n3 Driving licence\n0 Back"
LOOK_UP = text(
    "SELECT d.state, d.confirmed_on, c.name, c.opens, c.closes FROM naive_documents d"
    " JOIN centres c ON c.code = d.centre_code WHERE d.number = :number AND d.kind = :kind"
)

app = Flask(__name__)
sessions = redis.Redis.from_url(os.environ.get("REDIS_URL", "redis://127.0.0.1"))
engine = create_engine(
    os.environ.get("DATABASE_URL", "postgresql+psycopg:///naive"), pool_size=8
)


@app.get("/health/ready")
def ready() -> str:
    """Say that it serves."""
    return "ready"


@app.post("/ussd/africastalking/<token>")
def hop(token: str) -> Response:
    """Answer one hop, whoever asks."""
    name = f"session:{request.form['sessionId']}"
    typed = request.form["text"].split("*")[-1]
    kept = sessions.get(name)
    session = json.loads(kept) if kept else {"screen": "dial"}
    page = step(session, typed)
    sessions.setex(name, SESSION_SECONDS, json.dumps(session))
    return Response(page, mimetype="text/plain")


def step(session: dict[str, str], typed: str) -> str:
    """Go on from where the caller stands; give the next page."""
    match session["screen"]:
        case "dial":
            session["screen"] = "home"
            return f"CON {HOME}"
        case "home" if typed == "1":
            session["screen"] = "kind"
            return f"CON {KIND}"
        case "kind" if typed in KINDS:
            session["screen"], session["kind"] = "number", KINDS[typed]
            return f"CON {QUESTIONS[session['kind']]}:\n0 Back"
        case "number" if typed.isascii() and typed.isalnum():
            session["screen"] = "answer"
            return answer(session["kind"], typed)
    return "CON Please try again.\n0 Back"


def answer(kind: str, number: str) -> str:
    """Look a number up."""
    with engine.connect() as connection:
        found = connection.execute(LOOK_UP, {"number": number, "kind": kind}).first()
    if found is None:
        return f"CON No document found for ..{number[-3:]}\n0 Back 00 Home"
    return (
        f"CON {NAMES[kind]} ..{number[-3:]} is READY. Free.\n{found.name}\n"
        f"{found.opens}-{found.closes}\nAs of {found.confirmed_on:%d %b %Y}\n0 Back 00 Home"
    )
