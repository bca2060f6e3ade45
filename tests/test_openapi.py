"""The description of what gateways and monitors call: as much as there is, and no more."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from flask import Flask

from sms import webhook as sms_webhook
from tests.caller import TOKEN
from ussd import webhook as ussd_webhook

FILE = Path(__file__).parent.parent / "docs" / "openapi.yaml"
METHODS = ("get", "post", "put", "delete", "patch", "head", "options", "trace")
NOT_CALLED = {"HEAD", "OPTIONS"}
"""What Flask adds to every address by itself."""


@pytest.fixture(scope="module")
def described() -> dict[str, Any]:
    read: dict[str, Any] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return read


def operations(described: dict[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    """Give what is described, by method and address."""
    return {
        (method.upper(), path): one
        for path, item in described["paths"].items()
        for method, one in item.items()
        if method in METHODS
    }


def served(app: Flask) -> set[tuple[str, str]]:
    """Give what the application takes when it is asked, an address for every gateway."""
    client = app.test_client()
    found = set()
    for rule in app.url_map.iter_rules():
        for path in every_gateway(re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule)):
            address = path.replace("{token}", TOKEN).replace("{session}", "9f3")
            for method in set(rule.methods or ()) - NOT_CALLED:
                if client.open(address, method=method).status_code not in (404, 405):
                    found.add((method, path))
    return found


def every_gateway(path: str) -> list[str]:
    if "{gateway}" not in path:
        return [path]
    return [path.replace("{gateway}", one) for one in sms_webhook.GATEWAYS]


def test_every_address_that_is_served_is_described_and_no_other(
    described: dict[str, Any], lasting: Flask
) -> None:
    assert served(lasting) == set(operations(described))


def test_every_rule_of_the_application_leads_somewhere_that_is_described(
    described: dict[str, Any], lasting: Flask
) -> None:
    paths = {re.sub(r"\{\w+\}", "{}", one) for one in described["paths"]}
    rules = {
        re.sub(r"\{\w+\}", "{}", path)
        for rule in lasting.url_map.iter_rules()
        for path in every_gateway(re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule))
    }

    assert rules - paths == {"/sms/kannel/{}/optouts"}  # Kannel tells of none: it is 404


def test_every_gateway_is_described(described: dict[str, Any]) -> None:
    ussd = {path.split("/")[2] for path in described["paths"] if path.startswith("/ussd/")}
    sms = {path.split("/")[2] for path in described["paths"] if path.startswith("/sms/")}

    assert ussd == {one.NAME for one in ussd_webhook.GATEWAYS}
    assert sms == set(sms_webhook.GATEWAYS)


def test_every_address_of_a_gateway_needs_a_token(described: dict[str, Any]) -> None:
    wanted = {"$ref": "#/components/parameters/token"}
    without = [
        path
        for path, item in described["paths"].items()
        if path.startswith(("/ussd/", "/sms/")) and wanted not in item["parameters"]
    ]

    assert without == []


def test_every_operation_says_what_a_wrong_token_and_too_much_get(
    described: dict[str, Any],
) -> None:
    missing = [
        one
        for one, operation in operations(described).items()
        if one[1].startswith(("/ussd/", "/sms/"))
        and not {"200", "404", "405", "413"} <= set(operation["responses"])
    ]

    assert missing == []


def test_no_hop_is_ever_answered_with_a_fault_and_a_text_only_to_have_it_again(
    described: dict[str, Any],
) -> None:
    faults = {
        (path.split("/")[1], status)
        for (_, path), operation in operations(described).items()
        for status in operation["responses"]
        if status.startswith("5")
    }

    assert faults == {("sms", "503"), ("health", "503")}


def test_every_name_of_an_operation_is_its_own(described: dict[str, Any]) -> None:
    names = [one["operationId"] for one in operations(described).values()]

    assert len(names) == len(set(names))
