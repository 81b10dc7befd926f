"""A plan as a program reads it; docs/plan.md lists every key."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from engine.app.planning import Plan, Rewording, RulePlan, Specimen
from engine.cli.plan_words import total_line


def as_data(found: Plan) -> dict[str, Any]:
    """Return a plan for programs; instants are ISO 8601 in UTC."""
    release = found.source.release
    return {
        "changes": found.changes,
        "against": {
            "kind": _kind(found),
            "name": found.base.name if found.base else "",
            "release": release.id if release and found.base and found.base.kind == "live" else None,
        },
        "start": found.start,
        "until": found.until,
        "time_zone": found.time_zone,
        "files": list(found.files),
        "recasts": [asdict(recast) for recast in found.recasts],
        "rules": [_rule(rule) for rule in found.rules],
        "totals": asdict(found.totals),
        "summary": total_line(found),
    }


def _kind(found: Plan) -> str:
    if found.base is None:
        return "nothing"
    return "release" if found.base.kind == "live" else found.base.kind


def _rule(rule: RulePlan) -> dict[str, Any]:
    return {
        **asdict(rule.difference),
        "because": list(rule.because),
        "starts": [asdict(mail) for mail in rule.starts],
        "stops": [asdict(mail) for mail in rule.stops],
        "moved": [asdict(pair) for pair in rule.moved],
        "reworded": [asdict(mail) for mail in rule.reworded],
        "restyled": [asdict(mail) for mail in rule.restyled],
        "first": _specimen(rule.first) if rule.first else None,
        "rewording": _rewording(rule.rewording) if rule.rewording else None,
        "open": rule.opened,
        "waiting": [asdict(fate) for fate in rule.waiting],
        "left_alone": asdict(rule.left_alone) if rule.left_alone else None,
        "held": asdict(rule.held) if rule.held else None,
    }


def _specimen(shown: Specimen) -> dict[str, Any]:
    return {
        "template": shown.template,
        "send_id": shown.mail.send_id if shown.mail else None,
        "name": shown.mail.name if shown.mail else None,
        "at": shown.mail.at if shown.mail else None,
        "letter": asdict(shown.letter),
    }


def _rewording(rewording: Rewording) -> dict[str, Any]:
    return {**_specimen(rewording.shown), "before": asdict(rewording.before), "diff": list(rewording.diff)}
