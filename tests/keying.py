"""Keys drawn at random: what somebody might press or type at a page."""

import random
import re

NUMBERS = ("12345678", "23456789", "45678901", "7654321098", "34567890")
"""As many as a phone may ask for in a day, so that a budget forgotten changes nothing."""

TYPED = (
    *NUMBERS,
    *("nai", "Kisumu", "molo", "kilgoris", "thika", "xyzzy", "48213", "11111"),
    *("I went twice", "", " ", "x", "0", "0", "00", "98", "98", "1", "2", "3", "4", "5"),
    *("7", "8", "9", "11", "42", "47", "99", "#", "1#", "\u0661", "12345678901234567890"),
)


def key_at(page: str, dice: random.Random) -> str:
    """Choose what is keyed at a page: mostly something that it offers."""
    offered = re.findall("(?m)^([0-9]{1,2}) ", page)
    if offered and dice.random() < 0.7:
        return str(dice.choice(offered))
    if "0 Back" not in page and "0 Rudi" not in page and dice.random() < 0.5:
        return dice.choice("123456")
    return dice.choice(TYPED)
