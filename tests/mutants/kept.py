"""Plausible faults of the compiler and the evaluator; every one of them must be noticed by the oracle."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Mutant:
    """One fault: in a file below the root of the project, `new` stands where `old` stood."""

    name: str
    path: str
    old: str
    new: str


_PLACES = {
    "arms": "engine/rules/sql/arms.py",
    "calendars": "engine/rules/sql/calendars.py",
    "dates": "engine/rules/sql/triggers_dates.py",
    "did": "engine/rules/sql/leaves_events.py",
    "events": "engine/rules/sql/triggers_events.py",
    "everybody": "engine/rules/sql/triggers_slots.py",
    "judgement": "engine/rules/sql/judgement.py",
    "leaves": "engine/rules/sql/leaves.py",
    "members": "engine/rules/sql/members.py",
    "membership": "engine/rules/sql/triggers_membership.py",
    "operators": "engine/rules/operators.py",
    "stage": "engine/evaluate/stage.py",
    "state": "engine/evaluate/state.py",
    "stored": "engine/rules/sql/stored.py",
    "turn": "engine/evaluate/turn.py",
    "windows": "engine/rules/sql/windows.py",
}
_FAULTS = (
    # arms: whom a tick looks at
    ("time leaves end before now", "arms", "column <= NOW - shift)", "column < NOW - shift)"),
    ("time leaves forget their offset", "arms", "column > SINCE - shift,", "column > SINCE,"),
    ("what was learned is seen only up to now", "arms", "    return column > SINCE\n", "    return column > NOW\n"),
    ("a customer with another account is not looked at", "arms", 'if self.subject == "customer":', "if False:"),
    (
        "facts of accounts change without a look at their customers",
        "arms",
        "customer.c.account_id.in_(ids))",
        "customer.c.account_id.in_(ids), sa.false())",
    ),
    (
        "who joins or leaves an account is not looked at",
        "arms",
        'if self.subject == "account":\n            self.others["account_member',
        'if False:\n            self.others["account_member',
    ),
    ("an event leaves a window unseen", "arms", "where(crossed(event.c.at, shift))", "where(crossed(event.c.at, 0))"),
    ("of any event only the first name is looked at", "arms", "return sa.select(seen.c.name).where(seen", "return sa.select(sa.func.min(seen.c.name)).where(seen"),
    ("an account's zone changes unseen", "arms", 'self.others["account  changed_at"] = self.lift', '_ = self.lift'),
    # conditions
    ("within last does not end", "leaves", '"within last": (0, 1)', '"within last": (0,)'),
    ("within next looks the other way", "leaves", '"within next": (0, -1)', '"within next": (0, 1)'),
    ("more than ago is never crossed", "leaves", '"more than ago": (1,)', '"more than ago": ()'),
    ("none of them means any of them", "leaves", 'else sa.not_(either)', 'else either'),
    ("a day leaves the next days a day late", "leaves", 'int(test.operator == "within next")', "0"),
    ("a missing fact is neither true nor false", "stored", "return sa.func.coalesce(tested(self.owner(where.owner).c[where.column]), sa.false())", "return tested(self.owner(where.owner).c[where.column])"),
    ("the workspace's zone wins over the account's", "stored", "for row in (self.customer, self.account) if row", "for row in (self.customer,) if row"),
    ("between leaves out its upper end", "operators", "c <= v[1]), \"is between", "c < v[1]), \"is between"),
    ("at most leaves out its bound", "operators", '("at most", NUMBERS, Takes.ONE, lambda c, v: c <= v[0]', '("at most", NUMBERS, Takes.ONE, lambda c, v: c < v[0]'),
    ("more than ago leaves out its bound", "operators", '("more than ago", DAYS, Takes.SPAN, lambda c, v: c <= v[0]', '("more than ago", DAYS, Takes.SPAN, lambda c, v: c < v[0]'),
    ("within last takes in its far end", "operators", "sa.and_(c > v[0], c <= v[1]), \"is within the last", "sa.and_(c >= v[0], c <= v[1]), \"is within the last"),
    # what somebody did
    ("a window takes in its far end", "did", "tests.append(row.c.at > NOW -", "tests.append(row.c.at >= NOW -"),
    ("at most k counts to k", "did", "test.at_most + 1", "test.at_most"),
    ("at least k counts one too many", "did", "str(times - 1)", "str(times)"),
    ("since trigger leaves out its instant", "did", "row.c.at >= moment.anchor", "row.c.at > moment.anchor"),
    ("the trigger counts itself", "did", ', row.c.id != sa.func.coalesce(moment.event_id, "")]', "]"),
    ("counts of nothing are unknown", "did", "total = sa.func.coalesce(_total(test, subjects), 0)", "total = _total(test, subjects)"),
    ("a property that is missing is neither true nor false", "did", "return sa.func.coalesce(operator.sql(column, [_operand(test, value) for value in test.operands]), sa.false())", "return operator.sql(column, [_operand(test, value) for value in test.operands])"),
    # triggers on events
    ("events of other customers", "events", "other.c.customer_id == row.c.customer_id, other.c.name == trigger.event, other.c.at", "other.c.name == trigger.event, other.c.at"),
    ("an absence of exactly the length is none", "events", "row.c.until_at - row.c.from_at >= sa.literal", "row.c.until_at - row.c.from_at > sa.literal"),
    ("the first event arrives with the last", "events", "arrived=row.c.first_changed_at", "arrived=row.c.last_changed_at"),
    ("what stands in for a silence is not looked at", "events", "        _since_arms(trigger.or_since, rule, arms)", "        pass"),
    ("a late event opens a silence unseen", "events", 'arms.others["customer  seen_changed_at"] = ', "_ = "),
    # triggers on dates
    ("a mail before a date never closes", "dates", "closes=sa.case((offset < 0, value), else_=NO_INSTANT)", "closes=sa.case((offset < -(2**62), value), else_=NO_INSTANT)"),
    ("a mail before a day never closes", "dates", "closes=sa.case((asking.rows.c.offset < 0, begins), else_=NO_INSTANT)", "closes=sa.case((asking.rows.c.offset < -(2**62), begins), else_=NO_INSTANT)"),
    ("the link to an account is no input of the due time", "dates", '        stamps.append(subjects.field_stamp("customer", "account_id"))\n', "        pass\n"),
    ("a borrowed zone is no input of the due time", "dates", "for stamp in linked),\n", "for stamp in linked[:0]),\n"),
    ("the day itself is an anniversary", "dates", 'after = fact > _part(value, "1", period)', 'after = fact >= _part(value, "1", period)'),
    ("the rest of an offset is left out", "dates", 'run.columns["shift"] + asking.rows.c.rest', 'run.columns["shift"]'),
    # calendars
    ("29 February has no anniversary in other years", "calendars", '["02-29"] if ends_month', '["02-29"] if not ends_month'),
    ("short months have no 31st", "calendars", "(31 if ends_month else day.day) + 1)", "day.day + 1)"),
    ("a time that comes twice strikes the second time", "calendars", "first = naive.replace(tzinfo=here).astimezone(UTC)", "first = naive.replace(tzinfo=here, fold=1).astimezone(UTC)"),
    ("a gap of the clock is jumped by its length", "calendars", "    return _end_of_gap(naive, here)", "    return to_micros(first)"),
    # times for everybody, and what somebody becomes
    ("somebody new is not asked", "everybody", 'where(changed(table.c.changed_at))', "where(sa.false())"),
    ("a stay goes on for ever", "membership", "row.c.left_at.is_(None))", "sa.true())"),
    ("whoever leaves stays in", "members", "where(sa.not_(inside))\n        return self._of(out)", "where(sa.and_(inside, sa.not_(inside)))\n        return self._of(out)"),
    ("other conditions keep old beginnings", "members", "values(entered_at=sa.null())", "values(entered_at=membership.c.entered_at)"),
    # the verdict
    ("late facts are judged at their due time", "judgement", "at = sa.case((late, row.c.arrived), else_=row.c.due)\n        moment", "at = row.c.due\n        moment"),
    ("what arrives exactly too late is not late", "judgement", "row.c.arrived <= row.c.due + LATE)", "row.c.arrived < row.c.due + LATE)"),
    ("a moment at the lower bound is judged again", "judgement", "inside = [at > row.c.after,", "inside = [at >= row.c.after,"),
    ("a moment due at this instant waits", "judgement", "at <= row.c.until]", "at < row.c.until]"),
    ("what is exactly too late is enrolled", "judgement", "row.c.at <= NOW - LATE - HELD", "row.c.at < NOW - LATE - HELD"),
    ("the guard does not look at the offset", "judgement", "past.c.offset >= row.c.offset, reaches, before)", "reaches, before)"),
    ("the guard looks at later offsets only", "judgement", "past.c.offset >= row.c.offset, reaches, before)", "past.c.offset > row.c.offset, reaches, before)"),
    ("a later offset decided before overtakes nothing", "judgement", "return probe(past, *same_fact, past.c.offset > row.c.offset)", "return probe(past, *same_fact, sa.false())"),
    ("closed moments are judged", "judgement", "sa.or_(moment.closes.is_(None), at < moment.closes)", "sa.true()"),
    ("a closed moment never expires", "judgement", "sa.and_(closes.is_not(None), closes <= NOW))", "sa.false())"),
    ("backfill writes twice to one subject", "judgement", "ranked.c.place > 1,", "ranked.c.place > 2,"),
    # windows and state
    ("replaced offsets count for nothing", "windows", "for old in (own, *replaced)]", "for old in (own,)]"),
    ("the activation is forgotten", "state", "max(still_open, state.activated[code])", "still_open"),
    ("a moment is open for no time", "state", "still_open = watermark - max(span(program.rule.open_for), OVERLAP)", "still_open = watermark - OVERLAP"),
    ("a clock that went back is not noticed", "state", "min(state.watermark, now))", "state.watermark)"),
    ("ticks do not overlap", "stage", "since=stand.watermark - state.OVERLAP", "since=stand.watermark"),
    ("a clock that went back makes no full pass", "stage", "(now < stand.watermark or stand.full_pass or", "(stand.full_pass or"),
    ("offsets of one fact do not know of each other", "turn", 'name = "enroll" if self._weighed(send) else "enroll last"', 'name = "enroll last"'),
)  # fmt: skip
MUTANTS = tuple(Mutant(name=name, path=_PLACES[place], old=old, new=new) for name, place, old, new in _FAULTS)
