"""Answers as texts of one segment."""

from collections.abc import Sequence
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from menus import answers
from menus.words import Facts, load
from models.centres import SHORT_NAME, TOWN, Centre
from models.documents import Found
from models.gsm7 import SMS_PART, SMS_SEGMENT, foreign, septets
from models.numbers import Kind

LANGUAGES = load(code="*1919#")
NUMBER = "23456781"
CONFIRMED = date(2026, 9, 30)
codes = st.sampled_from(sorted(LANGUAGES))
every_language = pytest.mark.parametrize("code", sorted(LANGUAGES))


def centre(
    name: str = "GPO Nairobi",
    town: str = "",
    hours: tuple[str, str, str] = ("07:00", "19:00", "Mon-Fri"),
    doubtful: bool = False,
) -> Centre:
    return Centre("047-01", name, "047", "Nairobi", town, *hours, doubtful)


def found(
    kind: Kind = Kind.ID_CARD,
    ready: bool = True,
    at: Centre | None = None,
    checked: bool = False,
) -> Found:
    return Found(kind, ready, CONFIRMED, at or centre(), checked=checked)


letters = st.sampled_from("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ '-")
clocks = st.sampled_from(["07:00", "07:30", "08:00", "12:15", "17:00", "19:00", "22:45"])
centres = st.builds(
    centre,
    name=st.text(letters, min_size=1, max_size=SHORT_NAME) | st.just("W" * SHORT_NAME),
    town=st.text(letters, max_size=TOWN) | st.just("M" * TOWN),
    hours=st.just(("", "", "")) | st.tuples(clocks, clocks, st.just("Mon-Fri")),
    doubtful=st.booleans(),
)
documents = st.builds(
    Found,
    st.sampled_from(Kind),
    st.booleans(),
    st.dates(date(2020, 1, 1), date(2099, 12, 31)),
    centres,
    checked=st.booleans(),
)
numbers = st.from_regex(r"[1-9][0-9]{5,13}", fullmatch=True) | st.from_regex(
    r"[A-Z]{3}[0-9]{3,11}", fullmatch=True
)


def write(code: str, *documents: Found) -> str:
    return answers.text(LANGUAGES[code], NUMBER, documents)


@pytest.mark.parametrize(
    ("code", "text"),
    [
        (
            "en",
            "ID ..781 is READY at Huduma Centre GPO Nairobi. Mon-Fri 07:00-19:00."
            " Bring: waiting card. Free of charge; only 1919 texts you. As of 30 Sep 2026.",
        ),
        (
            "sw",
            "Kitambulisho ..781 tayari: GPO Nairobi. Jumatatu-Ijumaa saa 1 asubuhi-1 jioni."
            " Leta waiting card. Bure; ni 1919 pekee inayokutumia SMS. Kufikia 30/09/26.",
        ),
    ],
)
def test_a_document_that_is_ready_is_told_with_all_that_is_known(code: str, text: str) -> None:
    assert write(code, found()) == text


@pytest.mark.parametrize(
    ("code", "text"),
    [
        (
            "en",
            "ID ..781 is not ready yet. It will lie at GPO Nairobi. Reply 2 to be texted"
            " when it is. Only 1919 texts you. As of 30 Sep 2026.",
        ),
        (
            "sw",
            "Kitambulisho ..781 bado si tayari. Mahali: GPO Nairobi. Jibu 2 upate SMS"
            " ikiwa tayari. Ni 1919 pekee inayokutumia SMS. Kufikia 30/09/26.",
        ),
    ],
)
def test_a_document_on_its_way_is_told_with_its_place(code: str, text: str) -> None:
    assert write(code, found(ready=False)) == text


@pytest.mark.parametrize(
    ("code", "text"),
    [
        (
            "en",
            "ID ..781 at GPO Nairobi was reported as not there. We are checking."
            " Call 1919 before you travel. Free; only 1919 texts you.",
        ),
        (
            "sw",
            "Kitambulisho ..781, GPO Nairobi: kuna ripoti ya kutopatikana. Tunakagua."
            " Piga 1919 kabla ya safari. Bure; ni 1919 pekee inayokutumia SMS.",
        ),
    ],
)
@pytest.mark.parametrize("ready", [True, False])
def test_a_document_that_was_not_there_is_told_as_being_checked(
    code: str, text: str, ready: bool
) -> None:
    assert write(code, found(ready=ready, checked=True)) == text


