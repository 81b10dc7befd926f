"""A plan's sentences: who, when, how many."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from engine.app.planning import Fate, Plan, RulePlan, Totals
from engine.cli import output
from engine.intake.recasting import Recast
from engine.rules.language.durations import english_duration
from engine.simulate.forecast import Mail

MINUTE = timedelta(minutes=1)


def base_line(found: Plan) -> str:
    """Return what the files are compared with."""
    if found.base is None:
        return "nothing: no release is live yet"
    release = found.base.release
    if found.base.kind == "live" and release:
        return f"live release {release.id}"
    return f"{found.base.kind} {found.base.name}"


def span_words(found: Plan) -> str:
    """Return how long the compared time is, such as `7 days`."""
    return english_duration((found.until - found.start + MINUTE / 2) // MINUTE * MINUTE)


def rule_lines(rule: RulePlan, zone: str, limit: int) -> list[tuple[str, str]]:
    """Return what happens to a rule's readers and messages, a mark and a sentence each."""
    lines = []
    if rule.starts:
        more = "" if rule.difference.kind == "new" else "more "
        lines.append(("+", f"{_people(rule.starts, more)}, first on {_first(rule.starts, zone, limit)}"))
    if rule.stops:
        lines.append(("-", f"{_people(rule.stops, 'fewer ')}, first on {_first(rule.stops, zone, limit)}"))
    if rule.moved:
        lines.append(("~", _moved(rule, zone, limit)))
    if rule.reworded:
        lines.append(("~", f"{output.plural(len(rule.reworded), 'mail')} reworded: {_names(rule.reworded, limit)}"))
    if rule.restyled:
        looks = f"{output.plural(len(rule.restyled), 'mail')} with the same words, looking otherwise"
        lines.append(("~", f"{looks}: {_names(rule.restyled, limit)}"))
    lines += [(" ", sentence) for sentence in (*map(_waiting, rule.waiting), *_aside(rule, zone))]
    return lines


def _names(mails: Sequence[Mail], limit: int) -> str:
    people = {mail.customer_id: mail.name for mail in mails}
    return output.names(people.values(), limit or None)


def _people(mails: Sequence[Mail], more: str) -> str:
    people = len({mail.customer_id for mail in mails})
    counted = output.plural(people, f"{more}person", f"{more}people")
    return counted if people == len(mails) else f"{counted} ({output.plural(len(mails), 'mail')})"


def _first(mails: Sequence[Mail], zone: str, limit: int) -> str:
    return f"{output.day_time(mails[0].at, zone)}: {_names(mails, limit)}"


def _moved(rule: RulePlan, zone: str, limit: int) -> str:
    first = rule.moved[0]
    times = f"{output.day_time(first.before.at, zone)} → {output.day_time(first.after.at, zone)}"
    who = _names([pair.after for pair in rule.moved], limit)
    return f"{output.plural(len(rule.moved), 'mail')} at another time: {who}; the first {times}"


FATES = {"stays": "unchanged", "rewritten": "written anew"}
"""How a fate is said of any number of messages; others are said by their own word."""


def _waiting(fate: Fate) -> str:
    why = f" ({fate.reason})" if fate.reason else ""
    return f"{output.plural(fate.count, 'waiting message')}: {FATES.get(fate.fate, fate.fate)}{why}"


def _aside(rule: RulePlan, zone: str) -> list[str]:
    lines = []
    if rule.opened:
        lines.append(f"{output.plural(rule.opened, 'open moment')}: judged by the new version from now on")
    if rule.left_alone:
        past = rule.left_alone
        moments, since = output.plural(past.moments, "moment"), output.when(past.oldest_due, zone)
        lines.append(f"{moments} since {since} left alone; `backfill: {past.backfill}` in a new rule reaches so far")
    if rule.held:
        most = f"{rule.held.count:,} at once, more than {rule.held.limit:,}"
        lines.append(f"held as a whole ({most}) until `lifecycle approve {rule.difference.rule}`")
    return lines


def total_line(found: Plan) -> str:
    """Return the whole plan in one line."""
    if not found.changes:
        return "Plan: nothing would change."
    totals = found.totals
    rules = [f"{count} to {verb}" if verb != "add" else f"{count} new" for count, verb in _rules(totals) if count]
    parts = [*([_counted(rules)] if rules else []), *_mails(totals, span_words(found))]
    return f"Plan: {'; '.join(parts)}."


def _rules(totals: Totals) -> tuple[tuple[int, str], ...]:
    return (totals.changed, "change"), (totals.new, "add"), (totals.removed, "remove")


def _counted(rules: Sequence[str]) -> str:
    first, *rest = rules
    count, _, words = first.partition(" ")
    noun = "rule" if count == "1" else "rules"
    return ", ".join([f"{count} new {noun}" if words == "new" else f"{count} {noun} {words}", *rest])


def _mails(totals: Totals, span: str) -> list[str]:
    people = [f"{totals.more:,} more {'person' if totals.more == 1 else 'people'}"] if totals.more else []
    people += [f"{totals.fewer:,} fewer"] if totals.fewer else []
    parts = [f"{', '.join(people)} in {span}"] if people else []
    parts += [f"{output.plural(totals.moved, 'mail')} at another time"] if totals.moved else []
    parts += [f"{output.plural(totals.reworded, 'mail')} reworded"] if totals.reworded else []
    parts += [f"{output.plural(totals.restyled, 'mail')} restyled"] if totals.restyled else []
    parts = parts or [f"nobody gets another mail in {span}"]
    parts += [f"{output.plural(totals.cancelled, 'waiting message')} cancelled"] if totals.cancelled else []
    return parts + ([f"{output.plural(totals.held, 'rule')} held"] if totals.held else [])


def recast_sentence(recast: Recast, done: str) -> str:
    """Return in one sentence what becomes, or became, of the stored values of a trait."""
    read = f"{recast.path} is a {recast.type} now: {output.plural(recast.values, 'stored value')} {done} read as such"
    if not recast.unreadable:
        return read
    more = ", …" if recast.unreadable > len(recast.whose) else ""
    whose = f"{', '.join(recast.whose)}{more}"
    return f"{read}; {recast.unreadable:,} cannot be: they count as missing and keep their text ({whose})"
