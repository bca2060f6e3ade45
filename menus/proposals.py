"""Proposals: changes of words, looked over, proved, approved by another, and taken back."""

import unicodedata
from collections.abc import Iterator, Mapping, Sequence

from menus.texts import texts
from menus.voices import FILES, Files
from menus.words import places
from models import wordings
from models.audit import append
from models.base import Connection
from models.gsm7 import plain
from models.wordings import Change, Overlay, Overtaken, Place, Wording

LONGEST = 1_000
"""Letters that one text may have: far more than any that fits."""

_OF_LINES = (".text", ".again")
"""Texts of a screen that may have several lines."""


class Refused(Exception):
    """The words may not be said.

    Attributes:
        faults: every fault there is; none where nothing would change.
    """

    def __init__(self, faults: Sequence[str] = ()) -> None:
        super().__init__("\n".join(faults))
        self.faults = list(faults)


def propose(connection: Connection, files: Files, who: str, typed: Mapping[Place, str]) -> int:
    """Keep changed texts for another person to approve, once they are proved; give the id.

    Raises:
        Refused: with every fault.
    """
    overlay = wordings.overlay(wordings.versions(connection))
    changed = changes(files, overlay, typed)
    _prove(files, overlay, changed)
    wording_id = wordings.propose(connection, who, changed)
    append(connection, who, "words propose", proposal=wording_id, texts=len(changed))
    return wording_id


def approve(connection: Connection, files: Files, who: str, wording_id: int) -> int:
    """Put a proposal in force, proved anew; give the number of the version.

    Raises:
        Refused: with every fault.
        models.wordings.Own: who approves has proposed it.
        models.wordings.Overtaken: it waits no more, or its texts were changed meanwhile.
    """
    known, proposal = wordings.versions(connection), wordings.one(connection, wording_id)
    overlay = wordings.overlay(known)
    if proposal is None or is_stale(files, overlay, proposal):
        raise Overtaken
    _prove(files, overlay, proposal.changes)
    version = wordings.approve(connection, wording_id, who, _last(known))
    append(connection, who, "words approve", proposal=wording_id, version=version)
    return version


def refuse(connection: Connection, who: str, wording_id: int) -> None:
    """Put a proposal aside.

    Raises:
        models.wordings.Overtaken: it waits no more.
    """
    wordings.refuse(connection, wording_id, who)
    append(connection, who, "words refuse", proposal=wording_id)


def take_back(connection: Connection, files: Files, who: str, version: int) -> int:
    """Take a version back at once, by one of its own; give the number of that.

    Raises:
        Refused: with every fault; with none where nothing is left to be taken back.
        models.wordings.Overtaken: somebody else made a version meanwhile.
    """
    known = wordings.versions(connection)
    changed = undone(files, known, version)
    _prove(files, wordings.overlay(known), changed)
    made = wordings.take_back(connection, who, version, changed, _last(known))
    append(connection, who, "words take-back", taken=version, version=made)
    return made


def texts_in_force(files: Files, overlay: Overlay) -> dict[Place, str]:
    """Give every text that may be changed, as it is said now, by language and place."""
    said = {
        (language, place): text
        for language, words in files.words.items()
        for place, text in texts(words).items()
    }
    return {place: overlay.get(place, text) for place, text in said.items()}


def changes(files: Files, overlay: Overlay, typed: Mapping[Place, str]) -> list[Change]:
    """Give what typed texts would change; a place that may not be changed is left out.

    Args:
        overlay: what is laid over the files' words now.
        typed: texts as a browser sends them.
    """
    of_files, now = texts_in_force(files, {}), texts_in_force(files, overlay)
    found = []
    for place, text in typed.items():
        after = _tidied(text)
        if place in now and after != now[place]:
            is_files = after == of_files[place]
            found.append(Change(*place, now[place], after, is_files))
    return found


def faults(files: Files, overlay: Overlay, changed: Sequence[Change]) -> list[str]:
    """Find everything wrong with changed words, all at once: the whole proof is run.

    Args:
        overlay: what is laid over the files' words now.
    """
    of_files = texts_in_force(files, {})
    found = [
        f"{one.path} ({one.language}): {fault}"
        for one in changed
        for fault in _faults(one, of_files.get(one.place))
    ]
    report = files.check(laid_with(overlay, changed))
    return list(dict.fromkeys([*found, *report.faults]))


def laid_with(overlay: Overlay, changed: Sequence[Change]) -> dict[Place, str]:
    """Give what is laid over the files' words once some more is changed."""
    laid = dict(overlay)
    for one in changed:
        laid.pop(one.place, None)
        if not one.of_files:
            laid[one.place] = one.after
    return laid


def is_stale(files: Files, overlay: Overlay, proposal: Wording) -> bool:
    """Say whether a text says something else by now than when its change was proposed."""
    now = texts_in_force(files, overlay)
    return any(now.get(one.place) != one.before for one in proposal.changes)


def undone(files: Files, known: Sequence[Wording], version: int) -> list[Change]:
    """Give what takes a version back: its texts say what they said before it.

    A text that a later version changed again is left as it is. Nothing is left to be taken
    back of a version that was taken back, or of one that is not known.

    Args:
        known: all versions, the first one first.
    """
    taken = next((one for one in known if one.version == version), None)
    if taken is None:
        return []
    now = wordings.overlay(known)
    then = wordings.overlay(one for one in known if one.version <= version)
    before = wordings.overlay(one for one in known if one.version < version)
    of_files, said = texts_in_force(files, {}), texts_in_force(files, now)
    found = []
    for place in (one.place for one in taken.changes):
        if place in said and now.get(place) == then.get(place) != before.get(place):
            old = before.get(place, of_files[place])
            found.append(Change(*place, said[place], old, place not in before))
    return found


def _prove(files: Files, overlay: Overlay, changed: Sequence[Change]) -> None:
    found = faults(files, overlay, changed)
    if found or not changed:
        raise Refused(found)


def _last(known: Sequence[Wording]) -> int:
    return known[-1].version if known else FILES


def _faults(change: Change, of_files: str | None) -> Iterator[str]:
    """Find what the proof of all words does not look for in a text that somebody typed."""
    if of_files is None:
        yield "there is no such text"
        return
    if not change.after.strip():
        yield "no words"
    if len(change.after) > LONGEST:
        yield f"{len(change.after)} letters, of {LONGEST} at most"
    if lost := sorted({one for one in change.after if one != "?" and plain(one) == "?"}):
        yield f"has {' '.join(map(_shown, lost))}, which phones cannot show"
    if "\n" in change.after and "\n" not in of_files and not change.path.endswith(_OF_LINES):
        yield "has more than one line"
    if lacking := sorted(places(of_files) - places(change.after)):
        yield f"lacks {' '.join(f'{{{name}}}' for name in lacking)}"


def _tidied(text: str) -> str:
    """Give a typed text as it is kept: in letters that phones show, where there are such."""
    lines = unicodedata.normalize("NFC", text.replace("\r\n", "\n")).split("\n")
    tidied = "\n".join(line.rstrip() for line in lines).strip("\n")
    return "".join(one if plain(one) == "?" else plain(one) for one in tidied)


def _shown(letter: str) -> str:
    return letter if letter.isprintable() else f"U+{ord(letter):04X}"