@every_language
def test_a_document_that_is_being_checked_is_never_told_as_ready(code: str) -> None:
    ready = {"en": "READY", "sw": "tayari"}[code]
    one = found(checked=True)

    assert ready not in write(code, one)
    assert ready not in write(code, one, one)


@pytest.mark.parametrize(
    ("code", "text"),
    [
        (
            "en",
            "No document found for ..781. Check the number, or call 1919. Reply 2 to be"
            " texted when it is ready. Only 1919 texts you.",
        ),
        (
            "sw",
            "Hakuna stakabadhi ya ..781 iliyopatikana. Angalia nambari, au piga 1919. Jibu"
            " 2 upate SMS ikiwa tayari. Ni 1919 pekee inayokutumia SMS.",
        ),
    ],
)
def test_an_unknown_number_is_told_what_to_do(code: str, text: str) -> None:
    assert write(code) == text


@pytest.mark.parametrize(
    ("code", "text"),
    [
        (
            "en",
            "Licence ..781 not ready yet: Kisumu. ID ..781 READY: GPO Nairobi."
            " Free of charge; only 1919 texts you.",
        ),
        (
            "sw",
            "Leseni ..781 bado: Kisumu. Kitambulisho ..781 tayari: GPO Nairobi."
            " Bure; ni 1919 pekee inayokutumia SMS.",
        ),
    ],
)
def test_several_documents_are_told_in_the_order_they_are_given(code: str, text: str) -> None:
    licence = found(Kind.DRIVING_LICENCE, ready=False, at=centre("Kisumu", "Kisumu"))

    assert write(code, licence, found()) == text


@pytest.mark.parametrize(
    ("code", "line"),
    [
        ("en", "ID ..781 being checked, call 1919: Kisumu. Licence ..781 READY: GPO Nairobi."),
        ("sw", "Kitambulisho ..781, Kisumu: tunakagua, piga 1919. Leseni ..781 tayari: GPO"),
    ],
)
def test_of_several_documents_the_one_being_checked_is_told_so(code: str, line: str) -> None:
    text = write(code, found(at=centre("Kisumu"), checked=True), found(Kind.DRIVING_LICENCE))

    assert text.startswith(line)


@pytest.mark.parametrize(
    ("code", "end"),
    [
        ("en", " More: dial *1919#. Free of charge; only 1919 texts you."),
        ("sw", " Zaidi: piga *1919#. Bure; ni 1919 pekee inayokutumia SMS."),
    ],
)
def test_too_many_documents_end_with_where_to_learn_the_rest(code: str, end: str) -> None:
    many = [found(at=centre(f"Centre number {n:02}")) for n in range(10)]

    assert write(code, *many).endswith(end)


@pytest.mark.parametrize(("code", "told"), [("en", 3), ("sw", 2)])
def test_too_many_documents_are_told_as_far_as_there_is_room(code: str, told: int) -> None:
    many = [found(at=centre(f"Centre number {n:02}")) for n in range(10)]
    text = write(code, *many)

    assert [n for n in range(10) if f"number {n:02}." in text] == list(range(told))


@every_language
def test_what_to_bring_to_collect_each_kind_is_told(code: str) -> None:
    words = LANGUAGES[code]

    assert all(words.say("bring", kind) in write(code, found(kind)) for kind in Kind)


@every_language
def test_a_centre_in_another_town_is_told_with_its_town(code: str) -> None:
    assert "Makutano, Laikipia East" in write(
        code, found(at=centre("Makutano", "Laikipia East"))
    )


@every_language
def test_a_centre_named_for_its_town_is_named_once(code: str) -> None:
    assert write(code, found(at=centre("Thika", "Thika"))).count("Thika") == 1


