"""What can be wrong with a file as YAML, before anything in it is understood."""

from __future__ import annotations

from engine.codes import table

YAML_CODES = table(
    (
        (
            "E101",
            "this is not YAML: {what}",
            "Quote texts that hold `: ` or ` #`, or that start with a sign such as `@`, `%`, `&`, `*`, `[` or `{`.",
        ),
        ("E102", "a tab is used to indent", "Indent with spaces; two for each level is usual."),
        ("E103", "a space is missing after `:` in `{text}`", "Write `key: value`, with a space after the colon."),
        (
            "E104",
            "this line does not stand under what it belongs to",
            "Lines of one list or one table start in the same column; what belongs to a line stands further right.",
        ),
        ("E105", "a quote is opened here and never closed", "Close the text with the same quote it began with."),
        ("E106", "a `{bracket}` is opened here and not closed before line {line}", "Close the bracket."),
        (
            "E107",
            "`{key}` is written twice; the first is on line {line}",
            "Keep one of the two: a key may stand once in a table.",
        ),
        (
            "E108",
            "{what} are not used here",
            "Write the text itself. Anchors, aliases, tags, directives and a second document are refused.",
        ),
        ("E109", "this is nested deeper than {most} levels", "Put conditions that repeat into a segment."),
        ("E110", "the file is larger than {most} KB", "Split it: one rule, one file."),
        (
            "E111",
            "the character U+{number} cannot stand in a text",
            "Delete it; it often comes from copying out of another program.",
        ),
        ("E112", "a key must be a word, not a list or a table", "Write `key: value`."),
        ("E113", "this file holds more than {most} words and values", "Split it, or keep the data in the product."),
    )
)
