"""What a change does to the words of mails: the old and the new one of the same reader, and how they differ."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import unified_diff

import sqlalchemy as sa

from engine.app.planning.pairs import Pair
from engine.app.planning.touched import Touched
from engine.errors import LifecycleError
from engine.outbox import Instead, Letter, rewritten, written
from engine.rules.model import Rule, Send
from engine.runtime import Runtime
from engine.simulate.forecast import Mail

CONTEXT_LINES = 2


@dataclass(frozen=True, kw_only=True)
class Specimen:
    """A mail to look at: as it would reach its reader; without a `mail` it is its template's sample."""

    template: str
    letter: Letter
    mail: Mail | None = None


@dataclass(frozen=True, kw_only=True)
class Rewording:
    """The mails whose words are others than before, and those that only look otherwise; `diff` is of the one shown."""

    reworded: tuple[Mail, ...]
    restyled: tuple[Mail, ...]
    shown: Specimen
    before: Letter
    diff: tuple[str, ...]


def first_mail(connection: sa.Connection, mails: Sequence[Mail]) -> Specimen | None:
    """Return the first of some mails as its reader gets it."""
    if not mails:
        return None
    letter = written(connection, [mails[0].send_id]).get(mails[0].send_id)
    return Specimen(template=mails[0].template, letter=letter, mail=mails[0]) if letter else None


def rewording(
    connection: sa.Connection, each: Touched, pairs: Sequence[Pair], old: Runtime, new: Runtime
) -> Rewording | None:
    """Return which of these mails the change makes read or look otherwise, at the same instant for the same reader.

    Where none of them may, the samples of the rule's templates are compared.
    """
    if each.old is None or each.new is None:
        return None
    asked = dict(_asked(each.old, each.new, pairs, all_of_them=bool(each.because)))
    if not asked:
        return next(_samples(each.old, each.new, old, new), None) if each.because else None
    mails = {pair.after.send_id: pair.after for pair in pairs}
    return _summed(_changed(connection, asked, old), mails)


def _asked(was: Rule, now: Rule, pairs: Sequence[Pair], *, all_of_them: bool) -> Iterator[tuple[str, Instead]]:
    """Yield the mails that may read otherwise, with the moment of the old rule to write them by."""
    for pair in pairs:
        before, after = _send(was, pair.before), _send(now, pair.after)
        if before and after and (all_of_them or _other(before, after)):
            yield pair.after.send_id, Instead(rule=was, send=before)


def _changed(
    connection: sa.Connection, asked: Mapping[str, Instead], old: Runtime
) -> Iterator[tuple[str, Letter, Letter]]:
    """Yield what the old version would have written and what the new one has, where that is not the same."""
    before = dict(rewritten(connection, asked, old))
    after = written(connection, list(before))
    yield from ((each, before[each], after[each]) for each in before if before[each] != after[each])


def _summed(changed: Iterable[tuple[str, Letter, Letter]], mails: Mapping[str, Mail]) -> Rewording | None:
    """Return all that changed with one of them to look at: the first whose words did."""
    ordered = sorted(changed, key=lambda each: (mails[each[0]].at, each[0]))
    if not ordered:
        return None
    words = [each for each in ordered if _lines(each[1]) != _lines(each[2])]
    send_id, before, after = (words or ordered)[0]
    mail = mails[send_id]
    return Rewording(
        reworded=tuple(mails[each] for each, _, _ in words),
        restyled=tuple(mails[each] for each, *letters in ordered if _lines(letters[0]) == _lines(letters[1])),
        shown=Specimen(template=mail.template, letter=after, mail=mail),
        before=before,
        diff=difference(before, after),
    )


def _send(rule: Rule, mail: Mail) -> Send | None:
    """Return the moment of a rule that a mail is of, by its words, else by its template."""
    by_label = [send for send in rule.sends if send.label == mail.moment]
    by_template = [send for send in rule.sends if send.template == mail.template]
    return next(iter(by_label + by_template), None)


def _other(before: Send, after: Send) -> bool:
    return (before.template, before.values) != (after.template, after.values)


def _samples(was: Rule, now: Rule, old: Runtime, new: Runtime) -> Iterator[Rewording]:
    """Yield the samples of the rule's templates that read or look otherwise."""
    for before, after in zip(was.sends, now.sends, strict=False):
        said, says = _sample(before, old), _sample(after, new)
        if said and says and said != says:
            specimen = Specimen(template=after.template, letter=says)
            yield Rewording(reworded=(), restyled=(), shown=specimen, before=said, diff=difference(said, says))


def _sample(send: Send, runtime: Runtime) -> Letter | None:
    library = runtime.library
    try:
        made = library.render(send.template, "", {**library.sample(send.template), **send.values})
    except LifecycleError:
        return None
    name, address = library.brand.sender
    return Letter(
        sender=f"{name} <{address}>",
        reply_to=library.brand.reply_to or "",
        subject=made.subject,
        text=made.text,
        html=made.html,
    )


def difference(before: Letter, after: Letter) -> tuple[str, ...]:
    """Return the unified diff of two letters' heads and texts, without file names; empty where they read the same."""
    lines = unified_diff(_lines(before), _lines(after), n=CONTEXT_LINES, lineterm="")
    return tuple(lines)[2:]


def _lines(letter: Letter) -> list[str]:
    head = [f"From: {letter.sender}", *([f"Reply-To: {letter.reply_to}"] if letter.reply_to else [])]
    return [*head, f"Subject: {letter.subject}", "", *letter.text.rstrip().splitlines()]
