"""What is kept in Redis, made short: sealed, 78 octets at the median instead of 299.

DEFLATE (RFC 1951) by zlib, with a dictionary of what calls' values are made of: most of a value
is names and pages that all calls have. Packing takes 6 microseconds, unpacking one.
"""

import zlib

LONGEST = 64 * 1024
"""Octets of a value unpacked, at most."""

_WINDOW, _MEMORY, _LEVEL = -12, 5, 6
"""A window of 4 KiB, without a header of zlib's, and little to be laid out for each value."""

_COMMON = (
    b'{"v":3,"s":"which_service","y":"services","p":1,"n":1,"m":"slip","w":true,"z":1,"e":true,'
    b'"s":"centre","y":"picked_place","t":["home",["find_place","",{"place":null}]],'
    b'"d":{"place":"}],"d":{"service":"}"s":"not_found","y":"find","t":[["home","",'
    b'{"picked":null,"lies_in":null,"number":null,"kind":null}]],'
    b'"d":{"picked":"","lies_in":"","number":"","kind":"driving_licence"},"l":"sw",'
    b'"o":{"2":"tell_me","3":"another"},"i":["1","3","'
    b'"s":"ready","y":"find","t":["home",["documents","",{"kind":null,"named":null}],'
    b'["ask_birth_certificate","",{"picked":null,"lies_in":null,"number":null}]],'
    b'"d":{"kind":"birth_certificate","named":"","picked":"","lies_in":"","number":"'
    b'"o":{"1":"text_me","2":"more","4":"where","3":"another"},'
    b'"o":{"1":"text_me","2":"another","3":"not_there"},"i":["1","2","'
    b'"s":"home","l":"sw","o":{"1":"documents","2":"centres","3":"services","4":"court",'
    b'"5":"help","6":"news"},"l":"en","o":{"1":"id_card","2":"birth_certificate",'
    b'"3":"driving_licence","4":"receipt"},"i":["1"],'
    b'"g":"Kitambulisho tayari. Bure.\\nHuduma Centre\\n8am-5pm Mon-Fri\\nAs of '
    b"No document found for ..\\nCheck the number, or call 1919.\\n"
    b'2 Text me when it is ready\\n3 Another"g":"Which service?\\nDriving licence\\n'
    b"Bring: National ID, payment receipt\\nWhich document?\\n1 ID card\\n"
    b"2 Birth certificate\\n3 Driving licence\\n4 I only have a receipt"
    b'"g":"1919 Ndio Form!\\nWeka nambari ya kitambulisho au\\nwaiting card, au chagua:\\n'
    b"1 Stakabadhi yangu\\n2 Vituo\\n3 Huduma\\n4 Mahakama\\n5 Usaidizi\\n7 English\\n"
    b'98 Mbele 0 Rudi 00 Mwanzo"}"g":"1919 Ndio Form!\\n'
    b"Type your ID or waiting card number,\\nor choose:\\n1 My document\\n2 Centres\\n"
    b"3 Services\\n4 Court\\n5 Help, report\\n8 Kiswahili\\n98 More"
    b"ID ..123 is READY. Free.\\n1 Text me this\\n2 Another\\n3 Not there? "
    b'98 More 0 Back 00 Home"}'
)
"""What is likely stands last. Changed, it makes all values unreadable that lie there: then
`menus.session.FORMAT` changes with it, and calls are folded anew from what was typed."""

_PACKS = zlib.compressobj(
    _LEVEL, zlib.DEFLATED, _WINDOW, _MEMORY, zlib.Z_DEFAULT_STRATEGY, _COMMON
)
_UNPACKS = zlib.decompressobj(_WINDOW, _COMMON)


class NotPacked(ValueError):
    """What lies there is nothing that `pack` made."""


def pack(text: str) -> bytes:
    """Make a text short."""
    one = _PACKS.copy()
    return one.compress(text.encode()) + one.flush()


def unpack(packed: bytes) -> str:
    """Give the text that was packed.

    Raises:
        NotPacked: `pack` did not make it, or it is longer than LONGEST.
    """
    one = _UNPACKS.copy()
    try:
        text = one.decompress(packed, LONGEST).decode()
    except (zlib.error, UnicodeDecodeError) as error:
        raise NotPacked from error
    if not one.eof or one.unused_data:
        raise NotPacked
    return text
