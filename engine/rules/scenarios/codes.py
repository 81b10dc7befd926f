"""What can be wrong with a test file; docs/problems.md lists them with those of rules."""

from __future__ import annotations

from engine.codes import table

SCENARIO_CODES = table(
    (
        ("E601", "there is no customer `{name}` in this test", "Write the customer under `customers`."),
        ("E602", "there is no account `{name}` in this test", "Write the account under `accounts`."),
        (
            "E603",
            "`{value}` is no time",
            "Write `2026-03-01 10:00`, by the clock of the test; `+01:00` or `Europe/Stockholm` may follow.",
        ),
        ("E604", "`{value}` cannot be `{fact}`: it {why}", "Write a value that an import would take."),
        (
            "E605",
            "there is no rule `{name}`",
            "Name the file after its rule, `rules/RULE.test.yaml` or `rules/RULE.WORDS.test.yaml`, or say `rules:`.",
        ),
        (
            "E606",
            "this tests nothing: {why}",
            "Add to `expect` a mail, such as {{at: 2026-03-01 09:00, to: ana}}, or a silence, {{never: bob}}.",
        ),
        (
            "E607",
            "a test that could not fail is refused: {why}",
            "Give the customer something that the rule could have written about, or take the line out.",
        ),
        ("E608", "this lies {why}", "Move `start` or `until`, or correct the time."),
        ("E609", "this says the opposite of line {line}", "Keep one of the two."),
        ("E610", "no rule of this test sends `{name}`", "Name a template of the rule, or add the rule to `rules`."),
        ("E611", "a test needs a time to begin", "Say `start: 2026-03-01`, or name a time in `events` or `expect`."),
        (
            "E612",
            "this change changes nothing",
            "Say what changes: `set`, `suppress`, `consents`, `joins` or `leaves`.",
        ),
        ("E613", "`{name}` belongs to no account then", "Say `account:` with the customer, or name the account."),
        (
            "E614",
            "until then the test would stop more than {most} times",
            "Let `until` be earlier: a few slots of a schedule, or some weeks, show as much.",
        ),
    )
)
