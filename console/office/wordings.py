"""Words that administrators change: proved, proposed, approved by another, taken back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from flask import Response, abort, make_response, request

from console.desk import desk
from console.pages import Pages, current
from console.parts import gone, say, shown, tell
from menus.preview import Laid, laid
from menus.proposals import (
    Refused,
    approve,
    changes,
    faults,
    is_stale,
    laid_with,
    propose,
    refuse,
    take_back,
    texts_in_force,
)
from menus.screens import Menu
from menus.texts import part_of, parts
from menus.voices import Files
from models import wordings
from models.agents import Role
from models.wordings import Overlay, Overtaken, Own, Place, Wording

SHOWN = 50
"""Versions on the page of versions: the latest."""

COMING = timedelta(seconds=30)
"""Within this every process has looked at a version, and proved it."""

pages = Pages("wordings")


@dataclass(frozen=True)
class Text:
    """One text on a page.

    Attributes:
        field: its name in the form.
        is_changed: whether it says something else than the files.
    """

    field: str
    path: str
    said: str
    is_changed: bool

    @property
    def rows(self) -> int:
        """How high its field is."""
        return max(self.said.count("\n") + 1 + len(self.said) // 50, 1)


@dataclass(frozen=True)
class Column:
    """One language on a page: its texts, and how they look.

    Attributes:
        name: the language's own name for itself.
    """

    code: str
    name: str
    texts: Sequence[Text]
    pages: Sequence[Laid]


@pages.page("/words", Role.ADMINISTRATOR, menu="wordings.title")
def words() -> str:
    """List every screen and text, those that hold what is searched for."""
    sought = request.args.get("q", "").strip()[:60]
    with desk().reading() as connection:
        waiting = wordings.waiting(connection)
        overlay = wordings.overlay(wordings.versions(connection))
    said = texts_in_force(_files(), overlay)
    parts = {part: _texts(said, overlay, part) for part in _parts(_files())}
    found = {part: texts for part, texts in parts.items() if _holds(part, texts, sought)}
    return _shown("list", found=found, names=_names(), sought=sought, waiting=waiting)


@pages.page("/words/<part>", Role.ADMINISTRATOR)
def texts(part: str) -> str:
    """Show a screen's words in every language, side by side, and how they look."""
    overlay = _overlay()
    return _shown_part(part, _columns(_known(part), overlay, part))


@pages.page("/words/<part>", Role.ADMINISTRATOR, methods=["POST"])
def change(part: str) -> Response:
    """Prove changed words, and keep them as a proposal where that is wanted."""
    files, overlay = _known(part), _overlay()
    typed = _typed(files, part)
    changed = changes(files, overlay, typed)
    found = faults(files, overlay, changed) if changed else []
    wanted = request.form.get("do") == "propose" and bool(changed) and not found
    if wanted:
        with desk().writing() as connection:
            propose(connection, files, current().account, typed)
        tell("wordings.proposed")
        return gone("wordings.words")
    columns = _columns(files, laid_with(overlay, changed), part, typed)
    page = _shown_part(part, columns, found, is_same=not changed, is_proved=not found)
    return make_response(page, 422 if found else 200)


@pages.page("/words/proposals/<int:wording>", Role.ADMINISTRATOR)
def proposal(wording: int) -> str:
    """Show a proposal: every text before and after, and how it would look."""
    with desk().reading() as connection:
        proposed = wordings.one(connection, wording)
        overlay = wordings.overlay(wordings.versions(connection))
    if proposed is None:
        abort(404)
    return _shown_proposal(proposed, overlay)


@pages.page("/words/proposals/<int:wording>/approve", Role.ADMINISTRATOR, methods=["POST"])
def accept(wording: int) -> Response:
    """Put a proposal of somebody else in force."""
    try:
        with desk().writing() as connection:
            version = approve(connection, _files(), current().account, wording)
    except Own:
        return _told("wordings.own", wording)
    except Overtaken:
        return _told("wordings.overtaken", wording)
    except Refused as refused:
        return _told("wordings.unfit", wording, fault="; ".join(refused.faults[:3]))
    _hurry()
    tell("wordings.approved", version=version)
    return gone("wordings.versions")


@pages.page("/words/proposals/<int:wording>/refuse", Role.ADMINISTRATOR, methods=["POST"])
def put_aside(wording: int) -> Response:
    """Put a proposal aside."""
    try:
        with desk().writing() as connection:
            refuse(connection, current().account, wording)
    except Overtaken:
        return _told("wordings.overtaken", wording)
    tell("wordings.refused")
    return gone("wordings.words")


@pages.page("/words/versions", Role.ADMINISTRATOR)
def versions() -> str:
    """List the versions, the latest first, each with what it changed."""
    with desk().reading() as connection:
        known = wordings.versions(connection)
    in_force, newest = desk().line.voices.now.version, known[-1] if known else None
    lacks = newest is not None and newest.version != in_force
    return _shown(
        "versions",
        known=known[-SHOWN:][::-1],
        in_force=in_force,
        is_coming=lacks and _is_fresh(newest),
        is_left_out=lacks and not _is_fresh(newest),
    )


