"""What is wrong with what an operator wants to tell callers on the home page."""

from collections.abc import Iterator, Mapping

from menus.engine import arrange
from menus.pages import lay_out
from menus.screens import PAGES_A_MENU
from menus.voices import Voice
from menus.words import Words
from models.gsm7 import plain, septets
from models.switches import SAID


def faults(texts: Mapping[str, str], voice: Voice, room: int) -> Iterator[str]:
    """Find everything wrong with it, in every language.

    Args:
        texts: what is to be told, by language.
        voice: the menus and the words in force.
        room: septets on a page.
    """
    for language in sorted(texts.keys() - voice.languages.keys()):
        yield f"{language}: the line does not speak it"
    for language, words in voice.languages.items():
        text = texts.get(language, "").strip()
        if not text:
            yield f"{language}: nothing is said in it, and callers are told in every language"
        elif (fault := _fault(text)) or (fault := _of_page(text, words, voice, room)):
            yield f"{language}: {fault}"


def _fault(text: str) -> str:
    """Say what is wrong with a text by itself; empty where nothing is."""
    if wrong := sorted({one for one in text if one != "?" and plain(one) == "?"}):
        return f"it has {' '.join(wrong)}, which phones cannot show"
    if "\n" in text:
        return "it has more than one line"
    taken = septets(plain(text))
    return f"it takes {taken} of {SAID} septets" if taken > SAID else ""


def _of_page(text: str, words: Words, voice: Voice, room: int) -> str:
    """Say what would be wrong with the home page; empty where nothing is."""
    home = voice.menus.screens[voice.menus.home]
    head = words.text(home.name, {})
    lines = arrange(home, words, head, (), voice.languages, said=plain(text))
    pages = lay_out(lines, words, True, room)
    if any(septets(page.text) > room for page in pages) or len(pages) > PAGES_A_MENU + 1:
        return "the home page does not fit with it"
    others = [one for one in voice.languages.values() if one.code != words.code]
    first = pages[0].text.split("\n")
    if any(f"{one.key} {one.name}" not in first for one in others):
        return "it leaves no room on the first page to choose another language"
    return ""
