"""The parts that must not be wrong, and the tests that hold each."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Part:
    """A part of the line.

    Attributes:
        files: its files, from the tree's top, with the functions that are meant; all where
            none is named.
        tests: files and folders of tests that hold it, without `tests/`.
    """

    name: str
    files: dict[str, frozenset[str]]
    tests: tuple[str, ...] = field(repr=False)


_ALL: frozenset[str] = frozenset()
_CALLS = (
    "menus/test_turn.py",
    "menus/test_session.py",
    "menus/test_watch.py",
    "menus/test_voices.py",
    "test_fold.py",
    "test_budget.py",
    "test_carry_on.py",
    "test_changes.py",
    "ussd/test_infobip.py",
)

PARTS = (
    Part(
        "turn",
        {"menus/turn.py": _ALL},
        (
            *_CALLS,
            "menus/test_hops.py",
            "menus/test_tally.py",
            "test_outages.py",
            "test_parking.py",
        ),
    ),
    Part(
        "engine",
        {"menus/engine.py": _ALL},
        (
            *_CALLS,
            "menus/test_engine.py",
            "menus/test_pages.py",
            "menus/test_hops.py",
            "menus/test_places.py",
            "test_parking.py",
            "test_texts.py",
            "test_third_language.py",
            "sms/test_reply.py",
        ),
    ),
    Part(
        "outbox",
        {"models/outbox.py": _ALL, "models/sending.py": _ALL},
        (
            "models/test_sending.py",
            "models/test_outbox.py",
            "models/test_outbox_codes.py",
            "models/test_spending.py",
            "models/test_rekeying.py",
            "models/test_subscriptions.py",
            "sms/test_sender.py",
            "sms/test_reply.py",
            "sms/test_spending_exact.py",
            "commands/test_sms.py",
        ),
    ),
    Part(
        "budget",
        {"menus/queries.py": _ALL, "models/asked.py": _ALL, "menus/lookups.py": _ALL},
        (
            "menus/test_queries.py",
            "menus/test_lookups.py",
            "menus/test_turn.py",
            "models/test_asked.py",
            "models/test_lookups.py",
            "models/test_outbox_codes.py",
            "models/test_subscriptions.py",
            "commands/test_lookups.py",
            "test_budget.py",
            "test_cost.py",
            "test_enumerator.py",
            "test_fold.py",
            "test_outages.py",
            "test_parking.py",
            "console/test_calls.py",
        ),
    ),
    Part(
        "masks",
        {
            "models/phones.py": _ALL,
            "models/reveals.py": _ALL,
            "logs.py": _ALL,
            "console/calls/calls.py": frozenset({"mask", "reveal"}),
            "models/agent_calls.py": frozenset({"reveal"}),
            "menus/answers.py": frozenset({"facts_of", "no_facts", "campaign_filled"}),
        },
        (
            "models/test_phones.py",
            "models/test_reveals.py",
            "models/test_agent_calls.py",
            "menus/test_answers.py",
            "console/test_calls.py",
            "test_logs.py",
            "test_masks.py",
            "test_secrecy.py",
        ),
    ),
    Part(
        "tokens",
        {
            "app.py": frozenset({"_guard"}),
            "config.py": frozenset({"tokens", "metrics_token", "_is_token"}),
            "console/security.py": _ALL,
            "console/entrance/gate.py": _ALL,
            "console/metrics.py": frozenset({"_is_local", "_knows"}),
            "models/agent_sessions.py": _ALL,
        },
        (
            "ussd/test_webhook.py",
            "sms/test_webhook.py",
            "console/test_entrance.py",
            "console/test_headers.py",
            "console/test_metrics.py",
            "console/test_matrix.py",
            "console/test_staff.py",
            "models/test_agent_sessions.py",
            "commands/test_agents.py",
            "test_config.py",
        ),
    ),
)
