"""Compares what was sent with what was expected: every mail must be named, and every named mail must be there."""

from __future__ import annotations

import html
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from engine.rules.model import Place, RuleSet
from engine.rules.scenarios.codes import SCENARIO_CODES
from engine.rules.scenarios.model import Expected, Never, Scenario
from engine.ruletests.doubt import in_doubt
from engine.ruletests.life import MINUTE, Lived
from engine.ruletests.report import Outcome, Verdict
from engine.ruletests.words import REST, mail_title, silence_title, when
from engine.simulate.forecast import SENT, Mail


def judge(scenario: Scenario, rules: RuleSet, lived: Lived) -> tuple[Verdict, ...]:
    """Return a verdict on each expectation, in the order of the file, and one on all that nobody expected."""
    return _Judge(scenario=scenario, rules=rules, lived=lived).verdicts()


@dataclass(frozen=True, kw_only=True)
class _Judge:
    scenario: Scenario
    rules: RuleSet
    lived: Lived
    _taken: dict[str, Expected | Never] = field(default_factory=dict)

    def verdicts(self) -> tuple[Verdict, ...]:
        """Return every verdict; exact matches choose their mails first, then those that are nearly right."""
        pairs = self._pairs()
        found = [self._of_mail(mail, pairs.get(index)) for index, mail in enumerate(self.scenario.expected)]
        found += [self._of_silence(never) for never in self.scenario.never]
        ordered = sorted(found, key=lambda verdict: (verdict.place.line, verdict.place.column))
        return (*ordered, self._of_the_rest())

    @property
    def _sent(self) -> list[Mail]:
        return [mail for mail in self.lived.mails if mail.status == SENT]

    def _pairs(self) -> Mapping[int, Mail]:
        """Return the mail of each expectation that has one: in its minute, with as little amiss as can be."""
        pairs: dict[int, Mail] = {}
        found = [
            (len(list(self._amiss(wanted, mail))), index, mail)
            for index, wanted in enumerate(self.scenario.expected)
            for mail in self._sent
            if wanted.to == mail.customer_id and wanted.at <= mail.at < wanted.at + MINUTE
        ]
        for _, index, mail in sorted(found, key=lambda row: row[:2]):
            if index not in pairs and mail.send_id not in self._taken:
                pairs[index] = mail
                self._taken[mail.send_id] = self.scenario.expected[index]
        return pairs

    def _amiss(self, wanted: Expected, mail: Mail) -> Iterator[str]:
        """Yield what differs between an expected mail and one that left."""
        content = self.lived.contents[mail.send_id]
        for name in ("rule", "template", "language", "subject"):
            said, is_ = getattr(wanted, name), getattr(mail, name)
            if said is not None and said != is_:
                yield f"its {name} is {_quoted(is_)}, not {_quoted(said)}"
        for name in ("text", "html"):
            for words in getattr(wanted, name):
                if not _holds(content[name], words):
                    yield f"its {'HTML' if name == 'html' else name} does not hold {_quoted(words)}"

    def _of_mail(self, wanted: Expected, mail: Mail | None) -> Verdict:
        title = mail_title(wanted, self.scenario.zone)
        if mail is not None:
            wrong = tuple(self._amiss(wanted, mail))
            outcome = Outcome.FAILED if wrong else Outcome.PASSED
            shown = (mail,) if wrong else ()
            return Verdict(title=title, place=wanted.place, outcome=outcome, wrong=wrong, instead=shown)
        return Verdict(
            title=title,
            place=wanted.place,
            outcome=Outcome.FAILED,
            wrong=(f"no mail left for {wanted.to} in that minute",),
            instead=self._instead(wanted),
            whys=self.lived.missing.get(wanted, ()),
        )

    def _instead(self, wanted: Expected) -> tuple[Mail, ...]:
        """Return what became of this customer's other mails, those of the wanted template alone where there are some.

        One that left at another time is taken for the wanted one, so that it is told once.
        """
        own = [mail for mail in self.lived.mails if mail.customer_id == wanted.to and mail.send_id not in self._taken]
        alike = [mail for mail in own if wanted.template in {None, mail.template}] or own
        nearest = min(
            (mail for mail in alike if mail.status == SENT), key=lambda mail: abs(mail.at - wanted.at), default=None
        )
        if nearest is not None:
            self._taken[nearest.send_id] = wanted
        return tuple(alike)

    def _of_silence(self, never: Never) -> Verdict:
        title = silence_title(never, self.scenario.zone)
        broken = [mail for mail in self._sent if self._breaks(never, mail)]
        if broken:
            self._taken.update({mail.send_id: never for mail in broken})
            return self._unwanted(title, never.place, broken, f"{never.who} got a mail")
        if stopped := tuple(self._stopped(never)):
            return Verdict(title=title, place=never.place, outcome=Outcome.FAILED, wrong=stopped)
        if in_doubt(never, self.scenario, self.rules.rules.values(), self.lived.occasions):
            return Verdict(title=title, place=never.place, outcome=Outcome.PASSED)
        problem = SCENARIO_CODES["E607"].at(never.place, why=self._no_doubt(never))
        return Verdict(title=title, place=never.place, outcome=Outcome.REFUSED, problem=problem)

    def _stopped(self, never: Never) -> Iterator[str]:
        """Yield of each rule that the silence is about why it did not run: that it was silent shows nothing."""
        for name, did in self.lived.stopped.items():
            if never.rule in {None, name}:
                yield f"the silence shows nothing: rule `{name}` did not run ({did})"

    def _no_doubt(self, never: Never) -> str:
        names = " and ".join(f"`{name}`" for name in self.scenario.rules if never.rule in {None, name})
        start, until = (when(at, self.scenario.zone) for at in (self.scenario.start, self.scenario.until))
        span = " in this span" if never.since or never.until else ""
        return f"nothing happens to {never.who}{span} that {names} waits for, from {start} to {until}"

    @staticmethod
    def _breaks(never: Never, mail: Mail) -> bool:
        named = never.rule in {None, mail.rule} and never.template in {None, mail.template}
        within = (never.since is None or mail.at >= never.since) and (never.until is None or mail.at <= never.until)
        return never.who == mail.customer_id and named and within

    def _of_the_rest(self) -> Verdict:
        rest = [mail for mail in self._sent if mail.send_id not in self._taken]
        title, place = REST, self.scenario.place
        if not rest:
            return Verdict(title=title, place=place, outcome=Outcome.PASSED)
        several = "1 mail" if len(rest) == 1 else f"{len(rest)} mails"
        return self._unwanted(title, place, rest, f"{several} left that no line of `expect` names")

    def _unwanted(self, title: str, place: Place, mails: Sequence[Mail], wrong: str) -> Verdict:
        whys = tuple(self.lived.unasked[mail.send_id] for mail in mails if mail.send_id in self.lived.unasked)
        return Verdict(
            title=title, place=place, outcome=Outcome.FAILED, wrong=(wrong,), instead=tuple(mails), whys=whys[:1]
        )


def _quoted(text: object) -> str:
    return f"“{text}”"


def _holds(body: str, words: str) -> bool:
    """Return whether a body holds some words, however its lines are broken and its signs are written."""
    wanted = " ".join(words.split())
    return any(wanted in " ".join(each.split()) for each in (body, html.unescape(body)))
