"""Calls written out of the description of the addresses, right ones and wrong ones."""

import itertools
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from bench.figures import tell
from bench.stores import SMALL
from tests.answered import Answer, fault
from tests.caller import TOKEN

DESCRIBED = Path(__file__).parent.parent.parent / "docs" / "openapi.yaml"
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
MODES = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
SHORT, LONG = 2, 20 if SMALL else 300
"""Calls of an operation, of either kind."""

Operation = schemathesis.APIOperation[Any, Any, Any, Any]
Case = schemathesis.Case[Any]


@pytest.fixture(scope="module")
def operations() -> list[Operation]:
    schema = schemathesis.openapi.from_path(str(DESCRIBED))
    return [one.ok() for one in schema.get_all_operations()]  # type: ignore[union-attr]


class Calls:
    """Calls made, and what was wrong with their answers."""

    def __init__(self, app: Flask, most: int) -> None:
        self._app = app
        self._most = most
        self.made = 0
        self.wrong: Counter[str] = Counter()

    def make(self, operation: Operation, mode: GenerationMode) -> None:
        """Make calls of one operation, as it is described or not as it is described."""

        @settings(
            max_examples=self._most,
            database=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        )
        @given(operation.as_strategy(mode, path_parameters={"token": TOKEN}))
        def call(case: Case) -> None:
            self._call(case)

        try:
            call()
        except Unsatisfiable:
            return  # what has no fields cannot be called wrongly

    def _call(self, case: Case) -> None:
        self.made += 1
        response = case.call(app=self._app)
        headers = {name.lower(): ", ".join(all_) for name, all_ in response.headers.items()}
        answer = Answer(response.status_code, headers, response.content or b"")
        if wrong := fault(case.path, answer, case.method):
            self.wrong[f"{case.method} {case.path}: {wrong}"] += 1
        try:
            case.validate_response(response, checks=CHECKS)
        except FailureGroup as failed:
            for one in failed.exceptions:
                self.wrong[f"{case.method} {case.path}: {type(one).__name__} {one}"] += 1


def test_calls_out_of_the_description_are_answered_as_it_says(
    lasting: Flask, operations: list[Operation]
) -> None:
    calls = Calls(lasting, SHORT)
    for one, mode in zip(operations, itertools.cycle(MODES), strict=False):
        calls.make(one, mode)

    assert calls.wrong == Counter()
    assert calls.made > len(operations)


@pytest.mark.torture
@pytest.mark.timeout(1_200)
def test_ten_thousand_calls_are_answered_as_the_description_says(
    lasting: Flask, operations: list[Operation]
) -> None:
    calls = Calls(lasting, LONG)
    for one in operations:
        for mode in MODES:
            calls.make(one, mode)
    wrong = sum(calls.wrong.values())
    name = (
        f"calls written out of the description ({calls.made:,}): answers that it does not allow"
    )
    tell("S5", name, f"{wrong} of {calls.made:,}", "0", not wrong)

    assert calls.wrong == Counter()
    assert calls.made > LONG * len(operations)
