"""Writes the pages of docs/ that are made from the program: `make docs`; a test compares them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer.main

from engine.cli.main import PREFIX, build
from engine.settings import PREFIX as SETTINGS_PREFIX
from engine.settings import Settings
from engine.workspace.codes import WORKSPACE_CODES
from engine.workspace.example import ELSEWHERE, written
from engine.yaml_text import YAML_CODES

FOLDER = Path(__file__).parent
MADE = "<!-- Made by `make docs` from the program; change the program instead. -->\n"


def pages() -> dict[str, str]:
    """Return the text of each generated page by its name."""
    return {
        "commands.md": commands(),
        "settings.md": settings(),
        "problems.md": problems(),
        "rules.md": rules(),
        "tests.md": tests(),
        "emails.md": emails(),
        "import.md": imports(),
        "consent.md": consent(),
    }


def commands() -> str:
    """Return the page of every command with its arguments and options."""
    root = typer.main.get_command(build())
    start = f"""# Commands

{MADE}
`lifecycle` works on a workspace: the folder given with `--workspace`, else the current folder or the nearest above it
that holds `lifecycle.yaml`. Data goes to standard output, talk to standard error; piped, nothing is coloured or cut.
Every option is also an environment variable. `--debug` shows tracebacks.

Exit codes: 0 done, 1 something is wrong (one sentence says what), 2 called wrongly, 3 done with reservations (`check`:
lint only; `import`: rows rejected), 70 a fault of the program, 130 stopped by Ctrl-C. `plan` says with 2 that something
would change, and with 1 that it was called wrongly, so that CI can tell the two apart.
"""
    return "\n".join([start, *_command(root, "lifecycle", PREFIX)])


def _command(command: Any, path: str, prefix: str) -> Iterator[str]:  # noqa: ANN401 (typer keeps its classes private)
    below = getattr(command, "commands", {})
    if not below:
        yield f"## {path}\n\n{command.help.strip()}\n"
        yield from _parameters(command, path, prefix)
    for name, each in below.items():
        yield from _command(each, f"{path} {name}", f"{prefix}_{name}".upper().replace("-", "_"))


def _parameters(command: Any, path: str, prefix: str) -> Iterator[str]:  # noqa: ANN401 (as above)
    arguments = [each for each in command.params if each.param_type_name == "argument"]
    options = [each for each in command.params if each.param_type_name == "option" and each.name not in SHARED]
    names = " ".join(_argument(each) for each in arguments)
    yield (
        f"```text\n{path} {names}{' ' if names and options else ''}{'[OPTIONS]' if options else ''}".rstrip()
        + "\n```\n"
    )
    if arguments or options:
        yield "| | | variable |\n|---|---|---|"
        yield from (f"| `{_argument(each)}` | {_about(each)} | |" for each in arguments)
        yield from (f"| `{_option(each)}` | {_about(each)} | `{_variable(each, prefix)}` |" for each in options)
        yield ""


SHARED = frozenset({"workspace", "debug", "help"})
"""Options that every command has; the head of the page explains them."""


def _argument(each: Any) -> str:  # noqa: ANN401 (as above)
    name = (each.metavar or each.name).upper()
    return str(name) if each.required else f"[{name}]"


def _option(each: Any) -> str:  # noqa: ANN401 (as above)
    flag = each.is_flag
    return str(max(each.opts, key=len)) + ("" if flag else f" {(each.metavar or each.name).upper()}")


def _about(each: Any) -> str:  # noqa: ANN401 (as above)
    return str(each.help or "").replace("|", "\\|")


def _variable(each: Any, prefix: str) -> str:  # noqa: ANN401 (as above)
    return str(each.envvar or f"{prefix}_{each.name}".upper())


def settings() -> str:
    """Return the page of every setting."""
    start = f"""# Settings

{MADE}
A setting is taken from the first of these that has it: the environment (`{SETTINGS_PREFIX}TIME_ZONE`), `.env` in the
workspace, secret files (`lifecycle_<setting>` in `secrets_folder`, as Docker and Kubernetes mount them),
`lifecycle.yaml`. What is not known is refused, with the place of the mistake. Lists are written `a, b` in variables;
durations `90 seconds`, `5 minutes`, `1h 30m`. Relative paths start at the workspace.

| setting | variable | default | |
|---|---|---|---|"""
    rows = [
        f"| `{name}` | `{SETTINGS_PREFIX}{name.upper()}` | {_default(each.default)} | {each.description}{_note(name)} |"
        for name, each in Settings.model_fields.items()
    ]
    return "\n".join([start, *rows]) + "\n"


def _default(value: object) -> str:
    text = written(value)
    return "" if text in {"", '""', "[]"} else f"`{text}`"


def _note(name: str) -> str:
    return (
        " (not in `lifecycle.yaml`, which is committed)" if name in ELSEWHERE - {"workspace", "secrets_folder"} else ""
    )


def problems() -> str:
    """Return the page of every problem code with what to do."""
    from engine.rendering.codes import CODES
    from engine.rules.codes import RULE_CODES
    from engine.rules.scenarios.codes import SCENARIO_CODES

    codes = sorted((WORKSPACE_CODES | YAML_CODES | RULE_CODES | SCENARIO_CODES | CODES).items())
    start = f"""# Problems

{MADE}
`lifecycle check` prints each mistake as `path:line:col: CODE message; hint`. S, F: settings and files; E: rules, from
E601 on their tests; T: emails. What breaks nothing but is hardly meant is [lint](#lint): with lint alone `check` exits
3.

| code | | what to do |
|---|---|---|"""
    errors = [f"| {code} | {_plain(row.sentence)} | {_plain(row.advice)} |" for code, row in codes if not row.example]
    lint = """
## Lint

Nothing is refused for it; what it says may well be meant. What the database has seen is compared where it can be asked.

| code | | what to do | for example |
|---|---|---|---|"""
    lints = [
        f"| {code} | {_plain(row.sentence)} | {_plain(row.advice)} | {_plain(row.example)} |"
        for code, row in codes
        if row.example
    ]
    return "\n".join([start, *errors, lint, *lints]) + "\n"


def rules() -> str:
    """Return the page of the rule language: written by hand, its tables made from the loader's."""
    from engine.rules.reference import fill

    return fill((FOLDER / "rules.md").read_text(encoding="utf-8"))


def tests() -> str:
    """Return the page about tests of rules: written by hand, its tables made from the forms they are read by."""
    from engine.rules.scenarios.reference import fill

    return fill((FOLDER / "tests.md").read_text(encoding="utf-8"))


def emails() -> str:
    """Return the page about emails: written by hand, its tables made from those of compiler and check."""
    from engine.rendering.reference import fill

    return fill((FOLDER / "emails.md").read_text(encoding="utf-8"))


def imports() -> str:
    """Return the page about importing: written by hand, its tables made from those of intake."""
    from engine.intake.reference import fill

    return fill((FOLDER / "import.md").read_text(encoding="utf-8"))


def consent() -> str:
    """Return the page about consent: written by hand, its table made from the words of the pages for recipients."""
    from engine.web.serve.reference import fill

    return fill((FOLDER / "consent.md").read_text(encoding="utf-8"))


def _plain(text: str) -> str:
    return text.replace("{{", "{").replace("}}", "}").replace("|", "\\|")


if __name__ == "__main__":
    for page, text in pages().items():
        (FOLDER / page).write_text(text, encoding="utf-8")
