"""The settings, read once from the environment.

Every setting may come from a file instead: `SECRET_KEY_FILE=/run/secrets/key`.
"""

import hashlib
import os
import re
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from pathlib import Path

from click import ClickException

from menus.nodes import MODES, SINGLE, Hosts
from menus.screens import Cost
from models.keys import Archive, BadKey, Keys, Versions, fresh_keys
from models.retention import LEAST, Keep
from models.spending import MONEY, Limits

LIVE_BASE_URL = "https://api.africastalking.com/version1"
TOKEN_BITS = 128
"""The least a gateway token may hold: it is all that authenticates a gateway."""

_DEMONSTRATION_KEYS = "keys"
_PRICE = r"([0-9]{1,3}(?:\.[0-9]{2})?)"
_COST = re.compile(rf"([A-Za-z0-9]{{1,10}}):{_PRICE}:{_PRICE}")
_SEGMENT_PRICE = re.compile(r"[0-9]{1,6}(?:\.[0-9]{1,4})?")
_SIGNS = r"[A-Za-z0-9_-]+"
_PLAIN = re.compile(r"[!-~](?:[ -~]*[!-~])?")
_ADDRESS = re.compile(r"https?://[^\s/?#%]+(?:/[^\s?#%]*)?")
_REPORTS_ADDRESS = re.compile(rf"https?://[^\s?#%]+/sms/kannel/{_SIGNS}/reports")
_MOST = 999_999_999
_DAYS = 36_500
_ROOT = Path(__file__).parent
_REFERENCE = _ROOT / "models" / "reference"
_MAY_LACK = {"networks.csv"}
"""Reference data that a country need not have."""


class BadSettings(ClickException):
    """The settings do not allow a start; the text names every fault."""


