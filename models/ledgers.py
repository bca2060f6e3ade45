"""The ledger of a campaign: what became of its messages, and of the documents they tell of."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, case, func, literal, select

from models.campaigns import campaigns
from models.documents import State, documents
from models.outbox import HANDED_OVER, Delivery, outbox, outbox_documents
from models.reported import AGAIN


@dataclass(frozen=True)
class Ledger:
    """What became of a campaign.

    Attributes:
        recipients: phones.
        states: messages by state, those that were tried again among them.
        failed: messages that failed, by reason.
        again: messages that were tried once more.
        segments: of what went out.
        money: what gateways charged, in ten-thousandths of the currency.
        uncharged: segments of what went out and of which no gateway has said what it cost.
        told: documents that a message which went out tells of.
        collected: those of them that were collected since.
        skipped: documents that were left out, by reason.
    """

    recipients: int
    states: Mapping[Delivery, int]
    failed: Mapping[str, int]
    again: int
    segments: int
    money: int
    uncharged: int
    told: int
    collected: int
    skipped: Mapping[str, int]
    stopped: bool


_WENT_OUT = outbox.c.state.in_(HANDED_OVER) | outbox.c.sent_at.is_not(None)
_REACHED = (Delivery.SENT, Delivery.DELIVERED, Delivery.UNKNOWN)


def ledger(connection: Connection, campaign_id: int) -> Ledger:
    """Tell what became of a campaign."""
    its = outbox.c.campaign_id == campaign_id
    row = connection.execute(select(campaigns).where(campaigns.c.id == campaign_id)).one()
    states = _counted(connection, select(outbox.c.state, func.count()).where(its))
    told = _documents_told(campaign_id)
    recipients = select(func.count(outbox.c.phone_hmac.distinct())).where(its)
    again = select(func.count()).where(its, outbox.c.cause.startswith(f"{AGAIN}|"))
    failed = select(func.coalesce(outbox.c.reason, "no reason given"), func.count())
    sums = connection.execute(_sums(campaign_id)).one()
    collected = told.where(documents.c.state == State.COLLECTED)
    return Ledger(
        recipients=connection.scalars(recipients).one(),
        states={Delivery(state): n for state, n in states.items()},
        failed=_counted(connection, failed.where(its, outbox.c.state == Delivery.FAILED)),
        again=connection.scalars(again).one(),
        segments=sums.segments or 0,
        money=int(sums.money or 0),
        uncharged=sums.uncharged or 0,
        told=connection.scalars(told).one(),
        collected=connection.scalars(collected).one(),
        skipped=json.loads(row.skipped),
        stopped=row.stopped_at is not None,
    )


def _counted(connection: Connection, query: Select[Any, int]) -> dict[str, int]:
    named = query.selected_columns[0]
    grouped = query.group_by(named).order_by(func.count().desc(), named)
    return {str(name): n for name, n in connection.execute(grouped)}


def _sums(campaign_id: int) -> Select[Any]:
    unknown = case((outbox.c.money.is_(None), outbox.c.segments), else_=literal(0))
    return select(
        func.sum(outbox.c.segments).label("segments"),
        func.sum(outbox.c.money).label("money"),
        func.sum(unknown).label("uncharged"),
    ).where(outbox.c.campaign_id == campaign_id, _WENT_OUT)


def _documents_told(campaign_id: int) -> Select[Any]:
    return (
        select(func.count(documents.c.id.distinct()))
        .select_from(outbox)
        .join(outbox_documents, outbox_documents.c.message_id == outbox.c.id)
        .join(documents, documents.c.id == outbox_documents.c.document_id)
        .where(outbox.c.campaign_id == campaign_id, outbox.c.state.in_(_REACHED))
    )
