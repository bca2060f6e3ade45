"""Campaigns: reminding owners of what lies ready; tried, started, stopped and accounted for."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from flask import Response, abort, make_response, request

from console.desk import desk
from console.office import jobs
from console.pages import Pages, current
from console.parts import gone, say, shown, tell
from models import campaigns as kept
from models.agents import Role
from models.audit import append
from models.base import Connection
from models.campaigns import MOST_DAYS, NAME, NAMED, Choice, every_campaign, id_of
from models.centres import every_centre
from models.choosing import Skip
from models.jobs import Busy, Job, Work, latest
from models.ledgers import ledger
from models.numbers import Kind
from models.outbox import Delivery
from models.sending_hours import FROM, SECONDS, TILL
from models.spending import MONEY, campaigns_day

pages = Pages("campaigns")

_DAYS = {"days": "30", "until_days": "", "told_within": "14"}
"""The fields of days, and what stands in them at first."""


@pages.page("/campaigns", Role.ADMINISTRATOR, menu="campaigns.title")
def campaigns() -> str:
    """List the campaigns, and ask whom another is to remind."""
    jobs.sweep()
    return _listed({})


@pages.page("/campaigns", Role.ADMINISTRATOR, methods=["POST"])
def choose() -> Response:
    """Let a process count what a campaign would come to."""
    faults = _faults()
    if faults:
        return make_response(_listed(faults), 422)
    name, choice = _typed("name"), _choice()
    with desk().reading() as connection:
        known = kept.find_choice(connection, name)
    if known not in (None, choice):
        return make_response(_listed({"name": say("campaigns.other")}), 422)
    return _try(name, choice)


@pages.page("/campaigns/plans/<int:job>", Role.ADMINISTRATOR)
def plan(job: int) -> str:
    """Show what a campaign would come to."""
    return _planned(jobs.found_or_404(job, Work.CAMPAIGN))


@pages.page("/campaigns/plans/<int:job>/start", Role.ADMINISTRATOR, methods=["POST"])
def start(job: int) -> Response:
    """Queue a campaign's texts, once their number is typed."""
    found = jobs.found_or_404(job, Work.CAMPAIGN)
    texts = found.outcome.get("recipients", 0)
    if not texts or _typed("texts").replace(",", "") != str(texts):
        return make_response(_planned(found, say("campaigns.not_typed", texts=texts)), 422)
    jobs.go_on(found)
    return gone("campaigns.plan", job=job)


@pages.page("/campaigns/<name>", Role.ADMINISTRATOR)
def one(name: str) -> str:
    """Tell what became of a campaign so far."""
    with desk().reading() as connection:
        found = ledger(connection, _known(connection, name))
    return shown(
        "campaigns/ledger.html",
        name=name,
        ledger=found,
        states=list(Delivery),
        skips={str(one): one.name.lower() for one in Skip},
        charged=_money(found.money),
        uncharged=_cost(found.uncharged),
    )


@pages.page("/campaigns/<name>/stop", Role.ADMINISTRATOR, methods=["POST"])
def stop(name: str) -> Response:
    """Hold back what a campaign has queued."""
    return _moved(name, kept.stop, "stop", "campaigns.stopped")


@pages.page("/campaigns/<name>/resume", Role.ADMINISTRATOR, methods=["POST"])
def resume(name: str) -> Response:
    """Let a campaign go on that was stopped."""
    answer = _moved(name, kept.resume, "resume", "campaigns.resumed")
    desk().line.bell.ring()
    return answer


@pages.page("/campaigns/<name>/again", Role.ADMINISTRATOR, methods=["POST"])
def again(name: str) -> Response:
    """Count who has come to a campaign's choice since it was last queued."""
    with desk().reading() as connection:
        choice = kept.find_choice(connection, name)
    if choice is None:
        abort(404)
    return _try(name, choice)


def _moved(name: str, move: Callable[[Connection, int], int], verb: str, told: str) -> Response:
    with desk().writing() as connection:
        campaign_id = _known(connection, name)
        messages = move(connection, campaign_id)
        about = {"campaign": campaign_id, "messages": messages}
        append(connection, current().account, f"campaign {verb}", **about)
    tell(told, count=messages)
    return gone("campaigns.one", name=name)