@dataclass(frozen=True)
class Config:
    """What the environment says; `require` tells what a process lacks."""

    demo: bool
    port: int
    var_dir: Path
    country_dir: Path | None
    ussd_code: str
    ussd_page: int
    redis_mode: str
    redis_sentinel_name: str
    at_username: str
    at_base_url: str
    sms_sender: str
    sms_gateways: tuple[str, ...]
    sms_price: Decimal | None
    sms_daily_segments: int
    sms_daily_money: int
    sms_rate: int
    kannel_url: str
    kannel_username: str
    caller_costs: Mapping[str, Cost]
    lookup_miss_share: float
    keep: Keep
    pg_bin: str
    database_url: str = field(repr=False)
    database_replica_url: str = field(repr=False)
    redis_url: str = field(repr=False)
    redis_sentinel_password: str = field(repr=False)
    gateway_tokens: tuple[str, ...] = field(repr=False)
    metrics_token: str = field(repr=False)
    at_api_key: str = field(repr=False)
    kannel_password: str = field(repr=False)
    kannel_reports_url: str = field(repr=False)
    secret_key: str = field(repr=False)
    lookup_key: str = field(repr=False)
    phone_key: str = field(repr=False)
    archive_public_key: str = field(repr=False)
    archive_private_key: str = field(repr=False)
    faults: tuple[str, ...] = ()

    @classmethod
    def from_env(cls, environ: Mapping[str, str] = os.environ) -> "Config":
        """Read the settings; their faults are kept for `require` to tell."""
        read = _Reader(environ)
        if environ.get("DEMO") == "1":
            return _demonstration(read)
        return cls(
            demo=False,
            port=read.number("PORT", 1919, 1, 65535),
            var_dir=Path(read("VAR_DIR", "var")).resolve(),
            country_dir=read.country_dir(),
            ussd_code=read.code(),
            ussd_page=read.number("USSD_PAGE", 160, 60, 182),
            redis_mode=read.choice("REDIS_MODE", MODES),
            redis_sentinel_name=read("REDIS_SENTINEL_NAME", "mymaster"),
            at_username=read("AT_USERNAME"),
            at_base_url=read("AT_BASE_URL", LIVE_BASE_URL),
            sms_sender=read("SMS_SENDER"),
            sms_gateways=read.gateways(),
            sms_price=read.price(),
            sms_daily_segments=read.number("SMS_DAILY_SEGMENTS", 0, 0, _MOST),
            sms_daily_money=read.number("SMS_DAILY_MONEY", 0, 0, _MOST),
            sms_rate=read.number("SMS_RATE", 100, 1, 1000),
            kannel_url=read.matching("KANNEL_URL", _ADDRESS, _SENDSMS),
            kannel_username=read.matching("KANNEL_USERNAME", _PLAIN, _ASCII),
            caller_costs=read.costs(),
            lookup_miss_share=read.share("LOOKUP_MISS_SHARE", "0.70"),
            keep=read.keep(),
            pg_bin=read("PG_BIN"),
            database_url=read("DATABASE_URL"),
            database_replica_url=read.replica(),
            redis_url=read.redis(),
            redis_sentinel_password=read("REDIS_SENTINEL_PASSWORD"),
            gateway_tokens=read.tokens(),
            metrics_token=read.metrics_token(),
            at_api_key=read("AT_API_KEY"),
            kannel_password=read.matching("KANNEL_PASSWORD", _PLAIN, _ASCII),
            kannel_reports_url=read.matching("KANNEL_REPORTS_URL", _REPORTS_ADDRESS, _REPORTS),
            secret_key=read("SECRET_KEY"),
            lookup_key=read.versions("LOOKUP_KEY"),
            phone_key=read.versions("PHONE_KEY"),
            archive_public_key=read.versions("ARCHIVE_PUBLIC_KEY"),
            archive_private_key=read.versions("ARCHIVE_PRIVATE_KEY"),
            faults=tuple(read.faults),
        )

    def require(self, *names: str, rotates: bool = False) -> None:
        """Refuse to go on without the settings named.

        Args:
            rotates: the process may be given the private archive key; no other may.

        Raises:
            BadSettings: naming every setting that lacks, and every one that is wrong.
        """
        faults = [*self.faults]
        if self.archive_private_key and not rotates:
            faults.append("ARCHIVE_PRIVATE_KEY is set: only `flask keys rotate` may have it")
        lacking = [
            f"{name} is not set" for name in names if not getattr(self, name.lower(), None)
        ]
        if lacking or faults:
            raise BadSettings("\n".join([*faults, *lacking]))

    @property
    def limits(self) -> Limits:
        """What may be sent, and what it costs."""
        return Limits(
            rate=self.sms_rate,
            segments=self.sms_daily_segments,
            money=self.sms_daily_money * MONEY,
            price=int((self.sms_price or 0) * MONEY),
        )

    @property
    def sender_needs(self) -> tuple[str, ...]:
        """The settings that the sender cannot do without, for the gateways that are set."""
        own = (name for gateway in self.sms_gateways for name in SENDERS[gateway])
        return tuple(dict.fromkeys((*STORES, *own)))

    @property
    def keys(self) -> Keys:
        """The keys, ready for use."""
        public = Versions.read(self.archive_public_key).secrets[0]
        return Keys(Versions.read(self.lookup_key), Versions.read(self.phone_key), public)

    @property
    def archive(self) -> Archive:
        """The private archive keys, for rotation.

        Raises:
            BadSettings: one of the public keys has no private one among them.
        """
        archive = Archive(Versions.read(self.archive_private_key))
        if strange := archive.strangers_to(Versions.read(self.archive_public_key)):
            versions = ", ".join(map(str, strange))
            raise BadSettings(
                f"ARCHIVE_PRIVATE_KEY does not fit ARCHIVE_PUBLIC_KEY of version {versions}"
            )
        return archive

    @property
    def country_file(self) -> Path:
        """What the line must know of the country."""
        return (self.country_dir or _REFERENCE) / "country.toml"

    @property
    def words_dir(self) -> Path:
        """What the screens say there, one file a language."""
        return (self.country_dir or _ROOT / "menus") / "words"

    @property
    def reference_dir(self) -> Path:
        """The country's counties, centres and what else is public."""
        return self.country_dir / "reference" if self.country_dir else _REFERENCE


STORES = (
    "DATABASE_URL",
    "REDIS_URL",
    "LOOKUP_KEY",
    "PHONE_KEY",
    "ARCHIVE_PUBLIC_KEY",
    "SECRET_KEY",
)
WEB = (*STORES, "GATEWAY_TOKENS")
SENDERS = {
    "africastalking": ("AT_USERNAME", "AT_API_KEY", "SMS_SENDER"),
    "kannel": (
        "KANNEL_URL",
        "KANNEL_USERNAME",
        "KANNEL_PASSWORD",
        "KANNEL_REPORTS_URL",
        "SMS_SENDER",
    ),
}
"""What each gateway needs before anything is sent through it."""

_SEVERAL_HOSTS = "is not of the form redis://HOST:PORT,HOST:PORT for its REDIS_MODE"
_SENDSMS = "is not of the form http://HOST:PORT/cgi-bin/sendsms"
_REPORTS = "is not of the form http://HOST/sms/kannel/TOKEN/reports"
_ASCII = "holds other signs than a keyboard's letters, digits and signs"


