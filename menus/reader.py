"""The reader of free text: which document a message asks for, and by which number.

People write as they speak: greetings, slips, a phone number and a sum of money beside the
ID number. What is certainly something else is left out, and the rest is ranked.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate, takewhile

from rapidfuzz.distance import OSA
from rapidfuzz.process import extractOne

from models.numbers import Kind


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


_READ = 1000
"""How many characters are read: six text messages."""

_GIVEN = 5
"""How many numbers are given at most."""

_NAMES = {
    word: kind
    for kind, words in {
        Kind.ID_CARD: "id ids idno kitambulisho vitambulisho kipande identity identification "
        "maisha waiting",
        Kind.BIRTH_CERTIFICATE: "birth birthcert cheti vyeti kuzaliwa bc cert certificate "
        "notification",
        Kind.DRIVING_LICENCE: "licence license dl driving leseni udereva kuendesha",
    }.items()
    for word in words.split()
}
_ENTRY = _set("entry ingizo")
_PAPER = _ENTRY | _set("receipt reciept risiti stakabadhi ref reference serial")
_LABELS = _PAPER | frozenset(_NAMES)
"""Words that name the number after them."""

_PHONE = _set(
    "call calls piga pigia nipigie mnipigie nicall simu tel telephone phone mobile cell "
    "whatsapp"
)
_COUNTED = _set("no nos num number namba nambari")
_FILLERS = _COUNTED | _set(
    "na is ni my me on at kwa ya za cha yangu yake yako langu changu chake chako kitaifa "
    "national card kadi malipo"
)
"""What may stand between a name and its number: "kitambulisho changu namba ni ..."."""

_SWAHILI = _set(
    "aje alizaliwa angalia asubuhi baada baba bado bana bila bure cha chake chako changu "
    "cheti dereva gani gari hadi haipo hakiko hakuna hapa hii hiyo huduma iko imo inachukua "
    "jioni kama kazi kesho kiko kipande kipya kitambulisho kitu kituo kuchukua kuendesha "
    "kujua kupata kuuliza kuzaliwa kwa la lakini langu leo leseni lini mama maombi maze mbili "
    "mbona mko mnaweza mpya msaada msee mtoi mtoto mungu mwaka mwenyewe na naeza naitwa "
    "nambari naomba nataka naweza ndugu ngapi ni nifanye niko nina nini nipigie nisaidie nko "
    "pesa piga risiti saa sana sasa shilingi sijui simu sitaki stakabadhi tangu tarehe tayari "
    "tena tu udereva ujumbe viko vitambulisho vyeti wa wangu wapi wasee ya yake yako yangu "
    "yetu yote za zangu ziko zimetoka zote"
)
_ENGLISH = _set(
    "about am and are been by came can come did do does for get good got had has have help "
    "how i identify if in is it its know lost me mine my need not of or our out paid that "
    "the their there they this to was we what when where which who why will with would "
    "writing yet you your"
)
_SWAHILI_HINTS = _set(
    "asante asanteni ahsante habari hamjambo jambo mambo namba niaje poa sawa sema "
    "shikamoo tafadhali kwaheri"
)
_ENGLISH_HINTS = _set(
    "birth card cert certificate check driving hello hi identity kindly licence license "
    "number ok okay please pls ready receipt status thank thanks waiting"
)
"""Words heard in both languages; they tell only where nothing else does."""

_VERBS = tuple(_set("haija hakija hawa ime kime mna naom nili nime nina nita sija tume wame"))

_LONG = sorted(word for word in _LABELS | _FILLERS | _SWAHILI | _ENGLISH if len(word) >= 6)

_FOLD = str.maketrans(
    {chr(code): chr(code + 32) for code in range(ord("A"), ord("Z") + 1)}
    | dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212", "-")
    | dict.fromkeys("\u00ad\u061c\u200b\u200c\u200d\u200e\u200f\u2060\ufeff", "")
    | dict.fromkeys("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069", "")
    | {c: "" for c in map(chr, [*range(32), *range(127, 160)]) if not c.isspace()}
)
"""ASCII capitals and hyphens made one, and what no eye sees taken out."""

_INITIALS = re.compile(r"(?<![a-z])(?:i\. ?d|d\. ?l|b\. ?c)(?![a-z])")

_ELSEWHERE = re.compile(
    r"\b(?:(?:date|year|place) of birth|(?:tarehe|mwaka|siku|mahali) \w\w kuzaliwa"
    r"|(?:cheti|vyeti) \w{2,3} (?:maadili|tabia|kifo|ndoa|shule|kcse|kcpe)"
    r"|cert(?:ificate)? of (?:good )?conduct|(?:death|marriage|school|kcse|kcpe) cert\w*"
    r"|leseni ya biashara|business licen[cs]e|driving school"
    r"|(?:am|im|been|still|are) waiting|waiting for"
    r"|maisha(?! (?:card|kadi|namba|nambari|number)))\b"
)
"""Phrases that hold a document's name and ask for no document of ours."""