@every_language
@pytest.mark.parametrize("lacking", range(3))
def test_a_centre_without_hours_is_told_without_them(code: str, lacking: int) -> None:
    hours = ["08:00", "17:00", "Mon-Fri"]
    hours[lacking] = ""
    text = write(code, found(at=centre("Mandera", hours=(hours[0], hours[1], hours[2]))))

    assert "Mandera. " in text
    assert not any(one in text for one in ("08:00", "17:00", "saa 2", "Mon", "Jumatatu"))


@every_language
def test_a_doubtful_centre_is_told_with_the_doubt(code: str) -> None:
    doubt = LANGUAGES[code].say("phrases", "doubt")

    assert doubt in write(code, found(at=centre("Mandera", hours=("", "", ""), doubtful=True)))


@every_language
def test_a_sure_centre_is_told_without_doubt(code: str) -> None:
    assert LANGUAGES[code].say("phrases", "doubt") not in write(code, found())


@pytest.mark.parametrize(
    ("code", "text"),
    [
        (
            "en",
            "Your ID ..781 is READY at Huduma Centre GPO Nairobi. Mon-Fri 07:00-19:00."
            " Bring: waiting card. Free of charge; only 1919 texts you. Ref 48213.",
        ),
        (
            "sw",
            "Kitambulisho ..781 tayari, Huduma Centre GPO Nairobi."
            " Jumatatu-Ijumaa saa 1 asubuhi-1 jioni."
            " Leta waiting card. Bure; ni 1919 pekee inayokutumia SMS. Ref 48213.",
        ),
    ],
)
def test_a_subscriber_is_told_that_the_document_is_ready_with_a_code(
    code: str, text: str
) -> None:
    assert answers.notice(LANGUAGES[code], "781", found(), "48213") == text


@every_language
def test_a_notice_without_a_code_says_nothing_of_one(code: str) -> None:
    assert "Ref" not in answers.notice(LANGUAGES[code], "781", found())


@pytest.mark.parametrize(
    ("code", "text"),
    [
        (
            "en",
            "ID ..678 READY: GPO Nairobi. Birth cert ..789 READY: GPO Nairobi."
            " Collecting is free; only 1919 texts you. Ref 48213. Reply STOP to end.",
        ),
        (
            "sw",
            "Kitambulisho ..678 tayari: GPO Nairobi."
            " Cheti cha kuzaliwa ..789 tayari: GPO Nairobi."
            " Kuchukua ni bure; SMS ni za 1919 pekee. Ref 48213. Kuacha: jibu ACHA.",
        ),
    ],
)
def test_a_campaign_names_each_document_by_its_last_three_and_its_code(
    code: str, text: str
) -> None:
    documents = [("12345678", found()), ("0123456789", found(Kind.BIRTH_CERTIFICATE))]

    assert answers.campaign(LANGUAGES[code], documents, "48213") == text


def test_of_a_number_that_is_not_known_nothing_is_said_but_its_end() -> None:
    facts = answers.no_facts(LANGUAGES["en"], "12345678")

    assert {name: value for name, value in facts.items() if value} == {"last": "678"}


@settings(max_examples=100, deadline=None)
@given(codes, numbers, documents, st.integers(10_000, 99_999).map(str))
def test_every_notice_carries_its_code_to_its_end(
    code: str, number: str, document: Found, ref: str
) -> None:
    text = answers.notice(LANGUAGES[code], number, document, ref)

    assert text.endswith(f" Ref {ref}.")
    assert septets(text) <= SMS_SEGMENT


@every_language
def test_every_text_at_its_widest_has_the_room_that_it_may_take(code: str) -> None:
    texts = list(answers.every_text(LANGUAGES[code]))

    assert [(name, septets(text)) for name, text, room in texts if septets(text) > room] == []


@every_language
def test_every_text_but_what_to_bring_is_one_segment(code: str) -> None:
    rooms = {(name, room) for name, _, room in answers.every_text(LANGUAGES[code])}

    assert {name for name, room in rooms if room == SMS_SEGMENT} == {
        *answers.WORDED,
        "line_ready",
        "line_coming",
        "line_checked",
        "campaign_line",
    }
    assert {(name, room) for name, room in rooms if room != SMS_SEGMENT} == {
        ("bring", 2 * SMS_PART)
    }


