"""The keys that keep numbers and phones secret: what they make, and what they open.

- A number or a phone is found by an HMAC, whose key is not in the database.
- A phone, or a message, is read back with AES-GCM bound to its row, so that a ciphertext
  moved to another row does not open.
- A document's number is written under a data key of its batch, sealed (HPKE, RFC 9180) to
  a public key: whoever loads documents can write it, and only rotation can read it.
"""

import hmac
import re
import secrets
from dataclasses import dataclass, field
from functools import cached_property

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from models.numbers import NumberType

MOST_VERSIONS = 32_767
"""The largest version: what a column of 16 bits holds."""

_NONCE = 12
_SUITE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
_ARCHIVE_INFO = b"1919 batch data key"


class BadKey(ValueError):
    """A key's text is not `VERSION:64 HEX DIGITS`."""


class Tampered(ValueError):
    """A ciphertext does not open: changed, moved to another row, or of another key."""


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


@dataclass(frozen=True)
class Sealer:
    """Seals short texts to their rows, and opens them again."""

    versions: Versions = field(repr=False)
    purpose: str

    def seal(self, plain: str, row: str) -> bytes:
        """Encrypt `plain` so that it opens beside `row` alone."""
        version = self.versions.version
        nonce = secrets.token_bytes(_NONCE)
        body = self._ciphers[version].encrypt(nonce, plain.encode(), row.encode())
        return version.to_bytes(2) + nonce + body

    def open(self, sealed: bytes, row: str) -> str:
        """Decrypt what `seal` made for the same `row`.

        Raises:
            Tampered: it was changed, belongs to another row, or its key is not at hand.
        """
        cipher = self._ciphers.get(int.from_bytes(sealed[:2]))
        if cipher is None:
            raise Tampered
        try:
            plain = cipher.decrypt(sealed[2 : 2 + _NONCE], sealed[2 + _NONCE :], row.encode())
        except (InvalidTag, ValueError) as error:
            raise Tampered from error
        return plain.decode()

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
class Keys:
    """Everything that a process needs to find documents and people, and to write to them."""

    lookup: Versions = field(repr=False)
    phone: Versions = field(repr=False)
    archive_public: tuple[int, bytes] = field(repr=False)

    def number_hmacs(self, number_type: NumberType, canonical: str) -> list[bytes]:
        """Give the HMACs that a number may be stored under, the current version first."""
        message = f"{number_type}|{canonical}".encode()
        return [hmac.digest(key, message, "sha256") for key in self._lookup_keys]

    def number_hmac(self, number_type: NumberType, canonical: str) -> bytes:
        """Give the HMAC that a number is stored under now."""
        message = f"{number_type}|{canonical}".encode()
        return hmac.digest(self._lookup_keys[0], message, "sha256")

    def subject(self, number: str) -> bytes:
        """Give the HMAC by which budgets and wishes know a number, whatever its type.

        Noughts before it do not count: with and without them it is the same question.
        """
        message = b"subject|" + (number.lstrip("0") or number).encode()
        return hmac.digest(self._lookup_keys[0], message, "sha256")

    def phone_hmac(self, phone: str) -> bytes:
        """Give the HMAC by which a phone (E.164) is known."""
        return hmac.digest(self._phone_keys[0], phone.encode(), "sha256")

    @cached_property
    def people(self) -> Sealer:
        """Seals phones, and messages to them."""
        return Sealer(self.phone, "people")

    @cached_property
    def _lookup_keys(self) -> list[bytes]:
        return [derive(secret, "lookup") for _, secret in self.lookup.secrets]

    @cached_property
    def _phone_keys(self) -> list[bytes]:
        return [derive(secret, "phone") for _, secret in self.phone.secrets]


class DataKey:
    """One batch's key: writes numbers here, and is read by rotation alone."""

    def __init__(self, archive_public: tuple[int, bytes]) -> None:
        self.archive_version, public = archive_public
        key = AESGCM.generate_key(256)
        self._cipher = AESGCM(key)
        self.sealed = _SUITE.encrypt(
            key, X25519PublicKey.from_public_bytes(public), _ARCHIVE_INFO
        )

    def seal(self, canonical: str, row: str) -> bytes:
        """Encrypt a number so that it opens beside `row` alone."""
        nonce = secrets.token_bytes(_NONCE)
        return nonce + self._cipher.encrypt(nonce, canonical.encode(), row.encode())


def open_number(sealed_key: bytes, archive_private: bytes, sealed: bytes, row: str) -> str:
    """Read a document's number back: what rotation does, with the private archive key.

    Raises:
        Tampered: the number was changed, or belongs to another row.
    """
    private = X25519PrivateKey.from_private_bytes(archive_private)
    try:
        key = _SUITE.decrypt(sealed_key, private, _ARCHIVE_INFO)
        plain = AESGCM(key).decrypt(sealed[:_NONCE], sealed[_NONCE:], row.encode())
    except (InvalidTag, ValueError) as error:
        raise Tampered from error
    return plain.decode()


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


def _fresh_archive_pair() -> tuple[str, str]:
    private = X25519PrivateKey.generate()
    raw = serialization.Encoding.Raw
    return (
        private.private_bytes(
            raw, serialization.PrivateFormat.Raw, serialization.NoEncryption()
        ).hex(),
        private.public_key().public_bytes(raw, serialization.PublicFormat.Raw).hex(),
    )
