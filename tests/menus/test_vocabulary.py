"""Facts about reading texts as another country writes them, and files that are wrong."""

from dataclasses import replace
from pathlib import Path

import pytest

from menus.parse import ODD, any_number, number_for
from menus.reader import Reading, reader_of
from menus.vocabulary import BadVocabulary, Keyword, Vocabulary
from models.country import Country, kenya
from models.numbers import Kind

COUNTRY = """
name = "Elsewhere"
code = "XE"
time_zone = "Asia/Kathmandu"
currency = "Cr"
first_language = "xe"
phones_of = "IS"

[numbers.national_id]
pattern = "[A-Z]{2}[0-9]{5}|[0-9]{11}"

[numbers.birth_entry]
pattern = "[0-9]{5}"
"""

TEXTS = """
[names]
id_card = "plate plates"
birth_certificate = "scroll"

[words]
counted = "nr"
fillers = "of mine"
telephone = "ring"

[languages.xa]
words = "wherefore is"
beginnings = "qua"

[languages.xb]
words = "dondi is"
hints = "salve"

[patterns]
elsewhere = ['broken plate']

[telephones]
number = ['08[0-9]{9}']
short = ['[0-9]{5}']
"""

Texts = dict[str, object]

WRONG: dict[str, tuple[Texts, str]] = {
    "a section nobody knows": ({"shoes": {}}, "shoes: not known here"),
    "a section that is a text": ({"words": "a b"}, "words: no section of its own"),
    "words nobody wants": ({"words": {"verbs": "go"}}, "words.verbs: not known here"),
    "a kind nobody knows": ({"names": {"passport": "pass"}}, "names.passport: not known here"),
    "a name of two kinds": (
        {"names": {"id_card": "card", "driving_licence": "card"}},
        "names.driving_licence: card names two kinds",
    ),
    "a capital": (
        {"words": {"entry": "Entry"}},
        "words.entry: not words of small letters a-z, with blanks between them",
    ),
    "words in a list": (
        {"words": {"entry": ["entry"]}},
        "words.entry: not words of small letters a-z, with blanks between them",
    ),
    "a broken pattern": (
        {"patterns": {"money": ["("]}},
        "patterns.money: not a list of regular expressions, each matching something",
    ),
    "a pattern of nothing": (
        {"patterns": {"money": ["k?"]}},
        "patterns.money: not a list of regular expressions, each matching something",
    ),
    "a pattern alone": (
        {"telephones": {"number": "[0-9]{9}"}},
        "telephones.number: not a list of regular expressions, each matching something",
    ),
    "a calling code with a plus": (
        {"telephones": {"calling_code": "+254"}},
        "telephones.calling_code: not up to three digits",
    ),
    "a size too large": (
        {"numbers": {"sizes": [15]}},
        "numbers.sizes: not numbers of digits, 14 at most",
    ),
    "sizes in no groups": (
        {"numbers": {"likeliest": [8]}},
        "numbers.likeliest: not lists of sizes",
    ),
    "joined by a word": ({"numbers": {"joined": "seven"}}, "numbers.joined: not a size"),
    "a language of one word": (
        {"languages": {"xa": "is"}},
        "languages.xa: no section of its own",
    ),
    "keywords of one word": (
        {"keywords": {"xa": "stop"}},
        "keywords.xa: no section of its own",
    ),
    "a keyword nobody knows": (
        {"keywords": {"xa": {"weather": "rain"}}},
        "keywords.xa.weather: not known here",
    ),
    "a keyword in capitals": (
        {"keywords": {"xa": {"stop": "STOP"}}},
        "keywords.xa.stop: not words of small letters a-z, with blanks between them",
    ),
    "a word for two things": (
        {"keywords": {"xa": {"stop": "halt"}, "xb": {"start": "halt"}}},
        "keywords.xb.start: halt is the word for something else",
    ),
    "an opener with a comma": (
        {"words": {"openers": "hello,"}},
        "words.openers: not words of small letters a-z, with blanks between them",
    ),
    "a language's other words": (
        {"languages": {"xa": {"nouns": "go"}}},
        "languages.xa.nouns: not known here",
    ),
}


def read_from(folder: Path, texts: str) -> Country:
    file = folder / "country.toml"
    file.write_text(COUNTRY, encoding="utf-8")
    if texts:
        (folder / "reader.toml").write_text(texts, encoding="utf-8")
    return Country.read(file)


@pytest.fixture
def elsewhere(tmp_path: Path) -> Country:
    return read_from(tmp_path, TEXTS)