@every_language
@pytest.mark.parametrize("phrase", ["late", "slip"])
@settings(max_examples=50, deadline=None)
@given(numbers, st.lists(documents, max_size=4))
def test_every_answer_leaves_room_for_a_phrase_before_it(
    code: str, phrase: str, number: str, documents: Sequence[Found]
) -> None:
    room = SMS_SEGMENT - septets(LANGUAGES[code].say("phrases", phrase)) - 1
    text = answers.text(LANGUAGES[code], number, documents, room)

    assert 0 < septets(text) <= room


@every_language
def test_every_text_is_measured_with_everything_filled(code: str) -> None:
    assert [name for name, text, _ in answers.every_text(LANGUAGES[code]) if "{" in text] == []


CENTRE = {
    "centre": "Thika",
    "county": "Kiambu",
    "town": "",
    "address": "Thika Sub-County offices",
    "hours": "Mon-Fri 07:00-19:00",
    "status": "",
    "court": "Court desk: yes",
    "doubt": "",
    "news": "",
}
SERVICE = {
    "service": "Replace a lost ID",
    "bring": "Police abstract and the number of the lost ID.",
    "fee": "Fee: KSh 1,000 (2026)",
    "takes": "21 days",
    "collects": "You, with the waiting card.",
    "place": "",
    "note": "",
    "agency": "",
    "as_of": "05/2026",
}


@pytest.mark.parametrize(
    ("code", "text"),
    [
        (
            "en",
            "Huduma Centre Thika. Mon-Fri 07:00-19:00. Thika Sub-County offices."
            " Court desk: yes. Free; only 1919 texts you.",
        ),
        (
            "sw",
            "Huduma Centre Thika. Mon-Fri 07:00-19:00. Thika Sub-County offices."
            " Court desk: yes. Bure; ni 1919 pekee inayokutumia SMS.",
        ),
    ],
)
def test_a_centre_is_told_with_all_that_is_known(code: str, text: str) -> None:
    assert answers.fitting(LANGUAGES[code], "centre", CENTRE) == text


@every_language
@pytest.mark.parametrize("lacking", ["hours", "address", "court"])
def test_a_centre_is_told_without_what_no_source_says(code: str, lacking: str) -> None:
    text = answers.fitting(LANGUAGES[code], "centre", {**CENTRE, lacking: ""})

    assert CENTRE[lacking] not in text
    assert reads_right(text, "")


@every_language
def test_a_centre_with_a_long_address_is_told_without_it_in_one_segment(code: str) -> None:
    text = answers.fitting(LANGUAGES[code], "centre", {**CENTRE, "address": "Road " * 25})

    assert "Road" not in text
    assert "Thika" in text
    assert septets(text) <= SMS_SEGMENT


@pytest.mark.parametrize(
    ("code", "text"),
    [
        (
            "en",
            "Replace a lost ID. Bring: Police abstract and the number of the lost ID."
            " Fee: KSh 1,000 (2026). Takes: 21 days. Collects: You, with the waiting card."
            " Pay official fees only; only 1919 texts you.",
        ),
        (
            "sw",
            "Replace a lost ID. Leta: Police abstract and the number of the lost ID."
            " Fee: KSh 1,000 (2026). Muda: 21 days. Anayechukua: You, with the waiting card."
            " Lipa ada rasmi pekee; ni 1919 pekee inayokutumia SMS.",
        ),
    ],
)
def test_what_to_bring_is_told_with_all_that_is_known(code: str, text: str) -> None:
    assert answers.fitting(LANGUAGES[code], "bring", SERVICE, answers.ASKED_FOR) == text


@every_language
@pytest.mark.parametrize("lacking", ["bring", "fee", "takes", "collects"])
def test_what_to_bring_is_told_without_what_no_source_says(code: str, lacking: str) -> None:
    facts: Facts = {**SERVICE, lacking: ""}
    text = answers.fitting(LANGUAGES[code], "bring", facts, answers.ASKED_FOR)

    assert SERVICE[lacking] not in text
    assert reads_right(text, "")


