"""Facts about keys: what they make, what they open, and what they refuse to open."""

import secrets

import pytest

from models.keys import (
    BadKey,
    DataKey,
    Keys,
    Sealer,
    Tampered,
    Versions,
    derive,
    fresh_keys,
    open_number,
)
from models.numbers import NumberType

OLD, NEW = "ab" * 32, "cd" * 32
PHONE = "+254711000111"
ROW, OTHER_ROW = "callers|1", "callers|2"


def versions(*secrets_of_versions: tuple[int, str]) -> Versions:
    return Versions.read(",".join(f"{number}:{key}" for number, key in secrets_of_versions))


def keys(lookup: Versions, phone: Versions | None = None) -> Keys:
    return Keys(lookup, phone or lookup, (1, bytes(32)))


def sealer(*secrets_of_versions: tuple[int, str]) -> Sealer:
    return Sealer(versions(*(secrets_of_versions or ((1, OLD),))), "people")


def opens(sealed: bytes, row: str = ROW) -> bool:
    try:
        sealer().open(sealed, row)
    except Tampered:
        return False
    return True


@pytest.fixture(scope="module")
def archive() -> dict[str, tuple[int, bytes]]:
    fresh = fresh_keys()
    names = ("ARCHIVE_PUBLIC_KEY", "ARCHIVE_PRIVATE_KEY")
    return {name: Versions.read(fresh[name]).secrets[0] for name in names}


@pytest.fixture
def data_key(archive: dict[str, tuple[int, bytes]]) -> DataKey:
    return DataKey(archive["ARCHIVE_PUBLIC_KEY"])


@pytest.fixture
def private(archive: dict[str, tuple[int, bytes]]) -> bytes:
    return archive["ARCHIVE_PRIVATE_KEY"][1]


def test_one_version_is_read() -> None:
    assert Versions.read(f"1:{OLD}").secrets == ((1, bytes.fromhex(OLD)),)


def test_several_versions_keep_their_order() -> None:
    assert [number for number, _ in Versions.read(f"2:{NEW},1:{OLD}").secrets] == [2, 1]


def test_the_first_version_is_the_current_one() -> None:
    assert Versions.read(f"2:{NEW},1:{OLD}").version == 2


def test_spaces_around_versions_do_not_count() -> None:
    assert Versions.read(f" 2:{NEW} , 1:{OLD} ") == Versions.read(f"2:{NEW},1:{OLD}")


def test_large_hex_digits_are_small_ones() -> None:
    assert Versions.read(f"1:{OLD.upper()}") == Versions.read(f"1:{OLD}")


@pytest.mark.parametrize(
    "setting",
    {
        "empty": "",
        "no version": OLD,
        "no key": "1:",
        "version nought": f"0:{OLD}",
        "a nought before": f"01:{OLD}",
        "a negative version": f"-1:{OLD}",
        "a version in letters": f"one:{OLD}",
        "a version in full-width digits": f"１:{OLD}",
        "63 digits": f"1:{OLD[1:]}",
        "65 digits": f"1:{OLD}a",
        "another letter": f"1:{OLD[:-1]}g",
        "a comma at the end": f"1:{OLD},",
        "a version twice": f"1:{OLD},1:{NEW}",
        "a line after": f"1:{OLD}\n2:{NEW}",
        "two colons": f"1::{OLD}",
    }.items(),
    ids=lambda named: named[0],
)
def test_a_bad_setting_is_refused(setting: tuple[str, str]) -> None:
    with pytest.raises(BadKey):
        Versions.read(setting[1])


@pytest.mark.parametrize("number", [32_768, 65_536, 99_999])
def test_a_version_that_its_column_cannot_hold_is_refused(number: int) -> None:
    with pytest.raises(BadKey):
        Versions.read(f"{number}:{OLD}")


def test_the_highest_version_that_its_column_holds_seals() -> None:
    high = sealer((32_767, OLD))

    assert high.open(high.seal(PHONE, ROW), ROW) == PHONE


def test_a_refusal_does_not_repeat_the_key() -> None:
    with pytest.raises(BadKey) as refused:
        Versions.read(f"1:{OLD}a")

    assert OLD[:8] not in repr(refused.value)


def test_a_number_has_another_hmac_under_each_type() -> None:
    made = {keys(versions((1, OLD))).number_hmac(one, "123456789") for one in NumberType}

    assert len(made) == len(NumberType)