@pages.page("/words/versions/<int:version>/take-back", Role.ADMINISTRATOR, methods=["POST"])
def undo(version: int) -> Response:
    """Take a version back, at once."""
    try:
        with desk().writing() as connection:
            made = take_back(connection, _files(), current().account, version)
    except (Overtaken, Refused) as refused:
        found = refused.faults[:3] if isinstance(refused, Refused) else []
        tell("wordings.not_taken_back", "fault", version=version, fault="; ".join(found))
    else:
        _hurry()
        tell("wordings.taken_back", version=version, made=made)
    return gone("wordings.versions")


def _shown(page: str, **facts: object) -> str:
    """Write a page on which places in the words are called as people call them."""
    names = {"called": _called, "labelled": _labelled, "part_of": part_of}
    return shown(f"wordings/{page}.html", **names, **facts)


def _called(part: str) -> str:
    """Name a screen, a text by SMS or a section."""
    section, _, name = part.partition(".")
    return say(f"wordings.of_{section}", called=name or section)


def _labelled(path: str) -> str:
    """Name a text within its screen, text by SMS or section."""
    section, _, rest = path.partition(".")
    if section == "sms":
        name, _, number = rest.partition(".")
        return say("wordings.wording", number=int(number) + 1) if number else name
    if section != "screens":
        return rest
    screen, _, rest = rest.partition(".")
    if rest in ("text", "again"):
        return say(f"wordings.screen_{rest}")
    name = rest.removeprefix("choices.")
    keys = {
        choice.name: choice.key
        for one in _files().screens
        if one.name == screen and isinstance(one, Menu)
        for choice in one.choices
    }
    return say("wordings.choice", key=keys.get(name, "?"), called=name)


def _hurry() -> None:
    """Let this process look at once; the others look within seconds."""
    desk().line.voices.behind.set()


def _is_fresh(version: Wording | None) -> bool:
    """Say whether processes may not have looked since a version was made."""
    decided = version.decided_at if version else None
    return decided is not None and datetime.now(UTC) - decided < COMING


def _files() -> Files:
    return desk().line.voices.files


def _overlay() -> Overlay:
    with desk().reading() as connection:
        return wordings.overlay(wordings.versions(connection))


def _parts(files: Files) -> list[str]:
    """List what is changed together, in the order of the first language."""
    return list(dict.fromkeys(one for words in files.words.values() for one in parts(words)))


def _known(part: str) -> Files:
    """Give the files, where they have such words."""
    if part not in _parts(_files()):
        abort(404)
    return _files()


def _typed(files: Files, part: str) -> dict[Place, str]:
    """Read what was typed, of the texts that this page is of."""
    return {
        place: request.form[field]
        for place in texts_in_force(files, {})
        for field in ["|".join(place)]
        if field in request.form and part_of(place[1]) == part
    }


def _columns(
    files: Files, overlay: Overlay, part: str, typed: Mapping[Place, str] | None = None
) -> list[Column]:
    """Give the texts of a part in each language, and how they look.

    Args:
        typed: what was typed into the fields, where something was.
    """
    languages, names = files.languages(overlay), _names()
    shown = _texts({**texts_in_force(files, overlay), **(typed or {})}, overlay, part)
    return [
        Column(code, names[code], shown.get(code, ()), laid(files, languages, part, code))
        for code in languages
    ]


def _texts(said: Mapping[Place, str], overlay: Overlay, part: str) -> dict[str, list[Text]]:
    """Give the texts of a part, by language."""
    found: dict[str, list[Text]] = {}
    for (language, path), text in said.items():
        if part_of(path) == part:
            changed = (language, path) in overlay
            found.setdefault(language, []).append(
                Text(f"{language}|{path}", path, text, changed)
            )
    return found


def _names() -> dict[str, str]:
    """Give every language's own name for itself."""
    return {code: words.name for code, words in _files().words.items()}


def _holds(part: str, texts: Mapping[str, Sequence[Text]], sought: str) -> bool:
    said = [part, _called(part), *(one.said for those in texts.values() for one in those)]
    return any(sought.casefold() in one.casefold() for one in said)


def _shown_part(
    part: str,
    columns: Sequence[Column],
    found: Sequence[str] = (),
    is_same: bool = False,
    is_proved: bool = False,
) -> str:
    return _shown(
        "part",
        part=part,
        columns=columns,
        found=found,
        is_same=is_same,
        is_proved=is_proved and not is_same,
    )


def _shown_proposal(proposed: Wording, overlay: Overlay) -> str:
    files = _files()
    new = laid_with(overlay, proposed.changes)
    columns = [
        replace(column, texts=())
        for part in dict.fromkeys(part_of(one.path) for one in proposed.changes)
        for column in _columns(files, new, part)
        if any(one.language == column.code for one in proposed.changes)
    ]
    waits = proposed.stage is wordings.Stage.WAITING
    return _shown(
        "proposal",
        proposal=proposed,
        columns=columns,
        waits=waits,
        is_own=proposed.author == current().account,
        is_stale=waits and is_stale(files, overlay, proposed),
    )


def _told(name: str, wording: int, **facts: object) -> Response:
    tell(name, "fault", **facts)
    return gone("wordings.proposal", wording=wording)
