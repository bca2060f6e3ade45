"""The keys that keep numbers and phones secret: what they make, and what they open.

- A number or a phone is found by an HMAC, whose key is not in the database.
- A phone, or a message, is read back with AES-GCM bound to its row, so that a ciphertext
  moved to another row does not open.
- A document's number is written under a data key of its batch, sealed (HPKE, RFC 9180) to
  a public key: whoever loads documents can write it, and only rotation can read it.
"""

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import cached_property

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hmac import HMAC
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from models.numbers import NumberType

MOST_VERSIONS = 32_767
"""The largest version: what a column of 16 bits holds."""

_NONCE = 12
_SUITE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
_ARCHIVE_INFO = b"1919 batch data key"
_SEALED_INFO = b"1919 sealed to the archive|"
_VERSION = 2
_MESSAGES = {one: f"{one}|".encode() for one in NumberType}
_KEY = 32
"""Octets of a version before a ciphertext, and of a data key."""


class BadKey(ValueError):
    """A key's text is not `VERSION:64 HEX DIGITS`."""


class Tampered(ValueError):
    """A ciphertext does not open: changed, moved to another row, or of another key."""


class UnknownVersion(Tampered):
    """A ciphertext names a version whose key is not at hand."""


@dataclass(frozen=True)
class Versions:
    """One secret in its versions, the current one first."""

    secrets: tuple[tuple[int, bytes], ...] = field(repr=False)

    @classmethod
    def read(cls, setting: str) -> "Versions":
        """Read `2:ab..,1:cd..`, the current one first.

        Raises:
            BadKey: a part is not `VERSION:64 HEX DIGITS`, or a version comes twice.
        """
        found: dict[int, bytes] = {}
        for part in setting.split(","):
            shape = re.fullmatch(r"([1-9][0-9]{0,4}):([0-9a-fA-F]{64})", part.strip())
            if not shape or int(shape[1]) in found or int(shape[1]) > MOST_VERSIONS:
                raise BadKey
            found[int(shape[1])] = bytes.fromhex(shape[2])
        return cls(tuple(found.items()))

    @property
    def version(self) -> int:
        """The version that new rows are written with."""
        return self.secrets[0][0]

    @property
    def has_older(self) -> bool:
        """Whether rows may still lie under an older version."""
        return len(self.secrets) > 1


class Hmac:
    """HMAC-SHA256 under one key (RFC 2104): prepared once, and copied for each message."""

    def __init__(self, key: bytes) -> None:
        self._prepared = HMAC(key, hashes.SHA256())

    def __call__(self, message: bytes) -> bytes:
        """Give a message's code: 32 octets."""
        one = self._prepared.copy()
        one.update(message)
        return one.finalize()


class _Handed:
    """What can be handed to another process: its fields, without what was derived of them."""

    def __getstate__(self) -> dict[str, object]:
        return {one.name: getattr(self, one.name) for one in fields(self)}  # type: ignore[arg-type]


@dataclass(frozen=True)
class Sealer(_Handed):
    """Seals short texts to their rows, and opens them again."""

    versions: Versions = field(repr=False)
    purpose: str

    def seal(self, plain: str, row: str) -> bytes:
        """Encrypt `plain` so that it opens beside `row` alone."""
        return self.seal_octets(plain.encode(), row)

    def seal_octets(self, plain: bytes, row: str) -> bytes:
        """Encrypt octets so that they open beside `row` alone."""
        version = self.versions.version
        nonce = secrets.token_bytes(_NONCE)
        body = self._ciphers[version].encrypt(nonce, plain, row.encode())
        return version.to_bytes(_VERSION) + nonce + body

    def open(self, sealed: bytes, row: str) -> str:
        """Decrypt what `seal` made for the same `row`.

        Raises:
            Tampered: it was changed, belongs to another row, or its key is not at hand.
        """
        return self.open_octets(sealed, row).decode()

    def open_octets(self, sealed: bytes, row: str) -> bytes:
        """Decrypt what `seal_octets` made for the same `row`.

        Raises:
            Tampered: as in `open`.
        """
        cipher = self._ciphers.get(version_of(sealed))
        if cipher is None:
            raise UnknownVersion
        nonce, body = sealed[_VERSION : _VERSION + _NONCE], sealed[_VERSION + _NONCE :]
        try:
            return cipher.decrypt(nonce, body, row.encode())
        except (InvalidTag, ValueError) as error:
            raise Tampered from error

    def is_current(self, sealed: bytes) -> bool:
        """Say whether a ciphertext is of the current version."""
        return version_of(sealed) == self.versions.version

    def knows(self, sealed: bytes) -> bool:
        """Say whether the key is at hand that a ciphertext names."""
        return version_of(sealed) in self._ciphers

    def open_or_empty(self, sealed: bytes | None, row: str) -> str:
        """Decrypt as `open` does; empty where there is nothing, or it does not open."""
        try:
            return self.open(sealed, row) if sealed is not None else ""
        except Tampered:
            return ""

    @cached_property
    def _ciphers(self) -> dict[int, AESGCM]:
        return {
            version: AESGCM(derive(secret, f"seal {self.purpose}"))
            for version, secret in self.versions.secrets
        }


