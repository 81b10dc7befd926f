"""A plan as a person reads it."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import wrap

from engine.app.planning import Plan, Rewording, RulePlan, Specimen
from engine.app.release import Done
from engine.cli import output
from engine.cli.plan_words import base_line, recast_sentence, rule_lines, span_words, total_line
from engine.intake.recasting import Recast

MARKS = {"new": ("+", "green"), "changed": ("~", "yellow"), "removed": ("-", "red"), "same": ("~", "yellow")}
STYLES = {"+": "green", "-": "red", "~": "yellow"}
FRAME, HANGING = "    │ ", "      "
LISTED, EXCERPT = 4, 6
"""How many files are named, and how many lines of a mail shown."""


def show(found: Plan, *, limit: int) -> None:
    """Print what applying the files would change, rule by rule, and all of it in one line."""
    span = f"{span_words(found)} from {output.day_time(found.start, found.time_zone)} ({found.time_zone})"
    output.pairs({"against": base_line(found), "differs": _files(found), "looked at": f"{span}, by what is known now"})
    for rule in found.rules:
        _rule(rule, found.time_zone, limit)
    _recasts(found.recasts)
    output.heading(total_line(found))
    if found.changes and (found.base is None or found.base.kind == "live"):
        output.note("Nothing is changed yet; `lifecycle apply` makes the files live.")


def _files(found: Plan) -> str:
    more = f" and {len(found.files) - LISTED} more" if len(found.files) > LISTED else ""
    return ", ".join(found.files[:LISTED]) + more if found.files else "in nothing"


def _rule(rule: RulePlan, zone: str, limit: int) -> None:
    mark, style = MARKS[rule.difference.kind]
    was = f" (was {rule.difference.was})" if rule.difference.was else ""
    output.heading(f"{mark} {rule.difference.rule}{was}", style=f"bold {style}")
    for line in [*rule.difference.what, *_made_from(rule)]:
        output.line(f"    {line}")
    lines = rule_lines(rule, zone, limit)
    for sign, sentence in lines or [(" ", "nobody is due in this time, before or after")]:
        _marked(sign, sentence)
    if rule.first:
        _mail(rule.first, zone)
    if rule.rewording:
        _difference(rule.rewording, zone)


def _made_from(rule: RulePlan) -> list[str]:
    """Return what the rule's mails are made from and that differs, where it was not said before."""
    paths = [each for each in rule.because if not any(what.startswith(each) for what in rule.difference.what)]
    more = f" and {len(paths) - LISTED} more" if len(paths) > LISTED else ""
    return [f"made from: {', '.join(paths[:LISTED])}{more}"] if paths else []


def _marked(sign: str, sentence: str) -> None:
    style = STYLES.get(sign)
    for number, line in enumerate(_folded(sentence)):
        start = f"  {sign} " if number == 0 else HANGING
        output.line(output.styled(f"{start}{line}", style) if style else f"{start}{line}")


def _mail(shown: Specimen, zone: str) -> None:
    """Print the beginning of a mail as its reader gets it."""
    output.out().print()
    output.line(output.styled(f"    {_whose(shown, zone)}", "dim"))
    _framed(shown.letter.subject, "bold")
    lines = [line for line in shown.letter.text.splitlines() if line.strip()]
    for line in lines[:EXCERPT]:
        _framed(line, "")
    if len(lines) > EXCERPT:
        _framed("…", "dim")


def _difference(rewording: Rewording, zone: str) -> None:
    """Print the difference that a change makes to one mail."""
    if not rewording.diff:
        return
    output.out().print()
    output.line(output.styled(f"    {_whose(rewording.shown, zone)}, before and after", "dim"))
    for line in rewording.diff:
        if not line.startswith("@@"):
            _framed(line, STYLES.get(line[:1], ""))


def _recasts(recasts: Sequence[Recast]) -> None:
    if recasts:
        output.heading("Facts whose type changes")
        for recast in recasts:
            _marked("~", recast_sentence(recast, "will be"))


def _framed(text: str, style: str) -> None:
    """Print a line of a mail beside a rule."""
    for line in _folded(text):
        output.line(output.styled(f"{FRAME}{line}", style) if style else f"{FRAME}{line}")


def _folded(text: str) -> list[str]:
    """Return a line, folded between words where it is for a terminal."""
    if not output.out().is_terminal:
        return [text]
    width = output.out().width - len(HANGING)
    return wrap(text, width, break_long_words=False, break_on_hyphens=False) or [""]


def _whose(shown: Specimen, zone: str) -> str:
    if shown.mail is None:
        return f"{shown.template} to its sample reader"
    return f"{shown.template} to {shown.mail.name}, {output.day_time(shown.mail.at, zone)}"


def show_applied(done: Done) -> None:
    """Print what applying did."""
    for recast in done.recast:
        if recast.moved or recast.unreadable:
            (output.warn if recast.unreadable else output.note)(recast_sentence(recast, "were"))
    if done.applied is None:
        output.note(f"These files are release {done.older}; release {done.live} is live, so nothing was applied.")
    elif not done.applied.new:
        output.note(f"These very files are live already, as release {done.applied.release_id}.")
    else:
        before = f", after release {done.applied.before}" if done.applied.before else ""
        output.done(f"Release {done.applied.release_id} is live{before}.")
