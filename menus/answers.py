"""What an answer says: as facts for a screen, and as a text of one segment."""

from collections.abc import Iterator, Sequence
from datetime import date

from menus.parse import ODD
from menus.words import Facts, Words, fill
from models.centres import SHORT_NAME, TOWN, Centre
from models.country import CURRENCY
from models.documents import Found
from models.gsm7 import SMS_PART, SMS_SEGMENT, septets
from models.numbers import Kind
from models.services import BRING, NAME

SWITCHED = ("stopped", "started", "digits")
"""Texts that answer a text without a look at anything."""

WORDED = (
    "ready",
    "coming",
    "checked",
    "unknown",
    "notice",
    "spent",
    "how",
    "centre",
    "campaign",
    *SWITCHED,
)
"""Texts of several wordings, of which the fullest that fits one segment is sent."""

REPLIES = ("ready", "coming", "checked", "unknown", "spent", "how", *SWITCHED)
"""Texts that answer a text: a phrase may stand before them."""

_NOTES = ("late", "slip")
"""Phrases that may stand before the answer to a text."""

_HOME_NOTES = (*_NOTES, "gone")

LONG = ("bring",)
"""Texts that a citizen asked for, of two segments at most."""

ASKED_FOR = 2 * SMS_PART
"""Septets of such a text."""

_CAMPAIGN = ("campaign_line", "campaign_end", "campaign_rest")
"""What a campaign says to an owner of several documents: each in a line, and an end."""

_LINES = ("line_ready", "line_coming", "line_checked")

TEXTS = (*WORDED, *LONG, *_LINES, "free", "rest", *_CAMPAIGN)
"""What the words have for texts: wordings, the fullest first; lines of a list; its end."""

DOCUMENT_FACTS = frozenset(
    {"kind", "last", "centre", "place", "county", "hours", "bring", "date", "doubt"}
)
"""What is known of a document, for words to tell."""

CENTRE_FACTS = frozenset(
    {"centre", "county", "town", "address", "hours", "status", "court", "doubt", "news"}
)
"""What is known of a centre."""

SERVICE_FACTS = frozenset(
    {
        "service",
        "bring",
        "fee",
        "takes",
        "collects",
        "place",
        "note",
        "agency",
        "as_of",
    }
)
"""What is known of a service."""


def fills(name: str) -> frozenset[str]:
    """Give the facts that a text may name."""
    if name in ("ready", "coming", "checked", *_LINES):
        return DOCUMENT_FACTS
    if name in ("notice", "campaign"):
        return DOCUMENT_FACTS | {"ref"}
    if name in _CAMPAIGN:
        return DOCUMENT_FACTS if name == "campaign_line" else frozenset({"ref"})
    if name == "centre":
        return CENTRE_FACTS
    if name == "bring":
        return SERVICE_FACTS
    return frozenset({"last"}) if name == "unknown" else frozenset()


def facts_of(words: Words, number: str, found: Found) -> Facts:
    """Give what a screen or a text says of one document."""
    centre = found.centre
    town = centre.town if centre.town not in centre.short_name else ""
    return {
        "kind": words.say("kinds", found.kind),
        "last": number[-3:],
        "centre": centre.short_name,
        "place": f"{centre.short_name}, {town}" if town else centre.short_name,
        "county": centre.county,
        "hours": words.hours(centre),
        "bring": words.say("bring", found.kind),
        "date": words.date(found.confirmed_on),
        "doubt": words.say("phrases", "doubt") if centre.doubtful else "",
    }


def widest_facts(words: Words) -> Iterator[Facts]:
    """Give the facts at their widest, one set for each kind of document."""
    wide = Centre(
        code="",
        short_name="W" * SHORT_NAME,
        county_code="47",
        county="W" * SHORT_NAME,
        town="M" * TOWN,
        opens="07:00",
        closes="19:00",
        days="Mon-Fri",
        doubtful=True,
    )
    for kind in Kind:
        yield facts_of(words, "99999999", Found(kind, True, date(2026, 9, 30), wide))


def no_facts(_words: Words, number: str) -> Facts:
    """Give what is said of a number that nothing was found for."""
    return {**dict.fromkeys(DOCUMENT_FACTS, ""), "last": number.removeprefix(ODD)[-3:]}


def text(words: Words, number: str, found: Sequence[Found], room: int = SMS_SEGMENT) -> str:
    """Write an answer as a text of `room` septets, by default one segment.

    The documents come as they are given, the one asked for first. One document is told
    with all that fits; of several, each is told with its centre.
    """
    if not found:
        return fitting(words, "unknown", no_facts(words, number), room)
    if len(found) == 1:
        return fitting(words, _outcome(found[0]), facts_of(words, number, found[0]), room)
    return _several(words, number, found, room)


def _outcome(found: Found) -> str:
    if found.checked:
        return "checked"
    return "ready" if found.ready else "coming"


def notice(words: Words, number: str, found: Found, code: str = "") -> str:
    """Write the text that tells a subscriber that the document is ready."""
    return fitting(words, "notice", {**facts_of(words, number, found), "ref": code})


