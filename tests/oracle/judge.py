"""The oracle: every rule judged for everybody, one by one, straight from the definitions.

It shares nothing with the engine but the parsed rule. It is slow and plain on purpose.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from oracle.almanac import anniversaries, strikes, utc_day
from oracle.conditions import holds, property_holds
from oracle.ledger import LONG_AGO, OVERLAP, Episode, Moment, Row, Standing, code, micros
from oracle.timetable import slots
from oracle.verdicts import verdicts
from oracle.world import DAY, Owner, World

from engine.facts import FactType
from engine.rules.model import (
    BackTrigger,
    BecomesTrigger,
    DateTrigger,
    EventTrigger,
    EveryTrigger,
    OnTrigger,
    Rule,
    ScheduleTrigger,
    SilentTrigger,
)


@dataclass
class Oracle:
    """Judges a world."""

    world: World
    zone: str
    start: int
    rules: dict[str, Standing] = field(default_factory=dict)
    latest: int = LONG_AGO

    def tick(self, now: int) -> None:
        """Judge every rule up to now."""
        self.latest = max(self.latest, now)
        for standing in self.rules.values():
            if standing.watermark - OVERLAP <= now < standing.watermark:
                continue
            start = min(standing.watermark, now)
            self._judge(standing, start, now)
            standing.watermark = now

    def _judge(self, standing: Standing, start: int, now: int) -> None:
        rule = standing.rule
        open_for = max(micros(rule.open_for), OVERLAP)
        late = max(micros(rule.too_late_after), open_for)
        found: list[tuple[Moment, int, str]] = []
        self._let_in_and_out(standing, now)
        for subject in [(rule.subject, id_) for id_ in self.world.ids(rule.subject)]:
            mine = []
            for moment in self.moments(rule, subject):
                shifted = moment.due < moment.arrived <= moment.due + late
                at = moment.arrived if shifted else moment.due
                low = max(start - open_for, standing.activated[moment.code])
                if standing.backfill is not None:
                    length = standing.backfill[0]
                    low = LONG_AGO if length is None else standing.activated[moment.code] - length
                if standing.backfill == (None,) and not self._stands_for_the_past(standing, moment, now):
                    continue
                in_time = low < at <= now and (moment.closes is None or at < moment.closes)
                if in_time and self._theirs(rule, moment):
                    mine.append((moment, at))
            mine = [(moment, at) for moment, at in mine if self._free(standing, moment, now)]
            found += verdicts(standing, mine, now, late)
        standing.backfill = None
        for moment, at, state in found:
            standing.rows[moment.subject, moment.key] = Row(moment=moment, state=state, at=at)

    def _let_in_and_out(self, standing: Standing, now: int) -> None:
        rule, anew, standing.anew = standing.rule, standing.anew, False
        for subject in [(rule.subject, id_) for id_ in self.world.ids(rule.subject)]:
            if isinstance(rule.trigger, BecomesTrigger):
                self._let(standing, subject, now, anew=anew, inside=self.member(rule.trigger, subject, now))

    def member(self, trigger: BecomesTrigger, subject: Owner, now: int) -> bool:
        """Return whether a subject is what the trigger describes."""
        return holds(trigger.conditions, self.world, subject, None, now, self.zone)

    @staticmethod
    def _let(standing: Standing, subject: Owner, now: int, *, anew: bool, inside: bool) -> None:
        stays = standing.stays[subject]
        last = stays[-1] if stays and stays[-1].lasts else None
        if last is not None:
            last.lasts = inside
            last.entered = None if anew else last.entered
        elif inside:
            first = standing.live if standing.backfill is not None else None
            stays.append(Episode(number=len(stays) + 1, entered=first if anew else now))

    def _episodes(self, rule: Rule, subject: Owner, shared: dict[str, Any]) -> Iterator[Moment]:
        for stay in self.rules[rule.name].stays[subject]:
            if stay.lasts and stay.entered is not None:
                due, entered = stay.entered + shared["offset"], stay.entered
                yield Moment(**shared, fact=str(stay.number), due=due, arrived=entered, began=entered, anchor=entered)

    def _stands_for_the_past(self, standing: Standing, moment: Moment, now: int) -> bool:
        """Return whether a slot is the last one of a past without a beginning, or came since; all other facts are."""
        rule = standing.rule
        if not isinstance(rule.trigger, ScheduleTrigger) or moment.due > standing.live:
            return True
        found = slots(rule.trigger.cron, rule.trigger.zone, self.start)
        until = min(standing.live, now)
        last = {max(at for at in found if at + micros(send.offset) <= until) for send in rule.sends}
        return moment.anchor in last

    def _free(self, standing: Standing, moment: Moment, now: int) -> bool:
        rows = standing.of(moment.subject)
        counts = {moment.offset, *standing.stands_for.get(moment.code, ())}
        if any(row.moment.fact == moment.fact and row.moment.offset in counts for row in rows):
            return False
        if any(self._guards(standing.rule, row.moment, moment) for row in rows):
            return False
        return holds(standing.rule.conditions, self.world, moment.subject, moment, now, self.zone)

    @staticmethod
    def _guards(rule: Rule, old: Moment, new: Moment) -> bool:
        if old.fact == new.fact or old.offset < new.offset or old.began is None or new.began is None:
            return False
        if isinstance(rule.trigger, SilentTrigger):
            return old.due > new.began
        return isinstance(rule.trigger, BackTrigger) and old.ended is not None and old.ended > new.began

    def moments(self, rule: Rule, subject: Owner) -> Iterator[Moment]:
        """Yield all moments of a subject there are."""
        trigger = rule.trigger
        for send in rule.sends:
            offset = micros(send.offset)
            shared: dict[str, Any] = {"subject": subject, "offset": offset, "code": code(send.offset)}
            if isinstance(trigger, EventTrigger):
                yield from self._events(trigger, subject, shared)
            elif isinstance(trigger, SilentTrigger):
                yield from self._silence(trigger, subject, shared)
            elif isinstance(trigger, BackTrigger):
                yield from self._returns(trigger, subject, shared)
            elif isinstance(trigger, BecomesTrigger):
                yield from self._episodes(rule, subject, shared)
            elif isinstance(trigger, ScheduleTrigger):
                yield from self._slots(trigger, shared)
            elif isinstance(trigger, OnTrigger) and isinstance(trigger.when, datetime):
                yield from self._once(trigger.when, shared)
            elif isinstance(trigger, DateTrigger) and trigger.fact.type is FactType.TIME:
                yield from self._instant(trigger, subject, shared)
            else:
                yield from self._days(rule, subject, shared)

    def _theirs(self, rule: Rule, moment: Moment) -> bool:
        """Return whether a moment that is everybody's was not over before somebody was heard of."""
        return not rule.for_everybody or self.world.created[moment.subject] <= moment.due + micros(rule.open_for)

    def _events(self, trigger: EventTrigger, subject: Owner, shared: dict[str, Any]) -> Iterator[Moment]:
        events = [
            one
            for one in self.world.events[subject[1]]
            if one.name == trigger.event and all(property_holds(test, one.keys) for test in trigger.where)
        ]
        if not trigger.first:
            for one in events:
                due = one.at + shared["offset"]
                yield Moment(**shared, fact=one.id, due=due, arrived=one.stamp, anchor=one.at, event_id=one.id)
        elif events:
            one = min(events, key=lambda event: (event.at, event.id))
            stamps = [event.stamp for event in events if event.at == one.at]
            arrived = one.stamp if trigger.where else min(stamps)
            due = one.at + shared["offset"]
            yield Moment(**shared, fact="first", due=due, arrived=arrived, anchor=one.at, event_id=one.id)

    def _silence(self, trigger: SilentTrigger, subject: Owner, shared: dict[str, Any]) -> Iterator[Moment]:
        start, arrived = self.world.last_seen(subject[1], trigger.event)
        if start is None and trigger.or_since is not None:
            start = self.world.fact(subject, trigger.or_since)
            owner = self.world.owner(subject, trigger.or_since.subject)
            arrived = self.world.learned(owner, trigger.or_since.name) if owner else LONG_AGO
            if trigger.or_since.subject == "account":
                arrived = max(arrived, self.world.learned(subject, "account_id"))
            if isinstance(start, date):
                start = (start.toordinal() - date(1970, 1, 1).toordinal()) * DAY
        if start is not None:
            due = start + shared["offset"]
            yield Moment(**shared, fact=str(start), due=due, arrived=arrived, began=start, anchor=start)

    def _returns(self, trigger: BackTrigger, subject: Owner, shared: dict[str, Any]) -> Iterator[Moment]:
        for gap in self.world.gaps(subject[1]):
            if gap.end - gap.start >= micros(trigger.after):
                ended_by = min(one.id for one in self.world.events[subject[1]] if one.at == gap.end)
                yield Moment(
                    **shared,
                    fact=str(gap.end),
                    due=gap.end + shared["offset"],
                    arrived=gap.stamp,
                    began=gap.start,
                    ended=gap.end,
                    anchor=gap.end,
                    event_id=ended_by,
                )

    def _instant(self, trigger: DateTrigger, subject: Owner, shared: dict[str, Any]) -> Iterator[Moment]:
        value = self.world.fact(subject, trigger.fact)
        if value is not None:
            closes = value if shared["offset"] < 0 else None
            arrived = self._arrived(subject, trigger.fact)
            due = value + shared["offset"]
            yield Moment(**shared, fact=str(value), due=due, arrived=arrived, closes=closes, anchor=value)

    def _slots(self, trigger: ScheduleTrigger, shared: dict[str, Any]) -> Iterator[Moment]:
        """Yield the slots that somebody may have a moment of by now."""
        found, offset = slots(trigger.cron, trigger.zone, self.start), shared["offset"]
        first, last = bisect_left(found, self.start - DAY - offset), bisect_right(found, self.latest - offset)
        for at in found[first:last]:
            yield Moment(**shared, fact=str(at), due=at + shared["offset"], arrived=LONG_AGO, anchor=at)

    @staticmethod
    def _once(when: datetime, shared: dict[str, Any]) -> Iterator[Moment]:
        at = round(when.timestamp() * 1_000_000)
        closes = at if shared["offset"] < 0 else None
        due = at + shared["offset"]
        yield Moment(**shared, fact=str(at), due=due, arrived=LONG_AGO, closes=closes, anchor=at)

    def _arrived(self, subject: Owner, fact: Any) -> int:  # noqa: ANN401 (a Fact)
        if fact.column == "last_seen_at":
            return self.world.last_seen(subject[1])[1]
        owner = self.world.owner(subject, fact.subject)
        assert owner is not None
        linked = self.world.learned(subject, "account_id") if owner != subject else LONG_AGO
        return max(self.world.learned(owner, fact.name), linked)

    def _days(self, rule: Rule, subject: Owner, shared: dict[str, Any]) -> Iterator[Moment]:
        everybody = isinstance(rule.trigger, OnTrigger)
        value = rule.trigger.when if isinstance(rule.trigger, OnTrigger) else self.world.fact(subject, rule.date_fact)
        if value is None:
            return
        day = value if isinstance(value, date) else datetime.fromtimestamp(value / 1e6, UTC).date()
        days: list[tuple[str, date, int | None]] = [(day.isoformat(), day, None)]
        if isinstance(rule.trigger, EveryTrigger):
            days = [(name, on, utc_day(on)) for name, on in anniversaries(rule.trigger.period, day)]
        zone, zone_learned = self._zone(subject)
        arrived = zone_learned if everybody else max(self._arrived(subject, rule.date_fact), zone_learned)
        size = timedelta(microseconds=abs(shared["offset"])).days * (-1 if shared["offset"] < 0 else 1)
        rest = shared["offset"] - size * DAY
        for name, on, began in days:
            due = strikes(zone, on + timedelta(days=size), rule.at or time(9)) + rest
            midnight = strikes(zone, on, time())
            closes = midnight if shared["offset"] < 0 else None
            if everybody and self.world.created[subject] > due:
                arrived = LONG_AGO
            yield Moment(**shared, fact=name, due=due, arrived=arrived, closes=closes, began=began, anchor=midnight)

    def _zone(self, subject: Owner) -> tuple[str, int]:
        """Return the zone that counts for a subject, and when we learned that it does."""
        own = self.world.value(subject, "time_zone")
        learned = self.world.learned(subject, "time_zone")
        if subject[0] == "account" or own is not None:
            return own or self.zone, learned
        learned = max(learned, self.world.learned(subject, "account_id"))
        account = self.world.account_of(subject[1])
        if account is None:
            return self.zone, learned
        learned = max(learned, self.world.learned(("account", account), "time_zone"))
        return self.world.value(("account", account), "time_zone") or self.zone, learned
