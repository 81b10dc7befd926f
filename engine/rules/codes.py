"""What can be wrong with rules, topics, traits and segments: one row a mistake; docs/rules.md lists them."""

from __future__ import annotations

from engine.codes import lints, table

_ERRORS = table(
    (
        ("E201", "`{key}` is not known in {where}", "Use one of the keys listed for this place."),
        ("E202", "`{key}` is missing in {where}", "Add the key."),
        ("E203", "this should be {expected}, not {found}", "Write the value in the form shown."),
        (
            "E204",
            "`{name}` is no good name for a rule's file",
            "Name the file in small letters, digits and hyphens, ending in `.yaml`: `rules/we-miss-you.yaml`.",
        ),
        ("E205", "`when` needs one trigger, but has {found}", "Keep one trigger; write another rule for another."),
        (
            "E206",
            "a condition is one line, but this one has {count} keys",
            "Start every condition with `- `. For one or the other, use `any:` with a list.",
        ),
        ("E207", "nothing is written here; it should be {expected}", "Write something there, or delete the line."),
        ("E208", "this file is empty", "A rule needs at least `topic`, `when` and `send`."),
        (
            "E209",
            "this has {count} tests; the most is {most}",
            "Let the product keep a trait that says it in one test.",
        ),
        ("E210", "`{name}` is no name: {why}", "Names are short, in small letters, and mean one thing only."),
        ("E211", "segments stand on each other more than {most} deep", "Take a step out of the chain."),
        ("E301", "there is no topic `{name}`", "Declare it in `rules/topics.yaml`, or use one that is there."),
        ("E302", "there is no fact `{name}`", "Use a built-in fact or declare a trait in `rules/traits.yaml`."),
        ("E303", "there is no template `{name}`", "Write `templates/<name>.md` or `.mjml`, or name one that is there."),
        ("E304", "there is no segment `{name}`", "Declare it in `rules/segments.yaml`, or use one that is there."),
        ("E305", "segment `{name}` stands on itself: {path}", "Take one of these references out."),
        ("E306", "`{name}` is no time zone", "Use a name of the IANA list, such as Europe/Stockholm."),
        ("E307", "`{fact}` is {type}, but {what} needs {needs}", "Use a fact of the type that is needed."),
        ("E401", "there is no operator `{name}`", "Use one of the table of operators, written with spaces."),
        ("E402", "`{operator}` does not fit `{fact}`, which is {type}", "The table of operators says what fits what."),
        ("E403", "`{value}` is not {expected}, which `{fact}` needs", "Write a value of the fact's type."),
        (
            "E404",
            "`{value}` is no duration for this place",
            "Write a number and minutes, hours, days or weeks, up to ten years: `7 days`.",
        ),
        (
            "E405",
            "`{value}` is not in whole days, but {what} is a calendar day",
            "Use days or weeks; `at` says at what time of the day.",
        ),
        ("E406", "`{value}` is no moment", "Write one of the table of moments, such as `7 days before` or `at once`."),
        ("E407", "`{value}` does not fit `{trigger}`: {why}", "The table of triggers says which moments each one has."),
        ("E408", "`{value}` is no time of day", "Write hours and minutes: `09:00`."),
        ("E409", "`{value}` is nobody to write to", "Write `customer`, `account owner` or `account` and another role."),
        ("E410", "`{low}` is more than `{high}`", "Write the lower end first."),
        ("E411", "{operator} cannot be asked of an instant by the day", "Use `before`, `after` or `between`."),
        (
            "E412",
            "these amounts cannot be compared",
            "Write all amounts of one condition in one currency; only facts of the account have one.",
        ),
        (
            "E413",
            "`{value}` is no schedule: {why}",
            "Write five fields, minute, hour, day of the month, month, weekday: `0 9 * * mon` is each Monday at nine.",
        ),
        ("E414", "`zone` has no meaning here: {why}", "Leave `zone` out, or write a time without an offset."),
        (
            "E415",
            "`consent` has no meaning on a transactional topic: nobody is asked about mail they need",
            "Leave it out, or make the topic `kind: marketing`.",
        ),
        (
            "E416",
            "`{cap}` says nothing beside `{other}`, which is stricter",
            "Leave it out, or correct one of the two numbers.",
        ),
        ("E501", "this is the same moment as on line {line}", "Keep one of the two."),
        ("E502", "`since: trigger` has no meaning here: {why}", "Leave it out, or use `within`."),
        (
            "E503",
            "`{fact}` is a fact of one person, but this rule writes once for an account",
            "Use facts of the account, or `to: customer`.",
        ),
        (
            "E504",
            "too_late_after ({late}) is shorter than open_for ({open})",
            "A moment cannot be too late while it is open.",
        ),
        ("E505", "this can never hold together with {other}", "Change or delete one of the two."),
        ("E506", "this can never hold: {why}", "Change or delete it."),
        ("E508", "`did not` and `at most` do not go together", "Write `did` with `at least` or with `at most`."),
        (
            "E509",
            "`was: {name}` cannot be: {why}",
            "`was` names the file this rule had before; the old file is gone and nobody else was it.",
        ),
        ("E510", "`{value}` is longer than the {period} between two anniversaries", "Use a shorter offset."),
    )
)
_LINTS = lints(
    (
        (
            "L601",
            "no event `{name}` was ever seen",
            "Check the spelling; ignore this if the product will send it soon.",
            "`did: Report Sahred`",
        ),
        (
            "L602",
            "nobody has the role `{name}`",
            "Check the spelling; ignore this if the product will send it soon.",
            "`to: account onwer`",
        ),
        (
            "L603",
            "this always holds{why}",
            "Leave it out, or ask for what you meant.",
            "`has: account.renews_on` beside `when: {{date: account.renews_on}}`",
        ),
        (
            "L604",
            "this alternative can never hold together with {other}",
            "Delete the alternative, or widen the other condition.",
            "`any: [account.status: trialing, …]` beside `account.status: active`",
        ),
        (
            "L605",
            "`{other}` can write to the same person on the same day, {moment}",
            "Move one of the two by a day, or give them conditions that exclude each other.",
            "two rules with `when: {{date: customer.signed_up_at}}` and `after 7 days`",
        ),
        (
            "L606",
            "{what} looks back {length}, but events are kept for {kept}",
            "Look back less far, let the product keep a trait, or set `events_kept_for` higher.",
            "`did: {{event: Logged In, within: 2000 days}}`",
        ),
        (
            "L607",
            "no stored {subject} has `{name}`",
            "Check the spelling in rules/traits.yaml and in the file you import; ignore this before the first import.",
            "`account.bords: {{above: 3}}`, where the product sends `boards`",
        ),
        (
            "L610",
            "`{value}` falls on such days of the month and on such weekdays, not only where both meet",
            "Keep one of the two; the first Monday of a month is `mon#1`.",
            '`schedule: "0 9 1 * mon"`',
        ),
        (
            "L611",
            "{when} is over: nobody will be written to",
            "Delete the rule, or write another day.",
            "`when: {{on: 2020-01-01}}`",
        ),
        (
            "L612",
            "{at} lies in the quiet hours of {topic}, {hours}: each of these mails waits until they end",
            "Write another `at`, or other quiet hours.",
            "`at: 21:00` on a topic with `quiet hours: 20:00 to 08:00`",
        ),
    )
)
RULE_CODES = _ERRORS | _LINTS
