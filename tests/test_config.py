"""Facts about the settings: every fault is told at once, and no secret with it."""

import os
import re
import shutil
import stat
import subprocess
import sys
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from app import _senders, proved_menus, read_country
from config import (
    LIVE_BASE_URL,
    SENDERS,
    STORES,
    WEB,
    BadSettings,
    Config,
    socket_path,
)
from menus.screens import Cost
from models.country import kenya
from models.keys import Versions, fresh_keys
from models.retention import Keep
from tests.caller import TOKEN

ROOT = Path(__file__).parent.parent
FRESH = fresh_keys()
LINE_KEYS = {name: key for name, key in FRESH.items() if name != "ARCHIVE_PRIVATE_KEY"}
GOOD = {
    **LINE_KEYS,
    "GATEWAY_TOKENS": TOKEN,
    "DATABASE_URL": "postgresql://line:d4t4b4s3pass@db/line",
    "REDIS_URL": "redis://:r3d1spass@redis/0",
    "AT_USERNAME": "live",
    "AT_API_KEY": "atsk_4p1k3y",
    "SMS_SENDER": "1919",
}
KANNEL = {
    "SMS_GATEWAYS": "kannel",
    "KANNEL_URL": "http://127.0.0.1:13013/cgi-bin/sendsms",
    "KANNEL_USERNAME": "line",
    "KANNEL_PASSWORD": "k4nn3lp4ss &+%",
    "KANNEL_REPORTS_URL": f"http://127.0.0.1:1919/sms/kannel/{TOKEN}/reports",
}
SENDER = (*STORES, *SENDERS["africastalking"])
EVERYTHING = tuple(dict.fromkeys((*WEB, *SENDER)))
BAD_KEY = "is not VERSION:64 HEX DIGITS, one for each version"
BAD_COSTS = "CALLER_COSTS is not of the form NETWORK:SESSION:TEXT"
BAD_TOKEN = (
    "GATEWAY_TOKENS holds a token shorter than 32 letters and digits, or with other signs"
)


def faults(*required: str, **settings: str) -> list[str]:
    """Read good settings but for those given; give what is said of them."""
    return told({**GOOD, **settings}, *required)


def told(environ: dict[str, str], *required: str) -> list[str]:
    try:
        Config.from_env(environ).require(*required)
    except BadSettings as bad:
        return bad.message.split("\n")
    return []


def demo(folder: Path, **settings: str) -> Config:
    return Config.from_env({"DEMO": "1", "VAR_DIR": str(folder), **settings})


