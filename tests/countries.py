"""Countries for tests: Ruritania, which there is not, and Kenya with one more language.

Ruritania has nothing of Kenya's: two languages of its own, codes of two digits, letters in
its numbers, a clock, a holiday, a currency and phones of its own. Ruritan is German where
the tests' conversations go, and elsewhere English with its vowels moved on by one (a is e,
e is i). Strelsk is English with them moved on by two. So its pages can be read, and a word
that is Kenya's stands out.
"""

import json
import re
import shutil
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
_WORDS = ROOT / "menus" / "words"
_REFERENCE = ROOT / "models" / "reference"

KENYAN = re.compile(
    r"1919|254\d{4}|huduma|\bksh\b|\bkes\b|kenya|nairobi|mombasa|thika|kitambulisho|"
    r"waiting card|ndio|jitume|saa \d|kaunti|swahili|english|\bread\b|\bnumber\b|\bcentres?\b",
    re.IGNORECASE,
)
"""What no page of another country may say."""

CODE = "*1500#"
PHONE = "+3546111234"
OTHER_PHONE = "+3546115678"

COUNTRY = """
name = "Ruritania"
code = "XR"
time_zone = "Asia/Kathmandu"
currency = "Kr"
first_language = "rt"
phones_of = "IS"
place_words = "shire burg"

[[holidays]]
day = 2026-10-06
name = "Founding Day"

[numbers.national_id]
pattern = "[A-Z]{2}[0-9]{5}"

[numbers.birth_entry]
pattern = "[0-9]{4}"

[numbers.receipt]
pattern = "R[0-9]{3}"
"""

READER = """
[names]
id_card = "pess"

[languages.rt]
words = "whiri"

[languages.st]
words = "whoro"
"""

REFERENCE = {
    "counties": """
code,name,headquarters,population_2019,confidence,source
11,Strelsau,Strelsau,900000,high,The Gazette
12,Zenda,Tannenbrück,120000,high,The Gazette
13,Großwald,Ødeby,80000,high,The Gazette
""",
    "constituencies": """
code,name,county_code,confidence,source
1,Hofbau,11,high,The Gazette
2,Tarlenheim,13,high,The Gazette
""",
    "centres": """
code,county_code,constituency_code,short_name,name,kind,town,address,opens,closes,days,status,\
opened,confidence,source
11-1,11,1,Strelsau Hof,Office Strelsau Hof,office,Strelsau,Castle Row 3,09:00,16:30,Mon-Sat,\
open,1894,high,The Gazette
11-2,11,,Alter Markt,Office Alter Markt,office,Strelsau,,,,,open,,low,The Gazette
12-1,12,,Zenda Tor,Office Zenda Tor,office,Zenda,,08:30,12:00,Mon-Fri,open,1901,high,\
The Gazette
13-1,13,,Ødeby,Office Ødeby,office,Ødeby,,09:00,12:00,Mon-Fri,planned,,high,The Gazette
""",
    "services": """
code,key,desk,availability,as_of,confidence,source
pass,1,centre,every,2026-05,high,The Gazette
plough,2,centre,listed,2026,high,The Gazette
oath,1,court,listed,2026,high,The Gazette
""",
    "service_terms": """
service_code,since,until,agency,fee,fee_as_of,source
pass,2020-01-01,,Royal Chancery,12500,2026,The Gazette
plough,2020-01-01,,Royal Chancery,0,2026,The Gazette
oath,2020-01-01,,Royal Court,,,The Gazette
""",
    "service_texts": """
service_code,language,name,bring,takes,collects,place,note
pass,rt,Pass,Zwei Bilder.,5 Tage,Sie selbst.,,
pass,st,Poss,Twa phatas.,5 doys,Yae.,,
plough,rt,Pflug,Den Pflug.,,,,
oath,rt,Eid,Ihr Siegel.,,,,
""",
    "desks": """
centre_code,desk,since,until,source
11-1,court,2025-01-01,,The Gazette
12-1,plough,2025-01-01,,The Gazette
""",
}