def campaign(words: Words, documents: Sequence[tuple[str, Found]], code: str) -> str:
    """Write the text that reminds an owner of documents that lie ready, as one segment.

    Args:
        documents: each with a number it goes by, or the last three of it.
        code: the one by which its owner can check that the text is ours.
    """
    wording = campaign_wording(words, [found for _, found in documents])
    return campaign_filled(wording, [number for number, _ in documents], code)


def campaign_wording(words: Words, found: Sequence[Found]) -> str:
    """Choose the wording for some documents: `{last}` of each and `{ref}` are left open.

    Whatever comes there, it is one segment.
    """
    facts = [{**facts_of(words, "", one), "last": _LAST, "ref": _REF} for one in found]
    if len(found) == 1:
        wordings = [" ".join(fill(one, facts[0])) for one in words.variants("sms", "campaign")]
        return next(filter(_fits_filled, wordings), wordings[-1])
    lines = [" ".join(fill(words.say("sms", "campaign_line"), one)) for one in facts]
    for shown in range(len(lines), 0, -1):
        end = words.say("sms", "campaign_rest" if shown < len(lines) else "campaign_end")
        wording = " ".join([*lines[:shown], end])
        if _fits_filled(wording):
            break
    return wording


def campaign_filled(wording: str, numbers: Sequence[str], code: str) -> str:
    """Put the last three of each number into a wording, and the code."""
    for number in numbers:
        wording = wording.replace(_LAST, number[-3:], 1)
    return wording.replace(_REF, code)


_LAST, _REF = "{last}", "{ref}"


def _fits_filled(wording: str) -> bool:
    filled = wording.replace(_LAST, "999").replace(_REF, "99999")
    return septets(filled) <= SMS_SEGMENT


def fitting(words: Words, name: str, facts: Facts, room: int = SMS_SEGMENT) -> str:
    """Write a text: the fullest wording that fits in `room` septets, by default one segment.

    The last wording is proved to fit when the menus are checked; were it not, it is cut.
    """
    written = ""
    for wording in words.variants("sms", name):
        written = " ".join(fill(wording, facts))
        if septets(written) <= room:
            return written
    return _cut(written, room)


def _several(words: Words, number: str, found: Sequence[Found], room: int) -> str:
    lines = [
        " ".join(
            fill(
                words.say("sms", f"line_{_outcome(one)}"),
                facts_of(words, number, one),
            )
        )
        for one in found
    ]
    for shown in range(len(lines), 0, -1):
        rest = words.say("sms", "rest") if shown < len(lines) else words.say("sms", "free")
        written = " ".join([*lines[:shown], rest])
        if septets(written) <= room:
            return written
    return _cut(lines[0], room)


def _cut(written: str, room: int) -> str:
    while septets(written) > room:
        written = written[:-1]
    return written


def every_text(words: Words) -> Iterator[tuple[str, str, int]]:
    """Give each text at its widest, in its shortest wording, with the septets it may take."""
    widest = {"centre": [_widest_centre(words)], "bring": [_widest_service(words)]}
    for name in (*WORDED, *LONG):
        room = ASKED_FOR if name in LONG else SMS_SEGMENT
        for shortest in words.variants("sms", name)[-1:]:
            for facts in widest.get(name) or widest_facts(words):
                written = " ".join(fill(shortest, {"ref": "99999", **facts}))
                note = _widest_note(words, name)
                yield name, f"{note} {written}" if note else written, room
    for facts in widest_facts(words):
        for name in _LINES:
            line = " ".join(fill(words.say("sms", name), facts))
            yield name, f"{line} {words.say('sms', 'rest')}", SMS_SEGMENT
            yield name, f"{_widest_note(words, name)} {line}", SMS_SEGMENT
        line = " ".join(fill(words.say("sms", "campaign_line"), facts))
        rest = words.say("sms", "campaign_rest", {"ref": "99999"})
        yield "campaign_line", f"{line} {rest}", SMS_SEGMENT


def _widest_note(words: Words, name: str) -> str:
    """Give the longest phrase that may stand before a text; empty where none may."""
    if name not in (*REPLIES, *_LINES):
        return ""
    notes = _HOME_NOTES if name == "how" else _NOTES
    return max((words.say("phrases", one) for one in notes), key=septets)


def _widest_centre(words: Words) -> Facts:
    wide = next(iter(widest_facts(words)))
    return {
        **dict.fromkeys(CENTRE_FACTS, "W" * SHORT_NAME),
        "hours": wide["hours"],
        "court": words.say("phrases", "court_desk"),
        "doubt": words.say("phrases", "doubt"),
    }


def _widest_service(words: Words) -> Facts:
    facts = {"fee": words.money(99_999, "W" * CURRENCY), "as_of": "2026"}
    return {
        **dict.fromkeys(SERVICE_FACTS, "W" * NAME),
        "bring": "W" * BRING,
        "fee": words.say("phrases", "fee", facts),
    }