def tool(name: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run a tool of the line where nothing is set but the PATH."""
    return subprocess.run(
        [str(Path(sys.executable).with_name(name)), *arguments],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


@pytest.fixture
def country(tmp_path: Path) -> Path:
    """A country's folder, with what Kenya has."""
    folder = tmp_path / "country"
    shutil.copytree(ROOT / "menus" / "words", folder / "words")
    shutil.copytree(ROOT / "models" / "reference", folder / "reference")
    (folder / "reference" / "country.toml").rename(folder / "country.toml")
    shutil.copy(ROOT / "menus" / "reader.toml", folder)
    return folder


def rewrite(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")


# Settings that lack


def test_good_settings_are_accepted() -> None:
    assert faults(*EVERYTHING) == []


@pytest.mark.parametrize("needs", [STORES, WEB, SENDER], ids=["stores", "web", "sender"])
def test_every_missing_setting_is_named_at_once(needs: tuple[str, ...]) -> None:
    assert told({}, *needs) == [f"{name} is not set" for name in needs]


@pytest.mark.parametrize("name", EVERYTHING)
def test_a_missing_setting_is_named(name: str) -> None:
    environ = {one: value for one, value in GOOD.items() if one != name}

    assert told(environ, *EVERYTHING) == [f"{name} is not set"]


@pytest.mark.parametrize("name", EVERYTHING)
def test_an_empty_setting_is_a_missing_one(name: str) -> None:
    assert faults(*EVERYTHING, **{name: "  "}) == [f"{name} is not set"]


def test_what_is_wrong_is_named_together_with_what_lacks() -> None:
    said = told({"PORT": "http", "LOOKUP_KEY": "1:ab"}, "DATABASE_URL", "PHONE_KEY")

    assert said == [
        "PORT is not a number from 1 to 65535",
        f"LOOKUP_KEY {BAD_KEY}",
        "DATABASE_URL is not set",
        "PHONE_KEY is not set",
    ]


def test_nothing_is_refused_before_it_is_required() -> None:
    assert Config.from_env({}).faults == ()


# Settings that are wrong


@pytest.mark.parametrize("name", ["LOOKUP_KEY", "PHONE_KEY", "ARCHIVE_PUBLIC_KEY"])
@pytest.mark.parametrize("value", ["1:ab", "ab" * 32, "0:" + "ab" * 32, "1:" + "zz" * 32])
def test_a_bad_key_is_named(name: str, value: str) -> None:
    assert faults(**{name: value}) == [f"{name} {BAD_KEY}"]


@pytest.mark.parametrize(
    "value",
    [
        "demo",
        "t" * 31,
        "t" * 32 + "!",
        "t" * 31 + "/",
        "ť" * 32,
        "t" * 16 + " " + "t" * 16,
        f"{'t' * 32},short",
    ],
)
def test_a_bad_token_is_named(value: str) -> None:
    assert faults(GATEWAY_TOKENS=value) == [BAD_TOKEN]


@pytest.mark.parametrize("value", ["0", "65536", "http", "-1", "80.0", "１９１９", "0x50"])
def test_a_bad_port_is_named(value: str) -> None:
    assert faults(PORT=value) == ["PORT is not a number from 1 to 65535"]


@pytest.mark.parametrize("value", ["59", "183", "wide", "1e2"])
def test_a_bad_page_is_named(value: str) -> None:
    assert faults(USSD_PAGE=value) == ["USSD_PAGE is not a number from 60 to 182"]


@pytest.mark.parametrize("value", ["1919", "*1919", "1919#", "*19 19#", "*#", "**1#"])
def test_a_bad_code_is_named(value: str) -> None:
    assert faults(USSD_CODE=value) == ["USSD_CODE is not of the form *1919#"]


def test_a_redis_mode_that_is_not_known_is_named() -> None:
    assert faults(REDIS_MODE="many") == ["REDIS_MODE is not one of: single, sentinel, cluster"]


@pytest.mark.parametrize(
    ("mode", "url"),
    [
        ("sentinel", "redis://h1:26379,h2:26379,h3:26379/0"),
        ("sentinel", "rediss://line:5ecret@h1,h2,[fd00::1]:26379"),
        ("cluster", "redis://:5ecret@10.0.0.1:7000,10.0.0.2:7000"),
        ("single", "redis://:5ecret@redis/0"),
        ("single", "unix:///run/redis.sock"),
    ],
)
def test_where_redis_is_may_be_said_in_every_mode(mode: str, url: str) -> None:
    assert faults(REDIS_MODE=mode, REDIS_URL=url) == []


@pytest.mark.parametrize(
    ("mode", "url"),
    [
        ("sentinel", "unix:///run/redis.sock"),
        ("sentinel", "redis://5ecret@h1,h2"),
        ("sentinel", "redis://h1:5ecret,h2"),
        ("cluster", "redis://h1,h2/3"),
        ("cluster", "h1:7000"),
    ],
)
def test_where_redis_is_must_fit_its_mode(mode: str, url: str) -> None:
    assert faults(REDIS_MODE=mode, REDIS_URL=url) == [
        "REDIS_URL is not of the form redis://HOST:PORT,HOST:PORT for its REDIS_MODE"
    ]


def test_several_hosts_of_redis_need_their_mode() -> None:
    assert faults(REDIS_URL="redis://h1,h2") == [
        "REDIS_URL names several hosts: set REDIS_MODE"
    ]


def test_a_replica_is_for_postgresql_alone() -> None:
    replica = "postgresql://replica/line"

    assert faults(DATABASE_URL="postgresql://db/line", DATABASE_REPLICA_URL=replica) == []
    assert faults(DATABASE_URL="sqlite:///1919.sqlite", DATABASE_REPLICA_URL=replica) == [
        "DATABASE_REPLICA_URL is for PostgreSQL alone"
    ]


def test_what_is_said_of_a_wrong_setting_does_not_hold_it() -> None:
    wrong = {"LOOKUP_KEY": "1:5ecret", "GATEWAY_TOKENS": "5ecret", "PORT": "5ecret"}

    assert "5ecret" not in " ".join(faults(*EVERYTHING, **wrong))


# Settings that are right


def test_defaults_are_those_of_the_line() -> None:
    config = Config.from_env({})

    assert (config.port, config.ussd_code, config.ussd_page, config.at_base_url) == (
        1919,
        "*1919#",
        160,
        LIVE_BASE_URL,
    )


def test_several_tokens_are_all_live() -> None:
    config = Config.from_env({**GOOD, "GATEWAY_TOKENS": f"{'t' * 32} , {'u' * 40},"})

    assert config.gateway_tokens == ("t" * 32, "u" * 40)


@pytest.mark.parametrize("code", ["*1919#", "*384*1919#", "*384*19*19#"])
def test_a_code_may_have_several_parts(code: str) -> None:
    assert Config.from_env({**GOOD, "USSD_CODE": code}).ussd_code == code


def test_keys_keep_their_versions() -> None:
    both = f"2:{'cd' * 32},1:{'ab' * 32}"

    assert Config.from_env({**GOOD, "LOOKUP_KEY": both}).keys.lookup == Versions.read(both)


def test_a_setting_may_come_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("  from-a-file\n", encoding="utf-8")
    config = Config.from_env({**GOOD, "SECRET_KEY_FILE": str(file)})

    assert config.secret_key == "from-a-file"


@pytest.mark.parametrize("name", EVERYTHING)
def test_any_setting_may_come_from_a_file(tmp_path: Path, name: str) -> None:
    file = tmp_path / "secret"
    file.write_text(GOOD[name] + "\n", encoding="utf-8")
    environ = {one: value for one, value in GOOD.items() if one != name}

    assert told({**environ, f"{name}_FILE": str(file)}, *EVERYTHING) == []


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    file = tmp_path / "none"

    assert faults(SECRET_KEY_FILE=str(file)) == ["SECRET_KEY_FILE cannot be read"]


def test_a_file_that_is_no_text_is_named(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_bytes(b"\xff\xfe")

    assert faults(SECRET_KEY_FILE=str(file)) == ["SECRET_KEY_FILE cannot be read"]


def test_a_folder_in_place_of_a_file_is_named(tmp_path: Path) -> None:
    assert faults(SECRET_KEY_FILE=str(tmp_path)) == ["SECRET_KEY_FILE cannot be read"]


# Through which gateways texts go


def names(environ: dict[str, str]) -> list[str]:
    return [sender.name for sender in _senders(Config.from_env(environ))]


def test_texts_go_through_africas_talking_by_default() -> None:
    assert Config.from_env({}).sms_gateways == ("africastalking",)
    assert names(GOOD) == ["africastalking"]


@pytest.mark.parametrize(
    "value",
    ["kannel", "africastalking,kannel", "kannel,africastalking", " kannel , africastalking "],
)
def test_texts_go_through_the_gateways_in_the_order_that_is_set(value: str) -> None:
    order = re.findall("[a-z]+", value)

    assert names({**GOOD, **KANNEL, "SMS_GATEWAYS": value}) == order


@pytest.mark.parametrize(
    "value",
    [
        "twilio",
        "kannel,kannel",
        "africastalking;kannel",
        "Kannel",
        ",",
        "kannel,",
        "kannel kannel",
    ],
)
def test_gateways_that_nobody_knows_or_that_are_named_twice_are_a_fault(value: str) -> None:
    assert faults(SMS_GATEWAYS=value) == [
        "SMS_GATEWAYS is not a list of africastalking and kannel, each once"
    ]


def test_kannel_needs_its_own_settings_and_none_of_africas_talking() -> None:
    environ = {name: GOOD[name] for name in STORES} | {"SMS_GATEWAYS": "kannel"}
    with pytest.raises(BadSettings) as refused:
        names(environ)

    assert refused.value.message.split("\n") == [
        f"{name} is not set" for name in (*list(KANNEL)[1:], "SMS_SENDER")
    ]


def test_africas_talking_needs_none_of_kannels_settings() -> None:
    assert not any("KANNEL" in name for name in Config.from_env(GOOD).sender_needs)


def test_of_two_gateways_all_that_lacks_is_named_once() -> None:
    environ = {"SMS_GATEWAYS": "kannel,africastalking"}
    needs = Config.from_env(environ).sender_needs

    assert told(environ, *needs) == [f"{name} is not set" for name in needs]
    assert len(set(needs)) == len(needs) == len(STORES) + 7


@pytest.mark.parametrize(
    ("name", "value", "fault"),
    [
        *(
            ("KANNEL_URL", value, "is not of the form http://HOST:PORT/cgi-bin/sendsms")
            for value in ("kannel:13013", "ftp://kannel/", "http://k/?user=a", "http://k/ b")
        ),
        *(
            (
                "KANNEL_REPORTS_URL",
                value,
                "is not of the form http://HOST/sms/kannel/TOKEN/reports",
            )
            for value in (
                f"http://line/sms/kannel/{TOKEN}",
                "http://line/sms/kannel//reports",
                "http://line/sms/kannel/%d/reports",
                f"http://line/sms/kannel/{TOKEN}/reports?a=b",
                f"line/sms/kannel/{TOKEN}/reports",
            )
        ),
        *(
            (name, value, "holds other signs than a keyboard's letters, digits and signs")
            for name in ("KANNEL_USERNAME", "KANNEL_PASSWORD")
            for value in ("a\nb", "\u0142", "a\0")
        ),
    ],
)
def test_a_setting_of_kannels_that_cannot_be_is_named(
    name: str, value: str, fault: str
) -> None:
    assert told({**GOOD, **KANNEL, name: value}) == [f"{name} {fault}"]


@pytest.mark.parametrize("name", ["KANNEL_PASSWORD", "KANNEL_REPORTS_URL"])
def test_a_secret_of_kannels_may_come_from_a_file(tmp_path: Path, name: str) -> None:
    file = tmp_path / "secret"
    file.write_text(KANNEL[name] + "\n", encoding="utf-8")
    environ = {one: value for one, value in {**GOOD, **KANNEL}.items() if one != name}

    assert names({**environ, f"{name}_FILE": str(file)}) == ["kannel"]


def test_a_demonstration_sends_through_its_own_gateway_alone(tmp_path: Path) -> None:
    config = demo(tmp_path, **KANNEL)

    assert [sender.name for sender in _senders(config)] == ["africastalking"]
    assert config.at_base_url.startswith("http://127.0.0.1:")


# How much may be sent


def test_by_default_nothing_is_limited_but_the_rate() -> None:
    config = Config.from_env({})

    assert (
        config.sms_price,
        config.sms_daily_segments,
        config.sms_daily_money,
        config.sms_rate,
        config.metrics_token,
    ) == (None, 0, 0, 100, "")


@pytest.mark.parametrize("value", ["0", "0.8", "0.8000", "1", "12.5", "999999.9999"])
def test_a_price_has_up_to_four_decimal_places(value: str) -> None:
    assert Config.from_env({**GOOD, "SMS_PRICE": value}).sms_price == Decimal(value)


@pytest.mark.parametrize(
    "value", ["KES 0.8", "0,8", ".8", "0.", "-1", "1e2", "0.80000", "\u0661", "NaN"], ids=ascii
)
def test_a_price_that_cannot_be_read_is_a_fault(value: str) -> None:
    assert faults(SMS_PRICE=value) == [
        "SMS_PRICE is not a sum like 0.8 with at most 4 decimal places"
    ]


def test_limits_are_whole_numbers() -> None:
    limits = {"SMS_DAILY_SEGMENTS": "2000000", "SMS_DAILY_MONEY": "50000", "SMS_RATE": "40"}
    config = Config.from_env({**GOOD, **limits})

    assert (config.sms_daily_segments, config.sms_daily_money, config.sms_rate) == (
        2_000_000,
        50_000,
        40,
    )


@pytest.mark.parametrize(
    ("name", "least", "most"),
    [
        ("SMS_DAILY_SEGMENTS", 0, 999_999_999),
        ("SMS_DAILY_MONEY", 0, 999_999_999),
        ("SMS_RATE", 1, 1000),
    ],
)
@pytest.mark.parametrize("value", ["-1", "many", "1.5", "1000000000", "\u0661"], ids=ascii)
def test_a_limit_that_cannot_be_is_named(name: str, least: int, most: int, value: str) -> None:
    assert faults(**{name: value}) == [f"{name} is not a number from {least} to {most}"]


@pytest.mark.parametrize("value", ["0", "1001"])
def test_a_rate_that_cannot_be_is_named(value: str) -> None:
    assert faults(SMS_RATE=value) == ["SMS_RATE is not a number from 1 to 1000"]


@pytest.mark.parametrize(
    "value", ["short", "t" * 31, "t" * 32 + "/", "t" * 16 + " " + "t" * 16]
)
def test_a_bad_token_for_the_measures_is_named(value: str) -> None:
    assert faults(METRICS_TOKEN=value) == [
        "METRICS_TOKEN is a token shorter than 32 letters and digits, or with other signs"
    ]


def test_a_token_for_the_measures_may_be_set() -> None:
    assert Config.from_env({**GOOD, "METRICS_TOKEN": "m" * 32}).metrics_token == "m" * 32


def test_a_demonstration_may_be_limited_too(tmp_path: Path) -> None:
    config = demo(tmp_path, SMS_PRICE="0.8", SMS_RATE="5", METRICS_TOKEN="m" * 32)

    assert (config.sms_price, config.sms_rate, config.metrics_token) == (
        Decimal("0.8"),
        5,
        "m" * 32,
    )


# Another country


def test_the_country_that_is_built_in_is_kenya() -> None:
    config = Config.from_env({})

    assert config.country_dir is None
    assert read_country(config) is kenya()


def test_kenyas_files_are_where_they_are_said_to_be() -> None:
    config = Config.from_env({})

    assert config.country_file.is_file()
    assert (config.words_dir / "en.toml").is_file()
    assert (config.reference_dir / "centres.csv").is_file()


def test_another_country_has_files_of_its_own(country: Path) -> None:
    config = Config.from_env({"COUNTRY_DIR": str(country)})

    assert config.faults == ()
    assert (config.country_file, config.words_dir, config.reference_dir) == (
        country / "country.toml",
        country / "words",
        country / "reference",
    )


def test_another_country_is_read_from_its_folder(country: Path) -> None:
    rewrite(country / "country.toml", 'name = "Kenya"', 'name = "Elsewhere"')

    assert read_country(Config.from_env({"COUNTRY_DIR": str(country)})).name == "Elsewhere"


def test_a_demonstration_may_be_of_another_country(country: Path, tmp_path: Path) -> None:
    assert demo(tmp_path, COUNTRY_DIR=str(country)).reference_dir == country / "reference"


def test_every_file_that_a_country_lacks_is_named(country: Path) -> None:
    for file in ("country.toml", "reference/centres.csv", "words/en.toml", "words/sw.toml"):
        (country / file).unlink()

    assert faults(COUNTRY_DIR=str(country)) == [
        "COUNTRY_DIR has no file country.toml",
        "COUNTRY_DIR has no file reference/centres.csv",
        "COUNTRY_DIR has no file words/LANGUAGE.toml",
    ]


def test_a_folder_that_is_not_there_has_no_file_of_a_country(tmp_path: Path) -> None:
    assert "COUNTRY_DIR has no file country.toml" in faults(COUNTRY_DIR=str(tmp_path / "none"))


def test_a_country_need_not_say_how_texts_are_written(country: Path) -> None:
    (country / "reader.toml").unlink()

    assert read_country(Config.from_env({"COUNTRY_DIR": str(country)})).texts == {}


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        ("country.toml", "Africa/Nairobi", "Africa/Nowhere", "time_zone: no such time zone"),
        ("country.toml", 'name = "Kenya"', "name = ", "country.toml cannot be read"),
        ("reader.toml", 'calling_code = "254"', 'calling_code = "x"', "not up to three digits"),
        ("reader.toml", "[names]", "[names", "reader.toml cannot be read"),
    ],
)
def test_a_country_with_a_fault_is_not_served(
    country: Path, file: str, old: str, new: str, said: str
) -> None:
    rewrite(country / file, old, new)

    with pytest.raises(BadSettings, match=said):
        read_country(Config.from_env({"COUNTRY_DIR": str(country)}))


def test_words_that_cannot_be_read_are_not_served(country: Path) -> None:
    (country / "words" / "sw.toml").write_text("= 1", encoding="utf-8")

    with pytest.raises(BadSettings, match="words cannot be read"):
        proved_menus(Config.from_env({"COUNTRY_DIR": str(country)}))


# The demonstration


def test_a_demonstration_needs_no_setting(tmp_path: Path) -> None:
    config = demo(tmp_path)
    config.require(*EVERYTHING)

    assert all(getattr(config, name.lower()) for name in EVERYTHING)


def test_a_demonstration_has_a_token_that_can_be_typed(tmp_path: Path) -> None:
    assert demo(tmp_path).gateway_tokens == ("demo",)


def test_a_demonstration_takes_no_other_token(tmp_path: Path) -> None:
    assert demo(tmp_path, GATEWAY_TOKENS="t" * 32).gateway_tokens == ("demo",)


def test_a_demonstration_sends_to_its_own_machine(tmp_path: Path) -> None:
    config = demo(tmp_path, AT_BASE_URL=LIVE_BASE_URL, PORT="2020")

    assert config.at_base_url == "http://127.0.0.1:2020/simulator/version1"


def test_a_demonstration_keeps_its_database_in_its_folder(tmp_path: Path) -> None:
    assert demo(tmp_path).database_url == f"sqlite:///{tmp_path}/1919.sqlite"


def test_a_demonstration_does_not_start_beside_a_gateways_key(tmp_path: Path) -> None:
    with pytest.raises(BadSettings) as refused:
        demo(tmp_path, AT_API_KEY="atsk_4p1k3y").require()

    assert refused.value.message == (
        "DEMO=1 does not start beside AT_API_KEY: it must reach nobody"
    )


def test_a_demonstration_does_not_start_beside_a_file_with_a_gateways_key(
    tmp_path: Path,
) -> None:
    with pytest.raises(BadSettings):
        demo(tmp_path, AT_API_KEY_FILE=str(tmp_path / "none")).require()


@pytest.mark.parametrize("name", ["PORT", "USSD_PAGE", "USSD_CODE"])
def test_a_demonstration_names_what_is_wrong(tmp_path: Path, name: str) -> None:
    with pytest.raises(BadSettings, match=name):
        demo(tmp_path, **{name: "wrong"}).require()


def test_a_demonstrations_keys_are_for_their_owner_alone(tmp_path: Path) -> None:
    demo(tmp_path)

    assert stat.S_IMODE((tmp_path / "keys").stat().st_mode) == 0o600


def test_a_demonstrations_keys_are_kept_between_starts(tmp_path: Path) -> None:
    assert demo(tmp_path) == demo(tmp_path)


def test_two_demonstrations_have_two_sets_of_keys(tmp_path: Path) -> None:
    assert demo(tmp_path / "a").lookup_key != demo(tmp_path / "b").lookup_key


@pytest.mark.parametrize("value", ["", "0", "true", "yes", "demo", " 1", "11"])
def test_without_demo_1_there_is_no_demonstration_token(tmp_path: Path, value: str) -> None:
    config = Config.from_env({"DEMO": value, "VAR_DIR": str(tmp_path)})

    assert (config.demo, config.gateway_tokens) == (False, ())


def test_where_demo_is_not_set_there_is_no_demonstration_token() -> None:
    assert Config.from_env({}).gateway_tokens == ()


def test_the_demonstration_token_is_refused_in_service() -> None:
    assert faults(GATEWAY_TOKENS="demo") == [BAD_TOKEN]


def test_without_demo_1_no_key_is_written(tmp_path: Path) -> None:
    Config.from_env({"VAR_DIR": str(tmp_path)})

    assert list(tmp_path.iterdir()) == []


def test_a_redis_socket_lies_in_the_folder(tmp_path: Path) -> None:
    assert socket_path(Path("/srv/var")) == Path("/srv/var/redis.sock")


def test_a_redis_socket_of_a_deep_folder_has_a_short_path() -> None:
    assert len(os.fsencode(socket_path(Path("/" + "deep/" * 40)))) <= 107


def test_two_deep_folders_have_two_redis_sockets() -> None:
    one, other = Path("/" + "deep/" * 40 + "a"), Path("/" + "deep/" * 40 + "b")

    assert socket_path(one) != socket_path(other)


# What callers pay


@pytest.mark.parametrize("value", ["", " ", ",", " , "])
def test_where_no_costs_are_set_none_are_known(value: str) -> None:
    assert Config.from_env({**GOOD, "CALLER_COSTS": value}).caller_costs == {}


@pytest.mark.parametrize(
    ("value", "costs"),
    [
        ("63902:0:1", {"63902": Cost("0", "1")}),
        ("63902:0:1,63903:1.50:1", {"63902": Cost("0", "1"), "63903": Cost("1.50", "1")}),
        (" 63902:0:1 , 63903:0:0 ,", {"63902": Cost("0", "1"), "63903": Cost("0", "0")}),
        ("safaricom:999.99:0.05", {"safaricom": Cost("999.99", "0.05")}),
        ("63902:0:1,63902:0:2", {"63902": Cost("0", "2")}),
    ],
)
def test_costs_are_told_by_network(value: str, costs: dict[str, Cost]) -> None:
    config = Config.from_env({**GOOD, "CALLER_COSTS": value})

    assert (config.caller_costs, config.faults) == (costs, ())


@pytest.mark.parametrize(
    "value",
    [
        "63902",
        "63902:0",
        "63902:0:1:2",
        ":0:1",
        "63902::1",
        "63902:0:",
        "63902:-1:1",
        "63902:1.5:1",
        "63902:1,50:1",
        "63902:1.505:1",
        "63902:1000:1",
        "63902:free:1",
        "63902:KSh 1:1",
        "63902 0 1",
        "63 902:0:1",
        "63902:0:1;63903:0:1",
        "63902:0:1,63903",
        "sixtythreenine:0:1",
        "63902:\u0661:1",
        "63902:0:1\n63903:0:1",
    ],
    ids=ascii,
)
def test_costs_that_cannot_be_read_are_a_fault(value: str) -> None:
    assert faults(CALLER_COSTS=value) == [BAD_COSTS]


def test_costs_may_come_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "costs"
    file.write_text("63902:0:1\n", encoding="utf-8")

    config = Config.from_env({**GOOD, "CALLER_COSTS_FILE": str(file)})

    assert config.caller_costs == {"63902": Cost("0", "1")}


def test_a_demonstration_may_tell_costs_too(tmp_path: Path) -> None:
    assert demo(tmp_path, CALLER_COSTS="63902:0:1").caller_costs == {"63902": Cost("0", "1")}


def test_a_demonstration_does_not_start_on_bad_costs(tmp_path: Path) -> None:
    assert demo(tmp_path, CALLER_COSTS="63902").faults == (BAD_COSTS,)


# Secrets


@pytest.mark.parametrize(
    "secret",
    [
        *(FRESH[name].removeprefix("1:") for name in ("LOOKUP_KEY", "PHONE_KEY", "SECRET_KEY")),
        TOKEN,
        "d4t4b4s3pass",
        "r3d1spass",
        "atsk_4p1k3y",
        KANNEL["KANNEL_PASSWORD"],
        "m" * 32,
    ],
    ids=[
        "lookup",
        "phone",
        "secret",
        "token",
        "database",
        "redis",
        "gateway",
        "kannel",
        "metrics",
    ],
)
def test_settings_do_not_show_a_secret(secret: str) -> None:
    environ = {**GOOD, **KANNEL, "METRICS_TOKEN": "m" * 32}

    assert secret not in repr(Config.from_env(environ))


def test_a_demonstrations_settings_do_not_show_a_secret(tmp_path: Path) -> None:
    config = demo(tmp_path)

    assert config.lookup_key.removeprefix("1:") not in repr(config)


# Tools where nothing is set


def test_fresh_keys_are_accepted_as_settings() -> None:
    others = ("DATABASE_URL", "REDIS_URL")
    printed = tool("flask", "keys", "new").stdout
    environ = dict(line.split("=", 1) for line in printed.splitlines())
    environ.pop("ARCHIVE_PRIVATE_KEY")

    assert told({**environ, **{name: GOOD[name] for name in others}}, *WEB) == []


def test_keys_are_made_where_nothing_is_set() -> None:
    assert tool("flask", "keys", "new").returncode == 0


def test_how_long_things_are_kept_is_set_by_days() -> None:
    given = Config.from_env({"RETENTION_LOOKUPS_DAYS": "30", "RETENTION_CALLERS_DAYS": "400"})

    assert given.keep == replace(Keep(), lookups=30, callers=400)
    assert given.faults == ()


@pytest.mark.parametrize("days", ["0", "30", "36501", "x", "-1", "\uff13\uff11"])
def test_texts_are_kept_for_a_month_at_least(days: str) -> None:
    given = Config.from_env({"RETENTION_MESSAGES_DAYS": days})

    assert given.faults == ("RETENTION_MESSAGES_DAYS is not a number from 31 to 36500",)


def test_fresh_keys_come_with_a_word_of_care() -> None:
    assert "Keep ARCHIVE_PRIVATE_KEY away" in tool("flask", "keys", "new").stderr


def test_menus_are_checked_where_nothing_is_set() -> None:
    checked = tool("flask", "menus", "check")

    assert (checked.returncode, checked.stdout.split(";")[0]) == (0, "0 faults")


def test_menus_are_drawn_where_nothing_is_set() -> None:
    assert tool("flask", "menus", "draw").returncode == 0


def test_a_command_that_needs_the_stores_names_every_missing_setting() -> None:
    run = tool("flask", "database", "prepare")

    assert [name for name in STORES if f"{name} is not set" not in run.stderr] == []


def test_a_command_that_needs_the_stores_fails_without_them() -> None:
    assert tool("flask", "database", "prepare").returncode == 1


def test_a_command_that_needs_the_stores_fails_without_a_trace() -> None:
    assert "Traceback" not in tool("flask", "database", "prepare").stderr


def test_gunicorn_does_not_start_where_nothing_is_set() -> None:
    assert tool("gunicorn", "wsgi:app").returncode != 0


def test_gunicorn_names_every_missing_setting() -> None:
    said = tool("gunicorn", "wsgi:app").stderr

    assert [name for name in WEB if f"{name} is not set" not in said] == []


def test_gunicorn_refuses_without_a_trace() -> None:
    assert "Traceback" not in tool("gunicorn", "wsgi:app").stderr