def test_a_number_has_the_same_hmac_every_time() -> None:
    first, second = keys(versions((1, OLD))), keys(versions((1, OLD)))

    assert first.number_hmac(NumberType.NATIONAL_ID, "20123456") == second.number_hmac(
        NumberType.NATIONAL_ID, "20123456"
    )


def test_a_number_has_another_hmac_under_each_key_version() -> None:
    made = keys(versions((2, NEW), (1, OLD))).number_hmacs(NumberType.NATIONAL_ID, "20123456")

    assert len(set(made)) == 2


def test_the_hmac_that_is_stored_now_is_the_first() -> None:
    rotated = keys(versions((2, NEW), (1, OLD)))

    assert rotated.number_hmacs(NumberType.NATIONAL_ID, "20123456")[0] == rotated.number_hmac(
        NumberType.NATIONAL_ID, "20123456"
    )


def test_hmacs_of_older_versions_come_after_the_current() -> None:
    before = keys(versions((1, OLD))).number_hmac(NumberType.NATIONAL_ID, "20123456")
    rotated = keys(versions((2, NEW), (1, OLD)))

    assert rotated.number_hmacs(NumberType.NATIONAL_ID, "20123456")[1:] == [before]


def test_a_subject_is_no_hmac_of_a_number() -> None:
    mine = keys(versions((1, OLD)))
    under_types = {mine.number_hmac(one, "20123456") for one in NumberType}

    assert mine.subject("20123456") not in under_types


def test_a_phone_has_another_hmac_than_the_same_text_as_a_subject() -> None:
    mine = keys(versions((1, OLD)))

    assert mine.phone_hmac(PHONE) != mine.subject(PHONE)


def test_two_phones_have_two_hmacs() -> None:
    mine = keys(versions((1, OLD)))

    assert mine.phone_hmac(PHONE) != mine.phone_hmac("+254711000112")


def test_a_phone_has_another_hmac_under_another_key() -> None:
    lookup = versions((1, OLD))

    assert keys(lookup, versions((1, OLD))).phone_hmac(PHONE) != keys(
        lookup, versions((1, NEW))
    ).phone_hmac(PHONE)


def test_each_purpose_has_its_own_key() -> None:
    secret = bytes.fromhex(OLD)

    assert len({derive(secret, one) for one in ("lookup", "phone", "seal people")}) == 3


@pytest.mark.parametrize("plain", ["", PHONE, "Ndio Form! ÈÄ \u20ac", "a" * 1_000])
def test_what_is_sealed_opens_beside_its_row(plain: str) -> None:
    assert sealer().open(sealer().seal(plain, ROW), ROW) == plain


def test_the_same_text_is_sealed_otherwise_each_time() -> None:
    assert sealer().seal(PHONE, ROW) != sealer().seal(PHONE, ROW)


def test_a_sealed_text_does_not_hold_the_plain_one() -> None:
    assert PHONE.encode() not in sealer().seal(PHONE, ROW)


def test_an_older_version_opens_what_it_sealed() -> None:
    sealed = sealer((1, OLD)).seal(PHONE, ROW)

    assert sealer((2, NEW), (1, OLD)).open(sealed, ROW) == PHONE


def test_the_current_version_seals() -> None:
    sealed = sealer((2, NEW), (1, OLD)).seal(PHONE, ROW)

    assert sealer((2, NEW)).open(sealed, ROW) == PHONE


def test_a_text_moved_to_another_row_does_not_open() -> None:
    sealed = sealer().seal(PHONE, ROW)

    with pytest.raises(Tampered):
        sealer().open(sealed, OTHER_ROW)


def test_a_text_edited_at_any_byte_does_not_open() -> None:
    sealed = sealer().seal(PHONE, ROW)
    edited = [
        sealed[:place] + bytes([sealed[place] ^ 1]) + sealed[place + 1 :]
        for place in range(len(sealed))
    ]

    assert not any(map(opens, edited))


def test_a_text_cut_anywhere_does_not_open() -> None:
    sealed = sealer().seal(PHONE, ROW)

    assert not any(opens(sealed[:length]) for length in range(len(sealed)))


def test_a_text_with_more_behind_it_does_not_open() -> None:
    assert not opens(sealer().seal(PHONE, ROW) + b"\0")


def test_a_text_of_a_version_not_at_hand_does_not_open() -> None:
    sealed = sealer((2, NEW)).seal(PHONE, ROW)

    with pytest.raises(Tampered):
        sealer((1, OLD)).open(sealed, ROW)


def test_a_text_of_another_key_does_not_open() -> None:
    sealed = sealer((1, NEW)).seal(PHONE, ROW)

    with pytest.raises(Tampered):
        sealer((1, OLD)).open(sealed, ROW)