def _known(connection: Connection, name: str) -> int:
    campaign_id = id_of(connection, name)
    if campaign_id is None:
        abort(404)
    return campaign_id


def _try(name: str, choice: Choice) -> Response:
    """Begin the job that counts; the file that it locks holds nothing."""
    asked = {"name": name, "choice": choice.written()}
    try:
        return gone("campaigns.plan", job=jobs.begin(Work.CAMPAIGN, asked, jobs.receive()))
    except Busy:
        return make_response(_listed({"": say("jobs.busy")}), 409)


def _typed(name: str) -> str:
    return request.form.get(name, "").strip()[:NAME]


def _number(name: str) -> int | None:
    """Read a number of days; None where it is none."""
    typed = _typed(name)
    is_number = re.fullmatch("[0-9]{1,5}", typed) is not None
    return int(typed) if is_number and int(typed) <= MOST_DAYS else None


def _faults() -> dict[str, str]:
    """Say what is wrong with the form, by field."""
    found = {}
    if not NAMED.fullmatch(_typed("name")):
        found["name"] = say("campaigns.name_unfit", most=NAME)
    for name in _DAYS:
        if _number(name) is None and (name != "until_days" or _typed(name)):
            found[name] = say("campaigns.days_unfit", most=MOST_DAYS)
    days, until = _number("days"), _number("until_days")
    if days is not None and until is not None and until < days:
        found["until_days"] = say("campaigns.days_order")
    with desk().reading() as connection:
        known = {*Kind, *(one.code for one in every_centre(connection))}
    chosen = {*request.form.getlist("kind"), *request.form.getlist("centre")}
    if chosen - known or _typed("language") not in desk().line.languages:
        found[""] = say("campaigns.unknown")
    return found


def _choice() -> Choice:
    """Read the form, which is without faults, as the command's options would be."""
    language = _typed("language")
    return Choice(
        days=_number("days") or 0,
        until_days=_number("until_days"),
        centres=tuple(sorted(set(request.form.getlist("centre")))),
        kinds=tuple(one for one in Kind if one in request.form.getlist("kind")),
        told_within=_number("told_within") or 0,
        language="" if language == desk().line.country.first_language else language,
    )


def _listed(faults: Mapping[str, str]) -> str:
    with desk().reading() as connection:
        known = every_campaign(connection)
        tried = latest(connection, Work.CAMPAIGN, 5)
        centres = every_centre(connection)
    typed = {**_DAYS, **{name: text[:NAME] for name, text in request.form.items()}}
    return shown(
        "campaigns/list.html",
        known=known,
        tried=tried,
        centres=[(one.code, one.short_name) for one in centres],
        kinds=[(one, say(f"imports.kind_{one}")) for one in Kind],
        languages=[(code, words.name) for code, words in desk().line.languages.items()],
        typed=typed,
        ticked={*request.form.getlist("kind"), *request.form.getlist("centre")},
        faults=faults,
    )


def _planned(job: Job, fault: str = "") -> str:
    done, of = jobs.uploads().progress(job.file)
    outcome: Mapping[str, Any] = job.outcome
    segments = outcome.get("segments", 0)
    a_day = campaigns_day(desk().limits, SECONDS)
    with desk().reading() as connection:
        named = {one.code: one.short_name for one in every_centre(connection)}
    return shown(
        "campaigns/plan.html",
        job=job,
        choice=kept.choice_of(job.asked["choice"]),
        named=named,
        done=done,
        of=of,
        fault=fault,
        skips={str(one): one.name.lower() for one in Skip},
        cost=_cost(segments),
        days=-(-segments // a_day) if a_day else 0,
        hours=(f"{FROM:%H:%M}", f"{TILL:%H:%M}"),
    )


def _cost(segments: int) -> str:
    """Say what segments cost, by the price that is set."""
    price = desk().limits.price
    return _money(segments * price) if price else say("campaigns.no_price")


def _money(amount: int) -> str:
    """Write a sum of money, given in ten-thousandths."""
    return f"{desk().line.country.currency} {amount / MONEY:,.2f}"