STRELSK = {
    "language": {"name": "Strělsk", "key": "10", "date": "d. MMM y", "locale": "cs"},
}

RURITAN = {
    "language": {
        "name": "Ruritanisch",
        "key": "8",
        "date": "d.M.y",
        "locale": "de",
        "money": "{amount} {currency}",
    },
    "keys": {"back": "Zurück", "home": "Anfang", "more": "Mehr", "carry_on": "Weiter"},
    "phrases": {
        "slip": "Das steht nicht zur Wahl.",
        "doubt": "Vor der Reise 1500 fragen.",
        "court_desk": "Gericht: ja",
        "no_court_desk": "Gericht: nein",
        "fee": "Preis: {fee} ({as_of})",
        "no_fee": "Preis: keiner ({as_of})",
    },
    "kinds": {"id_card": "Pass"},
    "bring": {"id_card": "Bild"},
    "days": {"Mon-Fri": "Mo-Fr", "Mon-Sat": "Mo-Sa", "Mon-Sun": "täglich"},
    "clock": {
        "weekdays": [
            "Montag",
            "Dienstag",
            "Mittwoch",
            "Donnerstag",
            "Freitag",
            "Samstag",
            "Sonntag",
        ],
    },
    "doors": {
        "open": "offen bis {time}",
        "opens_today": "zu, öffnet heute {time}",
        "opens_later": "zu, öffnet {day} {time}",
        "planned": "geplant, noch nicht offen",
    },
    "screens": {
        "home": {
            "text": "Amt 1500\nPassnummer tippen,\noder wählen:",
            "choices": {
                "documents": "Mein Papier",
                "centres": "Ämter",
                "services": "Dienste",
                "court": "Gericht",
                "help": "Hilfe",
                "news": "Neues",
            },
        },
        "documents": {
            "text": "Welches Papier?",
            "choices": {
                "id_card": "Pass",
                "birth_certificate": "Geburtsurkunde",
                "driving_licence": "Führerschein",
                "receipt": "Nur ein Beleg",
            },
        },
        "ask_id_card": {
            "text": "Passnummer tippen, wie AB 12345:",
            "again": "Zwei Buchstaben und fünf Ziffern. Noch einmal:",
        },
        "ready": {
            "text": "{kind} ..{last} ist FERTIG.\n{place}\n{hours}\nMitbringen: {bring}\n"
            "Stand {date}\n{doubt}",
            "choices": {"text_me": "SMS an mich", "another": "Andere", "report": "Melden"},
        },
        "texted": {
            "text": "Wir schicken eine SMS.\nNur 1500 schreibt.",
            "choices": {"another": "Andere"},
        },
        "will_text": {"text": "Wir schicken eine SMS.\nNur 1500 schreibt."},
        "find_centre": {"text": "Ort tippen, oder Kreis wählen:"},
        "centres_in": {"text": "Ämter in {county}:"},
        "centre": {
            "choices": {
                "text_me": "SMS an mich",
                "services": "Dienste",
                "another": "Anderer Ort",
            }
        },
        "constituency": {
            "text": "{name} liegt in {county}.\nDort ist noch kein Amt.",
            "choices": {"centres": "Ämter im Kreis", "another": "Anderer Ort"},
        },
        "which_service": {"text": "Welcher Dienst?"},
        "service": {
            "text": "{service}\nMitbringen: {bring}",
            "choices": {
                "text_me": "SMS an mich",
                "more": "Preis, Dauer",
                "where": "Wo",
                "another": "Anderer Dienst",
            },
        },
        "service_more": {
            "text": "{service}\n{fee}\n{note}\nDauer: {takes}\nAbholen: {collects}\n{place}\n"
            "Von: {agency}\nStand {as_of}",
            "choices": {"where": "Wo", "another": "Anderer Dienst"},
        },
        "court_desk": {
            "text": "Das Gericht ist in {count} Ämtern.",
            "choices": {"services": "Dienste", "centres": "Welche Ämter"},
        },
        "court_services": {"text": "Gericht. Welcher Dienst?"},
        "court_centres": {"text": "Gericht in:\n{centres}\n{none}"},
    },
    "sms": {
        "ready": [
            "{kind} ..{last} ist FERTIG: {place}.\n{hours}.\nMitbringen: {bring}.\n{doubt}\n"
            "Kostet nichts; nur 1500 schreibt.",
            "{kind} ..{last} FERTIG: {centre}.\nNur 1500 schreibt.",
        ],
        "unknown": ["Kein Papier ..{last}.\nWählen Sie {code}.\nNur 1500 schreibt."],
        "bring": [
            "{service}.\nMitbringen: {bring}\n{fee}.\nNur 1500 schreibt.",
        ],
    },
}