@dataclass(frozen=True)
class Keys(_Handed):
    """Everything that a process needs to find documents and people, and to write to them."""

    lookup: Versions = field(repr=False)
    phone: Versions = field(repr=False)
    archive_public: tuple[int, bytes] = field(repr=False)

    def number_hmacs(self, number_type: NumberType, canonical: str) -> list[bytes]:
        """Give the HMACs that a number may be stored under, the current version first."""
        message = _MESSAGES[number_type] + canonical.encode()
        return [hmac(message) for hmac in self._lookup_hmacs]

    def number_hmac(self, number_type: NumberType, canonical: str) -> bytes:
        """Give the HMAC that a number is stored under now."""
        return self._lookup_hmacs[0](_MESSAGES[number_type] + canonical.encode())

    def subject(self, number: str) -> bytes:
        """Give the HMAC by which budgets and wishes know a number, whatever its type.

        Noughts before it do not count: with and without them it is the same question.
        """
        return self._lookup_hmacs[0](_subject(number))

    def subjects(self, number: str) -> list[bytes]:
        """Give what `subject` gives under every version, the current one first."""
        return [hmac(_subject(number)) for hmac in self._lookup_hmacs]

    def phone_hmac(self, phone: str) -> bytes:
        """Give the HMAC by which a phone (E.164) is known."""
        return self._phone_hmacs[0](phone.encode())

    def phone_hmacs(self, phone: str) -> list[bytes]:
        """Give the HMACs that a phone may be known by, the current version first."""
        return [hmac(phone.encode()) for hmac in self._phone_hmacs]

    @property
    def has_older(self) -> bool:
        """Whether rows of people may still lie under an older version."""
        return self.phone.has_older or self.lookup.has_older

    def seal_for_rotation(self, plain: str, row: str) -> bytes:
        """Encrypt `plain` so that it opens beside `row` alone, and to `Archive` alone."""
        version, public = self.archive_public
        key = X25519PublicKey.from_public_bytes(public)
        body = _SUITE.encrypt(plain.encode(), key, _SEALED_INFO + row.encode())
        return version.to_bytes(_VERSION) + body

    @cached_property
    def people(self) -> Sealer:
        """Seals phones, and messages to them."""
        return Sealer(self.phone, "people")

    @cached_property
    def agents(self) -> Sealer:
        """Seals the secrets of agents' one-time codes."""
        return Sealer(self.phone, "agents")

    @cached_property
    def _lookup_hmacs(self) -> list[Hmac]:
        return [Hmac(derive(secret, "lookup")) for _, secret in self.lookup.secrets]

    @cached_property
    def _phone_hmacs(self) -> list[Hmac]:
        return [Hmac(derive(secret, "phone")) for _, secret in self.phone.secrets]


class DataKey:
    """One batch's key: writes numbers here, and is read by rotation alone."""

    def __init__(self, archive_public: tuple[int, bytes]) -> None:
        self.archive_version, public = archive_public
        self._key = AESGCM.generate_key(256)
        self._cipher = AESGCM(self._key)
        self.sealed = _SUITE.encrypt(
            self._key, X25519PublicKey.from_public_bytes(public), _ARCHIVE_INFO
        )

    def __getstate__(self) -> dict[str, object]:
        """Give what another process needs to write numbers of the same batch."""
        return {
            "_key": self._key,
            "archive_version": self.archive_version,
            "sealed": self.sealed,
        }

    def __setstate__(self, state: dict[str, object]) -> None:
        self.__dict__.update(state)
        self._cipher = AESGCM(self._key)

    def seal(self, canonical: str, row: str) -> bytes:
        """Encrypt a number so that it opens beside `row` alone."""
        nonce = secrets.token_bytes(_NONCE)
        return nonce + self._cipher.encrypt(nonce, canonical.encode(), row.encode())


@dataclass(frozen=True)
class ReadingKey:
    """One batch's key, opened by rotation: reads the batch's numbers."""

    key: bytes = field(repr=False)

    def open(self, sealed: bytes, row: str) -> str:
        """Read a number that was sealed beside `row`.

        Raises:
            Tampered: it was changed, or belongs to another row or batch.
        """
        try:
            plain = self._cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], row.encode())
        except (InvalidTag, ValueError) as error:
            raise Tampered from error
        return plain.decode()

    def sealed_to(self, archive_public: tuple[int, bytes]) -> bytes:
        """Seal the key itself to a public key."""
        public = X25519PublicKey.from_public_bytes(archive_public[1])
        return _SUITE.encrypt(self.key, public, _ARCHIVE_INFO)

    @cached_property
    def _cipher(self) -> AESGCM:
        return AESGCM(self.key)


