"""Files broken at random: compiling and checking them never fails, and what they let through is whole."""

from __future__ import annotations

from random import Random

import pytest
from rendering.test_check import BAD, GOOD
from rendering.test_rendering import BODIES
from rendering.workshop import FACTS, email, use, workspace

from engine.rendering import check, compile_library

BODIES_OF_ALL = [*(body for body, *_ in BODIES.values()), *GOOD.values(), *(body for body, _ in BAD.values())]
BITS = (
    "{{", "}}", "{%", "%}", "{#", "#}", "'", '"', "\n", "\n\n", "- ", "1. ", "> ", "| ", "|---|", "::: ", ":::",
    "offer", "[a](", "(b)", ")", "[", "]", "<", "</mj-text>", "<mj-text>", "&", "`", "```\n", "**", "{% if gift %}",
    "{% endif %}", "{% for x in [1] %}", "{% endfor %}", "{% else %}", "{{ gift }}", "{{ body }}", "{{ words.stop }}",
    "\\", "\t",
    "---\n", "Ω", "\u2028", ": ", "![a](https://b/c)", "https://tide.example/", "https://[",
)  # fmt: skip
ROUNDS = 25


def broken(random: Random, text: str) -> str:
    """Return a text with something put in, taken out or moved."""
    for _ in range(random.randint(1, 4)):
        start, other = random.randrange(len(text) + 1), random.randrange(len(text) + 1)
        end = min(len(text), start + random.randint(1, 15))
        kind = random.random()
        if kind < 0.5:
            text = text[:start] + random.choice(BITS) + text[start:]
        elif kind < 0.75:
            text = text[:start] + text[end:]
        else:
            text = text[:other] + text[start:end] + text[other:]
    return text


@pytest.mark.parametrize("seed", range(10))
def test_broken_files(seed: int) -> None:
    """Whatever is broken comes back as problems; what passes check does not fail, and no mark is left in it."""
    random = Random(seed)  # noqa: S311 (nothing is secret here)
    for _ in range(ROUNDS):
        files = workspace(mail_md=email("\n\n".join(random.sample(BODIES_OF_ALL, random.randint(1, 3)))))
        path = random.choice(["templates/mail.md", "templates/mail.md", *files])
        files[path] = broken(random, files[path])
        library, _ = compile_library(files)
        problems = check(library, {"mail": (use(),)}, FACTS)
        assert "T607" not in {problem.code for problem in problems}, files[path]
        for variant in library.variants.get("mail", {}).values():
            assert not [one for one in variant.compiled.values() if "Qj" in one.flat.source], files[path]