def ruritania(folder: Path) -> Path:
    """Write the whole of a country that there is not, as data files alone."""
    (folder / "words").mkdir(parents=True)
    (folder / "reference").mkdir()
    (folder / "country.toml").write_text(COUNTRY, encoding="utf-8")
    (folder / "reader.toml").write_text(READER, encoding="utf-8")
    for name, rows in REFERENCE.items():
        (folder / "reference" / f"{name}.csv").write_text(rows.lstrip(), encoding="utf-8")
    ruritan = _merged(_translated("eiouaEIOUA"), RURITAN)
    strelsk = _merged(_translated("iouaeIOUAE"), STRELSK)
    write_words(folder / "words" / "rt.toml", ruritan)
    write_words(folder / "words" / "st.toml", strelsk)
    return folder


def kenya_with(folder: Path, **languages: Mapping[str, Any]) -> Path:
    """Write Kenya's own files into a folder, with further languages beside its own."""
    shutil.copytree(_WORDS, folder / "words")
    shutil.copytree(_REFERENCE, folder / "reference")
    (folder / "reference" / "country.toml").rename(folder / "country.toml")
    shutil.copy(ROOT / "menus" / "reader.toml", folder)
    for code, sections in languages.items():
        write_words(folder / "words" / f"{code}.toml", sections)
    return folder


def english() -> dict[str, Any]:
    """Read Kenya's English words, as its file has them."""
    return tomllib.loads((_WORDS / "en.toml").read_text(encoding="utf-8"))


def write_words(file: Path, sections: Mapping[str, Any]) -> None:
    """Write a file of words."""
    file.write_text("\n".join(_tables(sections, "")) + "\n", encoding="utf-8")


def _tables(section: Mapping[str, Any], path: str) -> Iterator[str]:
    """Write a table, and those within it."""
    if path:
        yield f"[{path}]"
    for name, value in section.items():
        if not isinstance(value, Mapping):
            yield f"{json.dumps(name)} = {json.dumps(value, ensure_ascii=False)}"
    for name, value in section.items():
        if isinstance(value, Mapping):
            yield from _tables(value, f"{path}.{json.dumps(name)}".strip("."))


def _translated(vowels: str) -> dict[str, Any]:
    """Give the English words with other vowels, another code, and no other number."""
    table = str.maketrans("aeiouAEIOU", vowels)
    translated: dict[str, Any] = _each(english(), table)
    return translated


def _merged(whole: dict[str, Any], parts: Mapping[str, Any]) -> dict[str, Any]:
    """Put texts in the place of others."""
    for name, value in parts.items():
        within = isinstance(value, Mapping)
        whole[name] = _merged(dict(whole.get(name, {})), value) if within else value
    return whole


def _each(value: Any, table: dict[int, int]) -> Any:
    if isinstance(value, dict):
        return {name: _each(one, table) for name, one in value.items()}
    if isinstance(value, list):
        return [_each(one, table) for one in value]
    parts = re.split(r"(\{[a-z_]+\})", value)
    return "".join(
        part if part.startswith("{") else _renumbered(part).translate(table) for part in parts
    )


def _renumbered(text: str) -> str:
    return re.sub(r"[0-9]{3,}", lambda found: _NUMBERS.get(found[0], "000"), text)


_NUMBERS = {"1919": "1500"}