@every_language
def test_what_to_bring_at_its_longest_is_two_segments(code: str) -> None:
    facts = {**SERVICE, "bring": "x" * 140, "takes": "y" * 60, "collects": "z" * 80}
    text = answers.fitting(LANGUAGES[code], "bring", facts, answers.ASKED_FOR)

    assert "x" * 140 in text
    assert SMS_SEGMENT < septets(text) <= 2 * SMS_PART


def test_the_fullest_wording_that_fits_is_taken() -> None:
    wide = centre("W" * SHORT_NAME, "M" * TOWN)

    assert "Huduma Centre" in write("en", found())
    assert "Huduma Centre" not in write("en", found(at=wide))


def reads_right(text: str, last: str) -> bool:
    """Say whether a text has no scars where something was left out."""
    text = text.replace(f" ..{last}", "")
    scars = (" .", "..", ". ;", "  ", "{", "}", "None", ": .", ", .", ",.", ":.", "\n")
    return bool(text.strip()) and not any(scar in text for scar in scars)


@settings(max_examples=100, deadline=None)
@given(codes, numbers, st.lists(documents, max_size=4))
def test_every_answer_is_one_segment_for_any_centre(
    code: str, number: str, documents: Sequence[Found]
) -> None:
    text = answers.text(LANGUAGES[code], number, documents)

    assert 0 < septets(text) <= SMS_SEGMENT


@settings(max_examples=100, deadline=None)
@given(codes, numbers, documents)
def test_every_notice_is_one_segment_for_any_centre(
    code: str, number: str, document: Found
) -> None:
    text = answers.notice(LANGUAGES[code], number, document)

    assert 0 < septets(text) <= SMS_SEGMENT


@settings(max_examples=100, deadline=None)
@given(codes, numbers, st.lists(documents, max_size=4))
def test_no_answer_holds_a_letter_that_phones_cannot_show(
    code: str, number: str, documents: Sequence[Found]
) -> None:
    assert foreign(answers.text(LANGUAGES[code], number, documents)) == []


@settings(max_examples=100, deadline=None)
@given(codes, numbers, st.lists(documents, max_size=4))
def test_no_answer_holds_the_full_number(
    code: str, number: str, documents: Sequence[Found]
) -> None:
    assert number not in answers.text(LANGUAGES[code], number, documents)


plain_centres = st.builds(
    centre,
    name=st.from_regex(r"[A-Z][a-z]{1,8}( [A-Z][a-z]{1,8})?", fullmatch=True),
    town=st.just("") | st.from_regex(r"[A-Z][a-z]{1,13}", fullmatch=True),
    hours=st.just(("", "", "")) | st.tuples(clocks, clocks, st.just("Mon-Fri")),
    doubtful=st.booleans(),
)
plain_documents = st.builds(
    Found, st.sampled_from(Kind), st.booleans(), st.just(CONFIRMED), plain_centres
)


@settings(max_examples=100, deadline=None)
@given(codes, st.lists(plain_documents, max_size=4))
def test_every_answer_reads_right_for_any_centre(code: str, documents: Sequence[Found]) -> None:
    assert reads_right(answers.text(LANGUAGES[code], NUMBER, documents), "781")


@settings(max_examples=100, deadline=None)
@given(codes, plain_documents)
def test_every_notice_reads_right_for_any_centre(code: str, document: Found) -> None:
    assert reads_right(answers.notice(LANGUAGES[code], NUMBER, document), "781")


@settings(max_examples=100, deadline=None)
@given(codes, st.lists(documents, min_size=1, max_size=4))
def test_the_document_asked_for_is_always_named(code: str, documents: Sequence[Found]) -> None:
    kind = LANGUAGES[code].say("kinds", documents[0].kind)

    assert f"{kind} ..781" in answers.text(LANGUAGES[code], NUMBER, documents)


@settings(max_examples=100, deadline=None)
@given(codes, plain_documents)
def test_the_centre_is_always_named(code: str, document: Found) -> None:
    assert document.centre.short_name in answers.text(LANGUAGES[code], NUMBER, [document])