class _Reader:
    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self.faults: list[str] = []

    def __call__(self, name: str, default: str = "") -> str:
        file = self._environ.get(f"{name}_FILE")
        if not file:
            return self._environ.get(name, "").strip() or default
        try:
            return Path(file).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError):
            self.faults.append(f"{name}_FILE cannot be read")
            return default

    def given(self, name: str) -> bool:
        return bool(self._environ.get(name) or self._environ.get(f"{name}_FILE"))

    def number(self, name: str, default: int, least: int, most: int) -> int:
        text = self(name, str(default))
        if re.fullmatch(r"[0-9]{1,9}", text) and least <= int(text) <= most:
            return int(text)
        self.faults.append(f"{name} is not a number from {least} to {most}")
        return default

    def choice(self, name: str, choices: tuple[str, ...]) -> str:
        text = self(name, choices[0])
        if text not in choices:
            self.faults.append(f"{name} is not one of: {', '.join(choices)}")
        return text

    def redis(self) -> str:
        """Read where Redis is: one server, or the hosts that know where it is."""
        url, mode = self("REDIS_URL"), self("REDIS_MODE", SINGLE)
        if mode == SINGLE and "," in url:
            self.faults.append("REDIS_URL names several hosts: set REDIS_MODE")
        elif url and mode in MODES and mode != SINGLE:
            try:
                Hosts.read(url, mode)
            except ValueError:
                self.faults.append(f"REDIS_URL {_SEVERAL_HOSTS}")
        return url

    def replica(self) -> str:
        """Read where a copy of the database is read while the database is away."""
        url, database = self("DATABASE_REPLICA_URL"), self("DATABASE_URL")
        if url and not all(one.startswith("postgres") for one in (url, database or url)):
            self.faults.append("DATABASE_REPLICA_URL is for PostgreSQL alone")
        return url

    def code(self) -> str:
        text = self("USSD_CODE", "*1919#")
        if not re.fullmatch(r"\*[0-9]{1,6}(\*[0-9]{1,6})*#", text):
            self.faults.append("USSD_CODE is not of the form *1919#")
        return text

    def country_dir(self) -> Path | None:
        """Read where another country than Kenya lies; it has every file that it must."""
        text = self("COUNTRY_DIR")
        if not text:
            return None
        folder = Path(text).resolve()
        wanted = {one.name for one in _REFERENCE.glob("*.csv")} - _MAY_LACK
        for file in sorted({"country.toml", *(f"reference/{name}" for name in wanted)}):
            if not (folder / file).is_file():
                self.faults.append(f"COUNTRY_DIR has no file {file}")
        if not any(folder.glob("words/*.toml")):
            self.faults.append("COUNTRY_DIR has no file words/LANGUAGE.toml")
        return folder

    def matching(self, name: str, shape: re.Pattern[str], fault: str) -> str:
        """Read a text that may lack, but not be of another shape."""
        text = self(name)
        if text and not shape.fullmatch(text):
            self.faults.append(f"{name} {fault}")
        return text

    def gateways(self) -> tuple[str, ...]:
        """Read through which gateways texts are sent, the first one first."""
        names = tuple(one.strip() for one in self("SMS_GATEWAYS", "africastalking").split(","))
        if set(names) <= set(SENDERS) and len(set(names)) == len(names):
            return names
        self.faults.append(f"SMS_GATEWAYS is not a list of {' and '.join(SENDERS)}, each once")
        return ("africastalking",)

    def price(self) -> Decimal | None:
        """Read what a segment costs the line, in the country's currency."""
        text = self("SMS_PRICE")
        if not text:
            return None
        if _SEGMENT_PRICE.fullmatch(text):
            return Decimal(text)
        self.faults.append("SMS_PRICE is not a sum like 0.8 with at most 4 decimal places")
        return None

    def metrics_token(self) -> str:
        token = self("METRICS_TOKEN")
        if token and not _is_token(token):
            self.faults.append(f"METRICS_TOKEN is {_TOO_SHORT}")
        return token

    def tokens(self) -> tuple[str, ...]:
        tokens = tuple(
            part.strip() for part in self("GATEWAY_TOKENS").split(",") if part.strip()
        )
        if not all(map(_is_token, tokens)):
            self.faults.append(f"GATEWAY_TOKENS holds {_TOO_SHORT}")
        return tokens

    def costs(self) -> dict[str, Cost]:
        """Read what callers pay: `63902:0:1,63903:1.50:1`, network, session and text."""
        costs = {}
        for one in filter(None, map(str.strip, self("CALLER_COSTS").split(","))):
            shape = _COST.fullmatch(one)
            if shape:
                costs[shape[1]] = Cost(session=shape[2], text=shape[3])
            else:
                self.faults.append("CALLER_COSTS is not of the form NETWORK:SESSION:TEXT")
                break
        return costs

    def share(self, name: str, default: str) -> float:
        """Read a share of two digits, from 0.05 to 0.95."""
        text = self(name, default)
        if re.fullmatch(r"0\.[0-9]{1,2}", text) and 0.05 <= float(text) <= 0.95:
            return float(text)
        self.faults.append(f"{name} is not a share from 0.05 to 0.95")
        return float(default)

    def keep(self) -> Keep:
        """Read for how many days things are kept once they are over."""
        return Keep(
            **{
                name: self.number(f"RETENTION_{name.upper()}_DAYS", days, LEAST[name], _DAYS)
                for name, days in asdict(Keep()).items()
            }
        )

    def versions(self, name: str) -> str:
        text = self(name)
        try:
            if text:
                Versions.read(text)
        except BadKey:
            self.faults.append(f"{name} is not VERSION:64 HEX DIGITS, one for each version")
        return text


