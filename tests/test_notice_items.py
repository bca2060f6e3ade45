"""Every item that the notices of January 2024 name is reached, in both languages."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.caller import Caller
from tests.conftest import Open
from tests.dialogue import FILES, FOLDER, read
from tests.notice_items import LANGUAGES, Item, between, items, rewritten, table, told, walk
from tests.servers import RedisServer

README = Path(__file__).parent.parent / "README.md"
ITEMS = items()
DIALOGUES = sorted({one.dialogue for one in ITEMS})
COURT_CENTRES = (
    "GPO Nairobi",
    "City Square",
    "Makadara",
    "Kibra",
    "Eastleigh",
    "Thika, Kiambu",
)
TRAINING = {"en": "Police officers", "sw": "Maafisa wa polisi"}

MOST_HOPS = 24

every_language = pytest.mark.parametrize("language", LANGUAGES)
every_item = pytest.mark.parametrize("item", ITEMS, ids=lambda item: item.item)
every_file = pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)


@every_item
@every_language
def test_a_dialogue_walks_to_an_item(item: Item, language: str) -> None:
    screens = walk(item.walked(language), language)

    assert item.phrases[language] in screens.get(item.keys, "")


@pytest.mark.parametrize("stem", DIALOGUES)
@every_language
def test_dialling_the_keys_at_once_shows_the_items(
    stem: str, language: str, open_app: Open, sqlite_url: str, redis: RedisServer
) -> None:
    them = [one for one in ITEMS if one.dialogue == stem]
    app = them[0].walked(language).open(open_app, sqlite_url, redis.url)
    shown = {
        one.keys: _screen(Caller(app.test_client()), (*LANGUAGES[language], *one.keys))
        for one in them
    }

    assert [one.item for one in them if one.phrases[language] not in shown[one.keys]] == []


def test_no_item_is_there_twice() -> None:
    assert len({one.item for one in ITEMS}) == len(ITEMS)


@every_language
def test_one_dialogue_shows_all_six_court_centres(language: str) -> None:
    told_of = walk(read(FOLDER / f"court_desk_{language}.txt"), language)["4", "2"]

    assert [one for one in COURT_CENTRES if one not in told_of] == []


@every_language
def test_the_training_is_announced_while_it_lasts(language: str) -> None:
    shown = [
        walk(read(FOLDER / f"{stem}_{language}.txt"), language)["6",]
        for stem in ("news_of_january", "news_when_over")
    ]

    assert [TRAINING[language] in one for one in shown] == [True, False]


def test_every_dialogue_in_english_has_its_twin_in_kiswahili() -> None:
    stems = {file.stem for file in FILES}
    english = {stem.removesuffix("_en") for stem in stems if stem.endswith("_en")}
    kiswahili = {stem.removesuffix("_sw") for stem in stems if stem.endswith("_sw")}

    assert english == kiswahili


@every_file
def test_a_dialogue_reads_as_it_is_written(file: Path) -> None:
    dialogue = read(file)

    assert dialogue.write() == file.read_text(encoding="utf-8")
    assert dialogue.title
    assert all(len(page) > len("CON ") for _, page in dialogue.hops)


@every_file
def test_a_dialogue_is_a_call_that_somebody_would_make(file: Path) -> None:
    assert len(read(file).hops) <= MOST_HOPS


def test_the_readme_has_the_table_of_the_items(request: pytest.FixtureRequest) -> None:
    text = README.read_text(encoding="utf-8")
    if request.config.getoption("--rewrite"):
        README.write_text(rewritten(text), encoding="utf-8")
        return

    assert between(text) == table()


def _screen(caller: Caller, keys: Sequence[str]) -> str:
    """Dial with the keys, and turn every page."""
    pages = [caller.dial(*keys)]
    while "\n98 " in pages[-1]:
        pages.append(caller.key("98"))
    return told(pages)
