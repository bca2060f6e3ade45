"""Telling subscribers: the text that goes out when a document has become ready."""

from collections.abc import Mapping
from datetime import timedelta

from menus import answers
from menus.words import Words, spoken
from models.base import Connection
from models.keys import Keys
from models.outbox import Priority, notice_code, queue
from models.subscriptions import Due, due, mark_met


def tell(
    connection: Connection,
    keys: Keys,
    languages: Mapping[str, Words],
    batch_id: int | None = None,
    made_within: timedelta | None = None,
    phone_hmac: bytes | None = None,
    document_id: int | None = None,
) -> int:
    """Queue a text for every subscription whose document is ready, and close it.

    Args:
        batch_id: only what this import touched.
        made_within: only subscriptions made so lately: one made while an import was under
            way is met by neither otherwise.
        phone_hmac: only what this phone waits for.
        document_id: only who waits for this document.

    Returns:
        How many texts were queued.
    """
    told = 0
    while met := due(
        connection,
        keys,
        batch_id,
        made_within,
        phone_hmac=phone_hmac,
        document_id=document_id,
    ):
        told += sum(_queue(connection, keys, languages, one) for one in met)
        mark_met(connection, [one.id for one in met])
    return told


def _queue(
    connection: Connection, keys: Keys, languages: Mapping[str, Words], one: Due
) -> bool:
    """Queue the text to one subscriber; say whether it is new, and the phone is known."""
    if not one.phone:
        return False
    words = spoken(languages, one.language)
    cause = f"ready|{one.id}|{one.made_at:%Y%m%d%H%M%S%f}"
    code = notice_code(keys, cause, one.phone)
    body = answers.notice(words, one.last_three, one.found, code)
    priority, documents = Priority.NOTICE, (one.found.id,)
    return queue(connection, keys, cause, one.phone, body, code, priority, documents)
