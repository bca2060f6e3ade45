"""Phones as people write and read them: one way to keep them, and one to show them masked."""

import re

import phonenumbers
from phonenumbers import PhoneNumberFormat

LONGEST = 40
"""Letters of a phone that are read at all."""

_BEFORE, _BEHIND = 4, 3
_OTHER_DIGITS = re.compile(r"[^\W0-9A-Za-z_]")
"""Letters and digits of other scripts: none of them stands in a phone."""


def read_phone(text: str, region: str) -> str:
    """Read a phone as people of a country write it.

    Args:
        region: the code of the country whose phones are written without a prefix.

    Returns:
        It in E.164; empty where it is none.
    """
    if _OTHER_DIGITS.search(text):
        return ""  # digits are 0 to 9 here, whatever the world's numbering plans allow
    return valid(text[:LONGEST], region)


def valid(text: str, region: str) -> str:
    """Give a phone in E.164 where the world's numbering plans know it as one; else nothing.

    Args:
        region: as in `read_phone`.
    """
    try:
        phone = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return ""
    if not phonenumbers.is_valid_number(phone):
        return ""
    return str(phonenumbers.format_number(phone, PhoneNumberFormat.E164))


def masked(phone: str, region: str) -> str:
    """Write a phone (E.164) so that it is known again and cannot be rung: `0711***101`."""
    whole = spelt(phone, region)
    if len(whole) <= _BEFORE + _BEHIND:
        return ""
    return f"{whole[:_BEFORE]}***{whole[-_BEHIND:]}"


def spelt(phone: str, region: str) -> str:
    """Write a phone (E.164) as it is dialled in the country; another country's with its prefix.

    Empty where it is none.
    """
    try:
        parsed = phonenumbers.parse(phone, None)
    except phonenumbers.NumberParseException:
        return ""
    if parsed.country_code != phonenumbers.country_code_for_region(region):
        return phone
    written = str(phonenumbers.format_number(parsed, PhoneNumberFormat.NATIONAL))
    return re.sub("[^0-9]", "", written)
