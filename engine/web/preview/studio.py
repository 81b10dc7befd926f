"""What the page shows: the files as they are now, the mail that is wished, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace

from engine.app import App, opened
from engine.app.preview import Desk, Moment, Preview, Somebody, Wish, lay_out, search, show
from engine.db import reading
from engine.errors import LifecycleError, Problem, ProblemsError, UsageError
from engine.rendering.definitions import ROOT
from engine.settings import Settings
from engine.web.preview.shelf import Lately, name_of

NOBODY_STORED = "no customers are stored yet; `lifecycle import customers` brings them in"


@dataclass(frozen=True, kw_only=True)
class Look:
    """One email on the page. `preview` is the last good one where it is `stale`, None where there was none.

    `refusal` says in a sentence why it cannot be shown as wished, `problems` what `check` says of it.
    """

    wish: Wish
    preview: Preview | None
    frame: str = ""
    stale: bool = False
    refusal: str = ""
    problems: tuple[Problem, ...] = ()
    moments: tuple[Moment, ...] = ()
    languages: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Line:
    """One email in the list: its subject for its sample, who sends it, and how many mistakes are in it."""

    template: str
    subject: str
    preheader: str
    moments: tuple[Moment, ...]
    languages: tuple[str, ...]
    mistakes: int


class Studio:
    """The workspace on the page; the database is opened when it is there, and asked only for what is read."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._stack = ExitStack()
        self._app: App | None = None
        self._good: Lately[Preview] = Lately()
        self._frames: Lately[Preview] = Lately()
        self.desk: Desk = lay_out(settings)

    def reload(self) -> None:
        """Read the files again; where they cannot be, the old ones stay and the page says why."""
        try:
            self.desk = lay_out(self._settings)
        except LifecycleError as error:
            trouble = Problem(path=ROOT, code="T904", message=str(error))
            self.desk = replace(self.desk, problems=(trouble,))

    def close(self) -> None:
        """Let the database go."""
        self._stack.close()

    @property
    def workspace(self) -> str:
        """The folder's name."""
        return self._settings.workspace.name

    @property
    def templates(self) -> tuple[str, ...]:
        """The names of all emails, broken ones too."""
        return tuple(sorted(self.desk.library.names))

    def without_customers(self) -> str:
        """Return why only samples can be shown; nothing where there are customers."""
        try:
            return "" if self.people("") else NOBODY_STORED
        except LifecycleError as error:
            return str(error)

    def people(self, words: str) -> tuple[Somebody, ...]:
        """Return customers that the words may mean. Raises LifecycleError where there is no database."""
        with reading(self._opened().database) as connection:
            return search(connection, words)

    def _opened(self) -> App:
        if self._app is None:
            self._app = self._stack.enter_context(opened(self._settings))
        return self._app

    def lines(self) -> tuple[Line, ...]:
        """Return every email with its subject."""
        return tuple(self._line(self.desk, template) for template in self.templates)

    def _line(self, desk: Desk, template: str) -> Line:
        preview = self._shown(desk, Wish(template=template))
        content = preview.content if isinstance(preview, Preview) else None
        return Line(
            template=template,
            subject=content.subject if content else "",
            preheader=content.preheader if content else "",
            moments=desk.moments(template),
            languages=desk.library.languages.get(template, ()),
            mistakes=sum(problem.severity == "error" for problem in desk.of(template)),
        )

    def look(self, wish: Wish) -> Look:
        """Return an email as it is wished, or as it last could be shown. Raises UsageError where there is none."""
        desk = self.desk
        desk.require(wish.template)
        shown = self._shown(desk, wish)
        look = Look(
            wish=wish,
            preview=None,
            problems=desk.checked(wish.template),
            moments=desk.moments(wish.template),
            languages=desk.library.languages.get(wish.template, ()),
        )
        if isinstance(shown, Preview):
            self._good.put(wish, shown)
            return replace(look, preview=shown, frame=self._framed(shown))
        refusal = "" if isinstance(shown, ProblemsError) else str(shown)
        last = None if isinstance(shown, UsageError) else self._good.get(wish)
        return replace(look, preview=last, frame=self._framed(last), stale=last is not None, refusal=refusal)

    def _shown(self, desk: Desk, wish: Wish) -> Preview | LifecycleError:
        try:
            return show(desk, wish, self._opened() if wish.customer else None)
        except LifecycleError as error:
            return error

    def _framed(self, preview: Preview | None) -> str:
        if preview is None:
            return ""
        name = name_of(preview)
        self._frames.put(name, preview)
        return name

    def framed(self, name: str) -> Preview | None:
        """Return the mail of a frame, where it was shown lately."""
        return self._frames.get(name)

    def choices(self) -> Mapping[str, str]:
        """Return the samples by name, each with the person's own name."""
        people = ((name, sample.get("customer", {})) for name, sample in self.desk.samples.items())
        return {name: str(person.get("first_name") or person.get("email") or "") for name, person in people}