_DAY = r"(?:0?[1-9]|[12][0-9]|3[01])"
_YEAR = r"(?:19|20)[0-9]{2}"
_AMOUNT = r"(?:[0-9]{1,3}(?:[ ,][0-9]{3}(?![0-9])){1,3}|[0-9]+)(?:\.[0-9]{2}(?![0-9]))?"
_COIN = r"(?:k?shs?|kes|shilingi|shillings?)"
_NOISE = re.compile(
    rf"(?<![0-9]){_DAY}(?P<a>[/. -]){_DAY}(?P=a){_YEAR}(?![0-9])"
    rf"|(?<![0-9]){_YEAR}(?P<b>[/.-]){_DAY}(?P=b){_DAY}(?![0-9])"
    rf"|(?<![0-9]){_DAY}(?P<c>[/.-]){_DAY}(?P=c)[0-9]{{2}}(?![0-9]|(?P=c)[0-9])"
    r"|(?<![0-9])(?:[0-9]{1,2}:[0-9]{2}(?![0-9])|[0-9]{3,4} ?hrs?(?![a-z]))"
    rf"|(?:(?<![a-z]){_COIN}|\$|usd)[ .:]{{0,3}}{_AMOUNT}(?:/[=-])?"
    rf"|(?<![0-9a-z]){_AMOUNT} ?(?:/[=-]|(?:{_COIN}|bob)(?![a-z]|[ .:]{{0,3}}[0-9]))"
)
"""Dates, times of day and sums of money."""

_GLUED = re.compile(
    rf"(?<![a-z0-9])(?:(?:{'|'.join(_LABELS | _FILLERS)})(?=[0-9])"
    r"|[0-9]{6,}(?=[a-z]{3,}(?![a-z0-9])))"
)
_TOKEN = re.compile(
    rf"(?<![^\W_])(?P<paper>{'|'.join(_PAPER)})(?![^\W0-9_])"
    rf"(?:[ .:#]+(?:{'|'.join(_FILLERS)})(?![^\W_])){{0,4}}[ .:#]*"
    r"(?P<code>(?=[a-z/-]*[0-9])(?:[/-]?[a-z0-9]){5,14})(?![^\W_])"
    rf"|(?<![^\W_/])(?P<entry>[0-9]{{1,7}}/{_YEAR})(?![^\W_]|/[0-9])"
    r"|(?<![^\W_,])(?P<commas>[0-9]{1,3}(?:,[0-9]{3}){2})(?![^\W_]|,[0-9])"
    r"|(?=[^\W0-9_]*[0-9])(?=[0-9]*[^\W0-9_])[^\W_]+"  # neither a word nor a number
    r"|(?P<run>\+?[0-9]+(?:(?: ?[._-] ?| )(?![0-9]{1,7}/[0-9]|[0-9]+[^\W0-9_])[0-9]+)*)"
    r"|(?P<word>[^\W0-9_]+)"
)
_MONTH = re.compile(r"(?:0?[1-9]|1[0-2])/.*")
_TELEPHONE = re.compile(r"0[1-9][0-9]{8}|(?:00)?2540?[1-9][0-9]{8}")
_SURE_TELEPHONE = re.compile(r"07|01[01]|020|0800|(?:00)?254")
_SHORT_TELEPHONE = re.compile(r"[1-9][0-9]{6,8}")
_LONE_CODE = re.compile(r"(?=[0-9]*[a-z])(?=(?:[a-z]*[0-9]){4})[a-z0-9]{6,14}")


@dataclass(frozen=True, repr=False)
class Reading:
    """What a message says; it has no repr, as the numbers are personal data.

    Attributes:
        kind: The document asked for, where the words say so.
        numbers: What may be a document number, likeliest first, without joiners.
        language: "en" or "sw", where the words say so.
    """

    kind: Kind | None
    numbers: tuple[str, ...]
    language: str | None


def read(text: str) -> Reading:
    """Read the document, its numbers and the language out of `text`, whatever it holds."""
    clean = _clean(text)
    kind = _kind(_words(_ELSEWHERE.sub(" ", clean)))
    return Reading(kind, _numbers(_NOISE.sub(" ; ", clean), kind), _language(_words(clean)))


def _clean(text: str) -> str:
    folded = text[:_READ].translate(_FOLD)
    if len(text) > _READ:
        # Half a number would be another person's.
        folded = folded.rstrip("0123456789 .,/_-")
    return _INITIALS.sub(lambda spelt: spelt[0][0] + spelt[0][-1], " ".join(folded.split()))


def _words(text: str) -> list[str]:
    return [_known(word) for word in re.findall("[a-z]+|[0-9]+", text)]


def _known(word: str) -> str:
    """Give the longer word that `word` is, or is one slip from; any other as it is."""
    if len(word) < 6:
        return word
    nearest = extractOne(word, _LONG, scorer=OSA.distance, score_cutoff=1)
    return nearest[0] if nearest else word


