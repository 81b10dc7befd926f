"""Mails of two versions of a rule put side by side: which are the same, which are new, and which are no more."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass

from engine.simulate.forecast import Mail


@dataclass(frozen=True, kw_only=True)
class Pair:
    """One mail as the old version sends it and as the new one does."""

    before: Mail
    after: Mail

    @property
    def moved(self) -> bool:
        """Whether it leaves at another time."""
        return self.before.at != self.after.at


@dataclass(frozen=True, kw_only=True)
class Paired:
    """Mails that both versions send, and those that only one of them does; each in the order of time."""

    pairs: tuple[Pair, ...] = ()
    starts: tuple[Mail, ...] = ()
    stops: tuple[Mail, ...] = ()


def paired(old: Iterable[Mail], new: Iterable[Mail]) -> Paired:
    """Put mails of the same reader together: of the same occurrence first, then of the same fact, then template."""
    before, after, pairs = list(old), list(new), []
    for key in _KEYS:
        waiting: dict[Hashable, list[Mail]] = defaultdict(list)
        for mail in reversed(before):
            waiting[key(mail)].append(mail)
        found = {id(mail): waiting[key(mail)].pop() for mail in after if waiting.get(key(mail))}
        pairs += [Pair(before=found[id(mail)], after=mail) for mail in after if id(mail) in found]
        taken = {id(mail) for mail in found.values()}
        before = [mail for mail in before if id(mail) not in taken]
        after = [mail for mail in after if id(mail) not in found]
    return Paired(pairs=tuple(sorted(pairs, key=lambda pair: pair.after.at)), starts=tuple(after), stops=tuple(before))


def people(mails: Sequence[Mail]) -> set[str]:
    """Return who reads these mails, by id."""
    return {mail.customer_id for mail in mails}


def _reader(mail: Mail) -> tuple[str, str]:
    return mail.subject_id, mail.customer_id


def _fact(mail: Mail) -> str:
    return mail.occurrence.rpartition("/")[0]


_KEYS: tuple[Callable[[Mail], Hashable], ...] = (
    lambda mail: (*_reader(mail), mail.occurrence),
    lambda mail: (*_reader(mail), _fact(mail), mail.template),
    lambda mail: (*_reader(mail), mail.template),
    lambda mail: (*_reader(mail), _fact(mail)),
)
"""What makes two mails the same one, the surest sign first."""