def test_a_text_of_another_purpose_does_not_open() -> None:
    sealed = Sealer(versions((1, OLD)), "session").seal(PHONE, ROW)

    with pytest.raises(Tampered):
        sealer().open(sealed, ROW)


def test_what_keys_seal_for_people_opens_again() -> None:
    mine = keys(versions((1, OLD)))

    assert mine.people.open(mine.people.seal(PHONE, ROW), ROW) == PHONE


def test_the_private_key_reads_a_number_back(data_key: DataKey, private: bytes) -> None:
    sealed = data_key.seal("20123456", ROW)

    assert open_number(data_key.sealed, private, sealed, ROW) == "20123456"


def test_a_number_moved_to_another_row_is_refused(data_key: DataKey, private: bytes) -> None:
    sealed = data_key.seal("20123456", ROW)

    with pytest.raises(Tampered):
        open_number(data_key.sealed, private, sealed, OTHER_ROW)


def test_a_number_under_another_batch_is_refused(
    data_key: DataKey, private: bytes, archive: dict[str, tuple[int, bytes]]
) -> None:
    other = DataKey(archive["ARCHIVE_PUBLIC_KEY"])
    sealed = data_key.seal("20123456", ROW)

    with pytest.raises(Tampered):
        open_number(other.sealed, private, sealed, ROW)


def test_an_edited_number_is_refused(data_key: DataKey, private: bytes) -> None:
    sealed = data_key.seal("20123456", ROW)

    with pytest.raises(Tampered):
        open_number(data_key.sealed, private, sealed[:-1] + bytes([sealed[-1] ^ 1]), ROW)


def test_an_edited_data_key_is_refused(data_key: DataKey, private: bytes) -> None:
    sealed = data_key.seal("20123456", ROW)
    edited = data_key.sealed[:-1] + bytes([data_key.sealed[-1] ^ 1])

    with pytest.raises(Tampered):
        open_number(edited, private, sealed, ROW)


@pytest.mark.parametrize("length", [0, 1, 31, 32, 47])
def test_a_data_key_cut_short_is_refused(
    data_key: DataKey, private: bytes, length: int
) -> None:
    sealed = data_key.seal("20123456", ROW)

    with pytest.raises(Tampered):
        open_number(data_key.sealed[:length], private, sealed, ROW)


def test_a_wrong_private_key_is_refused(data_key: DataKey) -> None:
    sealed = data_key.seal("20123456", ROW)

    with pytest.raises(Tampered):
        open_number(data_key.sealed, secrets.token_bytes(32), sealed, ROW)


def test_the_public_key_does_not_read_a_number(
    data_key: DataKey, archive: dict[str, tuple[int, bytes]]
) -> None:
    sealed = data_key.seal("20123456", ROW)

    with pytest.raises(Tampered):
        open_number(data_key.sealed, archive["ARCHIVE_PUBLIC_KEY"][1], sealed, ROW)


def test_a_data_key_names_the_version_of_its_archive_key() -> None:
    public = Versions.read(fresh_keys()["ARCHIVE_PUBLIC_KEY"]).secrets[0][1]

    assert DataKey((7, public)).archive_version == 7


@pytest.mark.parametrize("holder", ["Versions", "Keys", "Sealer", "DataKey"])
def test_what_holds_keys_does_not_show_them(holder: str, data_key: DataKey) -> None:
    mine = keys(versions((1, OLD)))
    mine.people.seal(PHONE, ROW)
    shown = {
        "Versions": repr(mine.lookup),
        "Keys": repr(mine),
        "Sealer": repr(mine.people),
        "DataKey": repr(data_key),
    }[holder]

    assert OLD[:8] not in shown.lower()
    assert repr(bytes.fromhex(OLD))[2:10] not in shown


def test_fresh_keys_are_all_different_each_time() -> None:
    first, second = fresh_keys(), fresh_keys()

    assert not set(first.values()) & set(second.values())


def test_fresh_keys_are_different_from_each_other() -> None:
    fresh = fresh_keys()

    assert len(set(fresh.values())) == len(fresh)


@pytest.mark.parametrize(
    "name", ["LOOKUP_KEY", "PHONE_KEY", "ARCHIVE_PUBLIC_KEY", "ARCHIVE_PRIVATE_KEY"]
)
def test_a_fresh_key_is_version_one(name: str) -> None:
    assert Versions.read(fresh_keys()[name]).version == 1
