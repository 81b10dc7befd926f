"""Ways to spoil a good file, each of which breaks it for a reason that is known beforehand."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from random import Random

ROOT = Path(__file__).parent.parent.parent
SHIPPED = {
    path.relative_to(ROOT).as_posix(): path.read_text()
    for folder in ("rules", "templates")
    for path in sorted((ROOT / folder).rglob("*"))
    if path.is_file()
}
GOOD = {f"rules/{path.name}": path.read_text() for path in sorted((ROOT / "tests" / "rules" / "good").glob("*.yaml"))}
TEMPLATES = {Path(path).stem for path in SHIPPED if path.count("/") == 1 and path.endswith(".md")}
RULE = r"rules/(?!topics|traits|segments)[a-z-]+\.yaml"
ANY = r".*\.(yaml|md|mjml)"
MAIL = r"templates/[^/]+\.md"
_NOT_SAID = re.compile(r"^\s*(#|description:|title:)")
Spoil = Callable[[str, Random], str | None]


@dataclass(frozen=True, kw_only=True)
class Spoiler:
    """One way to spoil: the files it fits, and what it does; it returns None where a text has nothing of the kind."""

    name: str
    fits: str
    spoil: Spoil


def _swap(pattern: str, put: str | Callable[[re.Match[str]], str]) -> Spoil:
    """Return a way that changes one of the places where a pattern is found, but in comments and descriptions."""

    def spoil(text: str, chance: Random) -> str | None:
        found = [match for match in re.finditer(pattern, text, re.MULTILINE) if not _is_talk(text, match.start())]
        if not found:
            return None
        match = chance.choice(found)
        new = put if isinstance(put, str) else put(match)
        return text[: match.start()] + new + text[match.end() :]

    return spoil


def _is_talk(text: str, at: int) -> bool:
    line = text[text.rfind("\n", 0, at) + 1 : (text.find("\n", at) + 1 or len(text) + 1) - 1]
    return bool(_NOT_SAID.match(line)) or " #" in line[: at - text.rfind("\n", 0, at) - 1]


def _twice(text: str, chance: Random) -> str | None:
    """Say a key of the first level twice."""
    keys = re.findall(r"^[a-z_]+:", text, re.MULTILINE)
    return None if not keys else text.rstrip("\n") + f"\n{chance.choice(keys)} again\n"


def _without(key: str) -> Spoil:
    """Take a key of the first level away with all that stands below it."""
    return _swap(rf"^{key}:.*\n(?:[ \t-].*\n)*", "")


def _cut_open(text: str, chance: Random) -> str | None:
    """End a file behind an opening bracket, brace or quote."""
    places = [match.end() for match in re.finditer(r"[:,] [\[{\"]", text) if not _is_talk(text, match.start())]
    return text[: chance.choice(places)] if places else None


def _control(text: str, chance: Random) -> str:
    """Put a character in that no text file has."""
    at = chance.randint(0, len(text))
    return text[:at] + "\0" + text[at:]


def _ends_with(*pieces: str) -> Spoil:
    """End a mail with something that no mail may hold."""
    return lambda text, chance: f"{text.rstrip()}\n\n{chance.choice(pieces)}\n"


def _misspelt(match: re.Match[str]) -> str:
    return match[0] + "zq"


_ROWS: tuple[tuple[str, str, Spoil], ...] = (
    ("wrong key", RULE, _swap(r"^(topic|when|send|if|at|to|open_for|backfill)(?=:)", _misspelt)),
    ("no topic", RULE, _without("topic")),
    ("no trigger", RULE, _without("when")),
    ("no mail", RULE, _without("send")),
    ("key twice", r"rules/.*\.yaml|templates/brand.yaml", _twice),
    ("bad duration", RULE, _swap(r"(?<=\d )(days?|hours?|weeks?|minutes?)\b", "moons")),
    ("no duration", RULE, _swap(r"\b\d+(?= (days?|hours?|weeks?)( before)?: )", "many")),
    ("cut off", r"rules/.*\.yaml|templates/(brand|samples)\.yaml", _cut_open),
    ("a tab", r"rules/.*\.yaml|templates/brand.yaml", _swap(r"^  (?=[a-z0-9-])", "\t")),
    ("unknown fact", r"rules/.*\.yaml", _swap(r"\b(customer|account)\.[a-z_]+", _misspelt)),
    ("other brace", r"rules/.*\.yaml", _swap(r"(?<=[ ])\{(?=[^}\n]*\})", "[")),
    ("other bracket", r"rules/.*\.yaml", _swap(r"(?<=[ ])\[(?=[^\]\n]*\])", "{")),
    ("unknown topic", RULE, _swap(r"(?<=^topic: )\S+", _misspelt)),
    ("unknown template", RULE, _swap(rf"(?<=: )({'|'.join(sorted(TEMPLATES))})(?=[,}}\n])", _misspelt)),
    ("unknown segment", r"rules/.*\.yaml", _swap(r"(?<=segment: )[a-z-]+", _misspelt)),
    ("a list for a word", RULE, _swap(r"(?<=^topic: )\S+", lambda match: f"[{match[0]}]")),
    ("a number for a trigger", RULE, _swap(r"(?<=^when: ).*", "5")),
    ("no such time of day", RULE, _swap(r"(?<=^at: )\d\d:\d\d", "25:00")),
    ("no space", RULE, _swap(r"^(topic|when|at): (?=\S)", lambda match: match[0].rstrip())),
    ("an alias", r"rules/.*\.yaml", _swap(r"(?<=[a-z]: )(?=[a-z])", "*")),
    ("a tag", r"rules/.*\.yaml", _swap(r"(?<=[a-z]: )(?=[a-z])", "!")),
    ("two documents", r"rules/.*\.yaml|templates/brand.yaml", lambda text, _: f"{text}---\nmore: words\n"),
    ("a control character", ANY, _control),
    ("no such type", r"rules/traits\.yaml", _swap(r"\b(number|money|date|time|text|boolean|url)\b", _misspelt)),
    ("no such kind", r"rules/topics\.yaml", _swap(r"\b(transactional|marketing)\b", _misspelt)),
    ("no such test", r"rules/.*\.yaml", _swap(r"\b(did not|did|has|missing)(?=: )", "didd")),
    ("no such operator", r"rules/.*\.yaml", _swap(r"\b(at least|at most|above|below)(?=: )", "at lest")),
    ("unknown variable", MAIL, _swap(r"\b(customer|account)\.[a-z_]+(?=[^{]*\}\})", _misspelt)),
    ("unknown brand", MAIL, _swap(r"\bbrand\.[a-z_]+(?=[^{]*\}\})", _misspelt)),
    ("unknown filter", MAIL, _swap(r"(?<=\| )(default|number|date|money|plural|percent)\b(?=[^{]*\}\})", _misspelt)),
    ("unclosed print", MAIL, _swap(r"\}\}", "")),
    ("unclosed statement", MAIL, _swap(r"%\}", "")),
    ("no end", MAIL, _swap(r"\{% end(if|for) %\}", "")),
    ("unknown part", MAIL, _swap(r"(?<=^::: )[a-z-]+", _misspelt)),
    ("no subject", MAIL, _without("subject")),
    ("unknown key of a mail", MAIL, _swap(r"^(subject|preheader|layout|sample)(?=: )", _misspelt)),
    ("unknown layout", MAIL, _swap(r"(?<=^layout: )\S+", _misspelt)),
    ("unknown sample", MAIL, _swap(r"(?<=^sample: )\S+", _misspelt)),
    (
        "forbidden or crossing",
        MAIL,
        _ends_with(
            "{% if customer.first_name %}{% for x in [1] %}{% endif %}{% endfor %}",
            "{% include 'x' %}",
            "{{ customer.__class__ }}",
            "{% endif %}",
            "{% elif customer.first_name %}",
            "{% set x = 1 %}",
            "{{ customer.first_name.upper() }}",
            "{{ 1 / 0 }}",
            "{{ nobody }}",
            "{{ customer.first_name | nothing }}",
            "{{ ( }}",
            "::: nothing\n:::",
        ),
    ),
    ("unclosed tag", r"templates/(parts|layouts)/.*\.mjml", _swap(r"</(mj-[a-z]+|mjml)>", "")),
    ("unknown tag", r"templates/(parts|layouts)/.*\.mjml", _swap(r"(?<=<)mj-(text|table|section|column)\b", _misspelt)),
    ("unknown name in a part", r"templates/parts/.*\.mjml", _swap(r"\bbrand\.light\.[a-z_]+", _misspelt)),
    ("no end in a part", r"templates/(parts|layouts)/.*\.mjml", _swap(r"\{% end(if|for) %\}", "")),
    ("no such colour", r"templates/brand\.yaml", _swap(r'"#[0-9a-f]{6}"', '"#12345"')),
    ("unknown key of the brand", r"templates/brand\.yaml", _swap(r"^(company|url|address|currency)(?=:)", _misspelt)),
    ("no company", r"templates/brand\.yaml", _without("company")),
    ("unknown name in words", r"templates/words/.*\.yaml", _swap(r"\bbrand\.[a-z_]+", _misspelt)),
)  # fmt: skip
SPOILERS = tuple(Spoiler(name=name, fits=fits, spoil=spoil) for name, fits, spoil in _ROWS)


@dataclass(frozen=True, kw_only=True)
class Spoilt:
    """A workspace with one broken file, and what broke it."""

    why: str
    path: str
    files: Mapping[str, str]


def spoilt(seed: int) -> Spoilt:
    """Return the workspace of a seed: one file of the starter pack, or of the good rules, is broken in one place."""
    chance = Random(seed)  # noqa: S311 (faults, not secrets)
    while True:
        spoiler = SPOILERS[seed % len(SPOILERS)]
        base = chance.choice((SHIPPED, GOOD)) if spoiler.fits.startswith("rules") else SHIPPED
        fitting = [path for path in base if re.fullmatch(spoiler.fits, path)]
        path = chance.choice(fitting)
        text = spoiler.spoil(base[path], chance)
        if text is not None and text != base[path]:
            return Spoilt(why=spoiler.name, path=path, files={**base, path: text})
