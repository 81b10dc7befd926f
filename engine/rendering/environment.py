"""The sandbox emails run in: a missing fact is false in a test and an error anywhere else; nothing can be called."""

from __future__ import annotations

from typing import Any, NoReturn

from jinja2 import StrictUndefined, pass_context
from jinja2.exceptions import SecurityError
from jinja2.runtime import Context, LoopContext, Undefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from engine.rendering.budget import Watched
from engine.rendering.filters import FILTERS
from engine.rendering.links import INTERNAL_FILTERS

TESTS = ("defined", "undefined", "even", "odd")
_LOOP = frozenset({"index", "index0", "first", "last", "length", "revindex"})


class Missing(StrictUndefined):
    """A fact that is not there: false in a test, an error when printed, compared or repeated."""

    __slots__ = ()

    @property
    def _undefined_message(self) -> str:
        return f"`{self._undefined_name}` is missing"

    def __bool__(self) -> bool:  # type: ignore[override]
        return False


@pass_context
def _items(context: Context, value: Any) -> Any:  # noqa: ANN401 (values of events have no declared type)
    if isinstance(value, list | tuple):
        budget = context.get("_budget")
        return value if budget is None else Watched(value, budget)
    if isinstance(value, Undefined):
        iter(value)
    return ()


class EmailEnvironment(ImmutableSandboxedEnvironment):
    """Jinja for emails: attributes are looked up in tables alone, and only numbers are counted with."""

    intercepted_binops = frozenset({"+", "-", "*", "/", "//", "%", "**"})

    def getattr(self, obj: Any, attribute: str) -> Any:  # noqa: ANN401 (Jinja's own signature)
        """Return a table's entry or a loop's counter; nothing else has attributes."""
        if type(obj) is dict:
            value = obj.get(attribute)
            return value if value is not None else self.undefined(obj=obj, name=attribute)
        if isinstance(obj, LoopContext) and attribute in _LOOP:
            return getattr(obj, attribute)
        return self.undefined(obj=obj, name=attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:  # noqa: ANN401 (as above)
        """Return a table's entry, as `getattr` does."""
        return self.getattr(obj, argument) if isinstance(argument, str) else self.undefined(obj=obj, name=str(argument))

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:  # noqa: ANN401 (as above)
        """Count with numbers; anything else (such as repeating a text) is refused."""
        for value in (left, right):
            if isinstance(value, Undefined):
                str(value)
            if not isinstance(value, int | float):
                raise SecurityError(f"`{operator}` counts with numbers only")
        return super().call_binop(context, operator, left, right)

    def call(self, _context: Context, /, _called: Any, *_: Any, **__: Any) -> NoReturn:  # noqa: ANN401 (as above)
        """Refuse every call."""
        raise SecurityError("nothing can be called in an email")


def make_environment() -> EmailEnvironment:
    """Return the environment of one library; text templates have names that end in `.txt`."""
    environment = EmailEnvironment(
        undefined=Missing,
        autoescape=lambda name: name is not None and name.endswith(".html"),
        keep_trailing_newline=True,
        cache_size=0,
    )
    environment.filters = {name: row.function for name, row in FILTERS.items()} | INTERNAL_FILTERS | {"_items": _items}
    environment.tests = {name: environment.tests[name] for name in TESTS}
    environment.globals = {}
    return environment