def _kind(words: list[str]) -> Kind | None:
    named = [at for at, word in enumerate(words) if word in _NAMES]
    asked = [at for at in named if not _is_aside(words, at)] or named
    return _NAMES[words[asked[0]]] if asked else None


def _is_aside(words: list[str], at: int) -> bool:
    """Tell whether the name at `at` only says what a number is, as "id no" does."""
    if _NAMES[words[at]] is not Kind.ID_CARD:
        return words[at] == "notification"
    after = [*takewhile(_FILLERS.__contains__, words[at + 1 : at + 5])]
    following = words[at + 1 + len(after) :][:1]
    return not _COUNTED.isdisjoint([*words[max(at - 3, 0) : at], *after]) or any(
        "0" <= word[0] <= "9" for word in following
    )


def _language(words: list[str]) -> str | None:
    for swahili, english in ((_SWAHILI, _ENGLISH), (_SWAHILI_HINTS, _ENGLISH_HINTS)):
        here = sum(word in swahili or word.startswith(_VERBS) for word in words)
        there = sum(word in english for word in words)
        if here or there:
            return "sw" if here >= there else "en"
    return None


def _numbers(text: str, kind: Kind | None) -> tuple[str, ...]:
    text = _GLUED.sub(r"\g<0> ", text)
    if code := _LONE_CODE.fullmatch(text.strip(" .,!?#'\"")):
        return (code[0].upper(),)
    ranks: dict[str, int] = {}
    label = ""
    for token in _TOKEN.finditer(text):
        if token["word"]:
            word = _known(token["word"])
            label = label if word in _FILLERS else word
            continue
        label = token["paper"] or label
        for number in _read_token(token, label, kind):
            rank = 0 if label in _LABELS else {7: 1, 8: 1, 9: 2}.get(len(number), 3)
            ranks[number] = min(rank, ranks.get(number, rank))
        label = ""
    return tuple(sorted(ranks, key=ranks.__getitem__)[:_GIVEN])


def _read_token(token: re.Match[str], label: str, kind: Kind | None) -> Iterator[str]:
    if token["run"]:
        yield from _read_run(token["run"], label, kind)
    elif commas := token["commas"]:
        # Tens of millions beside a document's name are no sum of money.
        if label in _LABELS or (kind and len(commas) == len("12,345,678")):
            yield commas.replace(",", "")
    elif entry := token["entry"]:
        named = label in _ENTRY or _NAMES.get(label) is Kind.BIRTH_CERTIFICATE
        if len(entry) >= 6 and (named or not _MONTH.fullmatch(entry)):
            yield entry
    elif token["code"]:
        code = token["code"].replace("-", "").upper()
        if 6 <= len(code) <= 14 and not _is_phone(code, label, kind):
            yield code


def _read_run(run: str, label: str, kind: Kind | None) -> Iterator[str]:
    """Give the numbers in a run of digit groups; one number may be in several groups."""
    birth = label in _ENTRY or kind is Kind.BIRTH_CERTIFICATE
    label = "+" if run[0] == "+" else label
    groups = re.findall("[0-9]+", run)
    while groups:
        if used := _phone_groups(groups, label, kind):
            label = ""
        else:
            used, number = _first_number(groups, birth)
            if number.strip("0"):
                yield number
        groups = groups[used:]


def _phone_groups(groups: list[str], label: str, kind: Kind | None) -> int:
    """Count the leading groups that make a phone number, 0 where they make none."""
    first = groups[0]
    area = first[0] == "0" or (first.startswith("254") and len(first) <= 6)
    most = 8 if area or label == "+" or label in _PHONE else 1
    counts = [
        count
        for count, digits in enumerate(accumulate(groups[:most]), 1)
        if _is_phone(digits, label, kind)
    ]
    return max(counts, default=0)


def _is_phone(digits: str, label: str, kind: Kind | None) -> bool:
    if label == "+":
        return 10 <= len(digits) <= 13
    if label in _PHONE and _SHORT_TELEPHONE.fullmatch(digits):
        return True
    if label in _ENTRY or not _TELEPHONE.fullmatch(digits):
        return False
    # Entry numbers have ten digits too: 0123456789 is one beside "birth certificate".
    unsure = kind is Kind.BIRTH_CERTIFICATE and label not in _PHONE
    return not unsure or bool(_SURE_TELEPHONE.match(digits))


def _first_number(groups: list[str], birth: bool) -> tuple[int, str]:
    """Give how many leading groups make a number, and that number or nothing."""
    sizes = range(6, 15) if birth else (6, 7, 8, 9, 10, 14)
    short = [*takewhile(lambda group: len(group) < 7, groups[:14])]
    if len(short) > 1 and all(re.fullmatch(_YEAR, group) for group in short):
        return len(short), ""
    joined = {len(digits): (at, digits) for at, digits in enumerate(accumulate(short), 1)}
    for size in (max(joined, default=0), 8, 7, 9):
        if size > 6 and size in sizes and size in joined:
            return joined[size]
    return 1, groups[0] if len(groups[0]) in sizes else ""