_TOO_SHORT = "a token shorter than 32 letters and digits, or with other signs"


def _is_token(text: str) -> bool:
    return bool(re.fullmatch(_SIGNS, text)) and len(text) * 4 >= TOKEN_BITS


def _demonstration(read: _Reader) -> Config:
    """Give the settings of demonstration mode, in which nothing leaves the machine."""
    if read.given("AT_API_KEY"):
        read.faults.append("DEMO=1 does not start beside AT_API_KEY: it must reach nobody")
    var = Path(read("VAR_DIR", "var")).resolve()
    port = read.number("PORT", 1919, 1, 65535)
    keys = _demonstration_keys(var)
    return Config(
        demo=True,
        port=port,
        var_dir=var,
        country_dir=read.country_dir(),
        ussd_code=read.code(),
        ussd_page=read.number("USSD_PAGE", 160, 60, 182),
        redis_mode=SINGLE,
        redis_sentinel_name="",
        at_username="demonstration",
        at_base_url=f"http://127.0.0.1:{port}/simulator/version1",
        sms_sender="1919",
        sms_gateways=("africastalking",),
        sms_price=read.price(),
        sms_daily_segments=read.number("SMS_DAILY_SEGMENTS", 0, 0, _MOST),
        sms_daily_money=read.number("SMS_DAILY_MONEY", 0, 0, _MOST),
        sms_rate=read.number("SMS_RATE", 100, 1, 1000),
        kannel_url="",
        kannel_username="",
        caller_costs=read.costs(),
        lookup_miss_share=read.share("LOOKUP_MISS_SHARE", "0.70"),
        keep=read.keep(),
        pg_bin=read("PG_BIN"),
        database_url=read("DATABASE_URL", f"sqlite:///{var / '1919.sqlite'}"),
        database_replica_url="",
        redis_url=read("REDIS_URL", f"unix://{socket_path(var)}"),
        redis_sentinel_password="",
        gateway_tokens=("demo",),
        metrics_token=read.metrics_token(),
        at_api_key="demonstration",
        kannel_password="",
        kannel_reports_url="",
        secret_key=keys["SECRET_KEY"],
        lookup_key=keys["LOOKUP_KEY"],
        phone_key=keys["PHONE_KEY"],
        archive_public_key=keys["ARCHIVE_PUBLIC_KEY"],
        archive_private_key=read.versions("ARCHIVE_PRIVATE_KEY"),
        faults=tuple(read.faults),
    )


def socket_path(var: Path) -> Path:
    """Give the place of the embedded Redis's socket: under `var`, if its path is not too long.

    A socket's path has at most 107 bytes (unix(7)).
    """
    path = var / "redis.sock"
    if len(os.fsencode(path)) <= 100:
        return path
    name = hashlib.sha256(os.fsencode(var)).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"1919-{os.getuid()}-{name}" / "redis.sock"


def _demonstration_keys(var: Path) -> dict[str, str]:
    file = var / _DEMONSTRATION_KEYS
    if not file.exists():
        var.mkdir(parents=True, exist_ok=True)
        fresh = fresh_keys()
        text = "".join(f"{name}={value}\n" for name, value in fresh.items())
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as opened:
            opened.write(text)
    lines = file.read_text(encoding="utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if "=" in line)