@dataclass(frozen=True)
class Archive:
    """The private archive keys in their versions: rotation alone has them, to read numbers."""

    private: Versions = field(repr=False)

    def open(self, sealed: bytes, row: str) -> str:
        """Read what `Keys.seal_for_rotation` made for the same `row`.

        Raises:
            Tampered: it was changed, belongs to another row, or its key is not at hand.
        """
        body, info = sealed[_VERSION:], _SEALED_INFO + row.encode()
        return self._decrypt(version_of(sealed), body, info).decode()

    def data_key(self, version: int, sealed_key: bytes) -> ReadingKey:
        """Open a batch's key.

        Raises:
            Tampered: it was changed, or the private key of its version is not at hand.
        """
        key = self._decrypt(version, sealed_key, _ARCHIVE_INFO)
        if len(key) != _KEY:
            raise Tampered
        return ReadingKey(key)

    def strangers_to(self, public: Versions) -> list[int]:
        """List the versions of the public keys whose private keys are lacking or others."""
        raw = serialization.Encoding.Raw, serialization.PublicFormat.Raw
        return [
            version
            for version, key in public.secrets
            if version not in self._privates
            or self._privates[version].public_key().public_bytes(*raw) != key
        ]

    def _decrypt(self, version: int, body: bytes, info: bytes) -> bytes:
        if version not in self._privates:
            raise UnknownVersion
        try:
            return _SUITE.decrypt(body, self._privates[version], info)
        except (InvalidTag, ValueError) as error:
            raise Tampered from error

    @cached_property
    def _privates(self) -> dict[int, X25519PrivateKey]:
        return {
            version: X25519PrivateKey.from_private_bytes(secret)
            for version, secret in self.private.secrets
        }


def open_number(sealed_key: bytes, archive_private: bytes, sealed: bytes, row: str) -> str:
    """Read one document's number back, with the private archive key.

    Raises:
        Tampered: the number was changed, or belongs to another row.
    """
    archive = Archive(Versions(((1, archive_private),)))
    return archive.data_key(1, sealed_key).open(sealed, row)


def version_of(sealed: bytes) -> int:
    """Give the key version that a ciphertext names: of `Sealer` or of `seal_for_rotation`."""
    return int.from_bytes(sealed[:_VERSION])


def version_mark(version: int) -> bytes:
    """Give the octets that a ciphertext of a version begins with."""
    return version.to_bytes(_VERSION)


def _subject(number: str) -> bytes:
    return b"subject|" + (number.lstrip("0") or number).encode()


def derive(secret: bytes, purpose: str) -> bytes:
    """Derive a 256-bit key for one purpose from a secret (HKDF-SHA256, RFC 5869)."""
    return HKDF(hashes.SHA256(), 32, salt=None, info=purpose.encode()).derive(secret)


def fresh_keys() -> dict[str, str]:
    """Make a fresh set of all keys and a gateway token, as settings."""
    private, public = _fresh_archive_pair()
    return {
        "LOOKUP_KEY": f"1:{secrets.token_hex(32)}",
        "PHONE_KEY": f"1:{secrets.token_hex(32)}",
        "ARCHIVE_PUBLIC_KEY": f"1:{public}",
        "ARCHIVE_PRIVATE_KEY": f"1:{private}",
        "SECRET_KEY": secrets.token_urlsafe(48),
        "GATEWAY_TOKENS": secrets.token_hex(32),
        "METRICS_TOKEN": secrets.token_hex(32),
    }


ROTATED = ("LOOKUP_KEY", "PHONE_KEY", "ARCHIVE_PUBLIC_KEY", "ARCHIVE_PRIVATE_KEY")
"""The settings that hold keys in versions."""


def next_keys(present: Mapping[str, str]) -> dict[str, str]:
    """Put a fresh version in front of the present ones, as settings.

    Args:
        present: the settings of `ROTATED` as they are; one that is empty gets its fresh
            version alone, under the same number as its pair.

    Raises:
        BadKey: one of them cannot be read.
    """
    given = {name: present[name] for name in ROTATED if present.get(name)}
    used = [one for text in given.values() for one, _ in Versions.read(text).secrets]
    version = max(used, default=0) + 1
    if version > MOST_VERSIONS:
        raise BadKey
    fresh = fresh_keys()
    return {
        name: ",".join(
            filter(None, (f"{version}:{fresh[name].partition(':')[2]}", given.get(name)))
        )
        for name in ROTATED
    }


def _fresh_archive_pair() -> tuple[str, str]:
    private = X25519PrivateKey.generate()
    raw = serialization.Encoding.Raw
    return (
        private.private_bytes(
            raw, serialization.PrivateFormat.Raw, serialization.NoEncryption()
        ).hex(),
        private.public_key().public_bytes(raw, serialization.PublicFormat.Raw).hex(),
    )