@pytest.fixture
def wordless(tmp_path: Path) -> Country:
    """A country that has no `reader.toml`."""
    return read_from(tmp_path, "")


def told(reading: Reading) -> tuple[str | None, tuple[str, ...], str | None]:
    return reading.kind, reading.numbers, reading.language


@pytest.mark.parametrize(
    ("text", "kind", "numbers", "language"),
    [
        ("wherefore is my plate 12345678901", Kind.ID_CARD, ("12345678901",), "xa"),
        ("dondi is the Scroll 12345?", Kind.BIRTH_CERTIFICATE, ("12345",), "xb"),
        ("salve, plate nr of mine xe12345", Kind.ID_CARD, ("XE12345",), "xb"),
        ("quaboro XE12345", None, ("XE12345",), "xa"),
        ("is 123 4567 8901", None, ("12345678901",), "xa"),
        ("my broken plate", None, (), None),
        ("it was cr 12345678901", None, (), None),
        ("ring 12345", None, (), None),
        ("mine 08123456789", None, (), None),
        ("habari, kitambulisho 20123456", None, (), None),
    ],
)
def test_a_text_is_read_as_it_is_written_there(
    elsewhere: Country, text: str, kind: Kind, numbers: tuple[str, ...], language: str
) -> None:
    assert told(reader_of(elsewhere).read(text)) == (kind, numbers, language)


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("12345678901", ("12345678901",)),
        ("please, 12345678901", ("12345678901",)),
        ("I lost XE12345 and xe54321", ("XE12345", "XE54321")),
        ("123-456-789-01", ("12345678901",)),
        ("20123456", ()),
        ("it cost Cr 12345678901", ()),
        ("it cost 12345678901 cr", ()),
        ("14/03/2026", ()),
        ("", ()),
    ],
)
def test_without_words_the_numbers_are_still_read(
    wordless: Country, text: str, numbers: tuple[str, ...]
) -> None:
    assert told(reader_of(wordless).read(text)) == (None, numbers, None)


def test_what_is_typed_on_the_home_page_is_read_as_there(elsewhere: Country) -> None:
    said = any_number("my plate XE12345", elsewhere)

    assert said is not None
    assert (said["number"], said["kind"]) == ("XE12345", Kind.ID_CARD)


def test_a_number_of_another_country_is_odd(elsewhere: Country) -> None:
    for parse in (any_number, number_for(Kind.ID_CARD)):
        said = parse("20123456", elsewhere)

        assert said is not None
        assert said["number"] == f"{ODD}20123456"


def test_a_question_takes_what_is_a_number_there(elsewhere: Country) -> None:
    said = number_for(Kind.ID_CARD)("xe 123-45", elsewhere)

    assert said is not None
    assert said["number"] == "XE12345"


def test_a_country_without_keywords_has_none(wordless: Country, elsewhere: Country) -> None:
    assert Vocabulary.of(wordless).keywords == Vocabulary.of(elsewhere).keywords == {}


def test_a_keyword_tells_what_is_asked_for_and_the_language() -> None:
    keywords = Vocabulary.of(kenya()).keywords

    assert keywords["stop"] == (Keyword.STOP, "en")
    assert keywords["acha"] == (Keyword.STOP, "sw")
    assert {meant for meant, _ in keywords.values()} == set(Keyword)


def test_a_word_of_two_languages_is_the_firsts() -> None:
    texts = {"keywords": {"xa": {"stop": "halt"}, "xb": {"stop": "halt"}}}

    assert Vocabulary.of(replace(kenya(), texts=texts)).keywords == {
        "halt": (Keyword.STOP, "xa")
    }


def test_a_country_has_one_reader() -> None:
    assert reader_of(kenya()) is reader_of(kenya())


@pytest.mark.parametrize(("texts", "said"), WRONG.values(), ids=list(WRONG))
def test_what_is_wrong_is_named(texts: Texts, said: str) -> None:
    with pytest.raises(BadVocabulary) as bad:
        Vocabulary.of(replace(kenya(), texts=texts))

    assert str(bad.value) == f"reader.toml: {said}"


def test_every_fault_is_named_at_once() -> None:
    texts = {"shoes": 1, "names": 2, "words": {"entry": 3}, "numbers": {"joined": [4]}}

    with pytest.raises(BadVocabulary) as bad:
        Vocabulary.of(replace(kenya(), texts=texts))

    assert len(str(bad.value).split("\n")) == 4
