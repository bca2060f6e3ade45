"""Settings of any content: taken, or named as wrong, and never shown."""

import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config import BadSettings, Config

NAMES = (
    *("PORT", "VAR_DIR", "USSD_CODE", "USSD_PAGE", "REDIS_MODE", "AT_USERNAME", "AT_BASE_URL"),
    *(
        "SMS_SENDER",
        "SMS_GATEWAYS",
        "SMS_PRICE",
        "SMS_DAILY_SEGMENTS",
        "SMS_RATE",
        "KANNEL_URL",
    ),
    *(
        "KANNEL_URL",
        "KANNEL_USERNAME",
        "KANNEL_REPORTS_URL",
        "CALLER_COSTS",
        "LOOKUP_MISS_SHARE",
    ),
    *("RETENTION_LOOKUPS_DAYS", "DATABASE_URL", "REDIS_URL", "GATEWAY_TOKENS", "METRICS_TOKEN"),
    *("SECRET_KEY", "LOOKUP_KEY", "PHONE_KEY", "ARCHIVE_PUBLIC_KEY", "COUNTRY_DIR"),
)
SECRETS = ("GATEWAY_TOKENS", "METRICS_TOKEN", "SECRET_KEY", "LOOKUP_KEY", "PHONE_KEY")
ANY = st.characters(blacklist_characters="\0", blacklist_categories=["Cs"])
values = st.text(ANY, max_size=40) | st.sampled_from(
    ["1:" + "ab" * 32, "t" * 32, "٨٠٨٠", "0x50", "1e3", "-1", "999999999999", "*1919#", "0.5"]
)


@settings(max_examples=60)
@given(environ=st.dictionaries(st.sampled_from(NAMES), values, max_size=8))
def test_any_settings_are_taken_or_their_faults_are_named(environ: dict[str, str]) -> None:
    config = Config.from_env(environ)
    named = {fault.split()[0] for fault in config.faults}

    assert named <= set(environ)
    assert 1 <= config.port <= 65_535
    assert 60 <= config.ussd_page <= 182


@settings(max_examples=30)
@given(
    name=st.sampled_from(SECRETS),
    secret=st.text(string.ascii_letters + string.digits + "#!:,", min_size=12, max_size=40),
)
def test_no_fault_shows_what_a_secret_was_set_to(name: str, secret: str) -> None:
    config = Config.from_env({name: secret})
    with pytest.raises(BadSettings) as told:
        config.require("DATABASE_URL")

    assert secret not in str(told.value)
    assert secret not in repr(config)


@settings(max_examples=30)
@given(digits=st.text("٠١٢٣٤٥٦٧٨٩²０１２３", min_size=1, max_size=5))
def test_digits_of_other_scripts_are_no_number_of_a_setting(digits: str) -> None:
    numbers = ("PORT", "USSD_PAGE", "SMS_RATE", "SMS_PRICE", "LOOKUP_MISS_SHARE")
    faults = Config.from_env(dict.fromkeys(numbers, digits)).faults

    assert {fault.split()[0] for fault in faults} == set(numbers)
