"""Which of Jinja's language emails may use: a closed list, so that nothing can call, loop or grow without bound."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeGuard

from jinja2 import nodes

from engine.errors import did_you_mean
from engine.rendering.environment import TESTS, make_environment
from engine.rendering.filters import FILTERS, Filter
from engine.rendering.links import INTERNAL_FILTERS

ENVIRONMENT = make_environment()
_INTERNAL = frozenset(INTERNAL_FILTERS) | {"_items"}
_LONGEST_TEXT = 2000
_LONGEST_LIST = 100

ALLOWED: frozenset[type[nodes.Node]] = frozenset(
    {
        nodes.Template, nodes.Output, nodes.TemplateData, nodes.Const, nodes.Name, nodes.Getattr, nodes.Getitem,
        nodes.Filter, nodes.Keyword, nodes.If, nodes.For, nodes.CondExpr, nodes.And, nodes.Or, nodes.Not,
        nodes.Compare, nodes.Operand, nodes.Add, nodes.Sub, nodes.Mul, nodes.Div, nodes.FloorDiv, nodes.Mod,
        nodes.Neg, nodes.Pos, nodes.Concat, nodes.Test, nodes.List, nodes.Tuple,
    }
)  # fmt: skip
_NAMED = (nodes.Name, nodes.Getattr, nodes.Getitem)
_COUNTING = (nodes.Add, nodes.Sub, nodes.Mul, nodes.Div, nodes.FloorDiv, nodes.Mod)
_ENGLISH: dict[type[nodes.Node], str] = {
    nodes.Call: "calling something with ( )",
    nodes.Pow: "**",
    nodes.Slice: "a slice [ : ]",
    nodes.Dict: "a table { }",
}


@dataclass(frozen=True, kw_only=True)
class Objection:
    """Something a template may not say; `word` is where to look for it."""

    code: str
    word: str = ""
    hint: str = ""
    words: dict[str, str] = field(default_factory=dict)


def objections(tree: nodes.Node) -> Iterator[Objection]:
    """Yield what a parsed template may not say."""
    for node in (tree, *tree.find_all(nodes.Node)):
        if type(node) not in ALLOWED:
            what = _ENGLISH.get(type(node), type(node).__name__.lower())
            yield Objection(code="T202", words={"what": what})
        for rule in _RULES:
            yield from rule(node)


def _growing(node: nodes.Node) -> Iterator[Objection]:
    if isinstance(node, _COUNTING):
        sides = (node.left, node.right)
        if any(isinstance(side, nodes.List | nodes.Tuple) or _is_text(side) for side in sides):
            yield Objection(code="T208", words={"what": f"`{node.operator}` with a text or list"})
    if _is_text(node) and len(node.value) > _LONGEST_TEXT:
        yield Objection(code="T208", words={"what": f"a text of {len(node.value)} characters"})
    if isinstance(node, nodes.List | nodes.Tuple) and len(node.items) > _LONGEST_LIST:
        yield Objection(code="T208", words={"what": f"a list of {len(node.items)}"})


def _is_text(node: nodes.Node) -> TypeGuard[nodes.Const]:
    return isinstance(node, nodes.Const) and isinstance(node.value, str)


def _looked_up(node: nodes.Node) -> Iterator[Objection]:
    if isinstance(node, nodes.Getitem) and not _is_text(node.arg):
        yield Objection(code="T202", words={"what": "[ ] with anything but a name in quotes"})
    if isinstance(node, nodes.Getattr | nodes.Getitem) and not isinstance(node.node, _NAMED):
        yield Objection(code="T202", words={"what": "a dot behind anything but a name"})
    if isinstance(node, nodes.Const) and node.value is None:
        yield Objection(code="T202", word="none", hint="ask with `is defined`", words={"what": "none"})
    if isinstance(node, nodes.Name) and node.name.startswith("_"):
        yield Objection(code="T401", word=node.name, words={"name": node.name})
    if isinstance(node, nodes.Getattr) and node.attr.startswith("_"):
        yield Objection(code="T401", word=node.attr, words={"name": node.attr})


def _repeated(node: nodes.Node) -> Iterator[Objection]:
    if isinstance(node, nodes.For):
        if node.test is not None or node.recursive:
            yield Objection(code="T202", words={"what": "`if` or `recursive` in a `for`"})
        if not isinstance(node.target, nodes.Name):
            yield Objection(code="T202", words={"what": "a `for` with several names"})


def _tested(node: nodes.Node) -> Iterator[Objection]:
    if isinstance(node, nodes.Test) and node.name not in TESTS:
        yield Objection(code="T403", word=node.name, hint=did_you_mean(node.name, TESTS), words={"name": node.name})


def _filtered(node: nodes.Node) -> Iterator[Objection]:
    if not isinstance(node, nodes.Filter) or node.name in _INTERNAL:
        return
    if node.name not in FILTERS:
        yield Objection(code="T402", word=node.name, hint=did_you_mean(node.name, FILTERS), words={"name": node.name})
        return
    if what := _wrong_call(FILTERS[node.name], node):
        hint = f"for example `{FILTERS[node.name].example}`"
        yield Objection(code="T405", word=node.name, hint=hint, words={"name": node.name, "what": what})


def _wrong_call(row: Filter, node: nodes.Filter) -> str:
    least, most = row.arguments
    if not least <= len(node.args) <= most or node.dyn_args is not None or node.dyn_kwargs is not None:
        return f"it takes {least if least == most else f'{least} to {most}'} arguments"
    for option in node.kwargs:
        if option.key not in row.options:
            return f"it has no option `{option.key}`"
        if not isinstance(option.value, nodes.Const) or not isinstance(option.value.value, bool):
            return f"`{option.key}` is `true` or `false`"
    return _wrong_choice(row, node)


def _wrong_choice(row: Filter, node: nodes.Filter) -> str:
    for argument in node.args if row.choices else ():
        if not isinstance(argument, nodes.Const) or argument.value not in row.choices:
            return "write one of " + ", ".join(f"'{choice}'" for choice in row.choices)
    if row.name == "plural" and not all(map(_is_text, node.args)):
        return "its forms are texts in quotes"
    return ""


_RULES = (_growing, _looked_up, _repeated, _tested, _filtered)
