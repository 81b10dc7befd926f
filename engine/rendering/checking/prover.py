"""Walks a flat template: every name exists, fits its filters, and is there wherever its value is needed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from jinja2 import nodes

from engine.errors import Problem
from engine.rendering.checking.proven import proof, without
from engine.rendering.checking.uses import Known, Vocabulary, value_kind
from engine.rendering.checking.values import (
    COUNTED,
    THROUGH,
    Scene,
    Value,
    comparable,
    either_of,
    inner_path,
    item_kind,
)
from engine.rendering.codes import CODES
from engine.rendering.filters import FILTERS, Filter
from engine.rendering.flat import Flat
from engine.rendering.kinds import Kind
from engine.rendering.places import Place
from engine.rendering.reading import path_of

_OTHERWISE = {Kind.TABLE: "print one of its facts", Kind.MIXED: "format each before the `default`, or use `{% if … %}`"}
_LOOP = {"index": Kind.NUMBER, "index0": Kind.NUMBER, "revindex": Kind.NUMBER, "length": Kind.NUMBER,
         "first": Kind.BOOLEAN, "last": Kind.BOOLEAN}  # fmt: skip


class Prover:
    """Proves one flat template in one vocabulary; what cannot be proven is in `problems`."""

    def __init__(self, flat: Flat, vocabulary: Vocabulary, otherwise: Place) -> None:
        self._flat = flat
        self._vocabulary = vocabulary
        self._otherwise = otherwise
        self.problems: set[Problem] = set()

    def body(self, body: Sequence[nodes.Node], scene: Scene) -> None:
        """Prove statements in a row."""
        for node in body:
            _STATEMENTS[type(node)](self, node, scene)

    def output(self, node: nodes.Output, scene: Scene) -> None:
        """Prove what is printed."""
        for child in node.nodes:
            if not isinstance(child, nodes.TemplateData):
                self._printed(child, scene)

    def condition(self, node: nodes.If, scene: Scene) -> None:
        """Prove an `if` with its `elif` and `else`, each where those before it did not hold."""
        self.test(node.test, scene)
        self.body(node.body, scene.given(proof(node.test, holds=True)))
        scene = scene.given(proof(node.test, holds=False))
        for other in node.elif_:
            self.test(other.test, scene)
            self.body(other.body, scene.given(proof(other.test, holds=True)))
            scene = scene.given(proof(other.test, holds=False))
        self.body(node.else_, scene)

    def loop(self, node: nodes.For, scene: Scene) -> None:
        """Prove a `for`; its variable hides facts of the same name."""
        assert isinstance(node.target, nodes.Name)
        items = node.iter.node if isinstance(node.iter, nodes.Filter) and node.iter.name == "_items" else node.iter
        assert items is not None
        kind = self.value(items, scene)
        if kind not in {Kind.LIST, Kind.ANY}:
            self.refuse("T411", items, path_of(items), name=path_of(items) or kind.english)
        name = node.target.name
        loops = {**scene.loops, name: item_kind(items), "loop": Kind.TABLE}
        self.body(node.body, Scene(proven=without(scene.proven, name), loops=loops))
        self.body(node.else_, scene)

    def _printed(self, node: nodes.Node, scene: Scene) -> None:
        kind = self.value(node, scene)
        self._readable(node, kind)

    def _readable(self, node: nodes.Node, kind: Kind) -> None:
        if kind in THROUGH and not _internal(node):
            name = path_of(node) or inner_path(node)
            hint = "" if THROUGH[kind] else _OTHERWISE.get(kind, "use it in `{% if … %}`")
            self.refuse("T406", node, name, hint, name=name or "this", kind=kind.english, filter=THROUGH[kind] or "if")

    def test(self, node: nodes.Node, scene: Scene) -> None:
        """Prove an expression of which only the truth is asked: what is missing is false."""
        if isinstance(node, nodes.Not):
            self.test(node.node, scene)
        elif isinstance(node, nodes.And | nodes.Or):
            self.test(node.left, scene)
            self.test(node.right, scene.given(proof(node.left, holds=isinstance(node, nodes.And))))
        else:
            self.maybe(node, scene)

    def value(self, node: nodes.Node, scene: Scene) -> Kind:
        """Prove an expression whose value is needed, and return its kind."""
        found = self.maybe(node, scene)
        if not found.present:
            name = found.path or inner_path(node)
            self.refuse("T407", node, name, f"for example `{{{{ {name} | default('…') }}}}`", name=name)
        return found.kind

    def maybe(self, node: nodes.Node, scene: Scene) -> Value:
        """Return what an expression gives, which may be missing."""
        if path := path_of(node):
            return self._path(node, path, scene)
        return _EXPRESSIONS[type(node)](self, node, scene)

    def _path(self, node: nodes.Node, path: str, scene: Scene) -> Value:
        root, _, rest = path.partition(".")
        if root in scene.loops:
            return self._of_loop(path, root, rest, scene)
        known = self._vocabulary.find(path)
        if known is None:
            self.refuse("T401", node, path, self._vocabulary.hint(path), name=path)
            known = Known(kind=Kind.ANY, always=True)
        return Value(kind=known.kind, present=known.always or path in scene.proven, path=path)

    def _of_loop(self, path: str, root: str, rest: str, scene: Scene) -> Value:
        if root == "loop" and rest in _LOOP:
            return Value(kind=_LOOP[rest])
        if not rest:
            return Value(kind=scene.loops[root], path=path)
        return Value(kind=Kind.ANY, present=path in scene.proven, path=path)

    def constant(self, node: nodes.Const, _scene: Scene) -> Value:
        """Return the kind of a constant."""
        return Value(kind=value_kind(node.value))

    def many(self, node: nodes.List | nodes.Tuple, scene: Scene) -> Value:
        """Prove a list written out."""
        for item in node.items:
            self.value(item, scene)
        return Value(kind=Kind.LIST)

    def either(self, node: nodes.CondExpr, scene: Scene) -> Value:
        """Prove `a if b else c`; without `else` it may be missing."""
        self.test(node.test, scene)
        first = self.maybe(node.expr1, scene.given(proof(node.test, holds=True)))
        if node.expr2 is None:
            return Value(kind=first.kind, present=False, path=first.path)
        return either_of(first, self.maybe(node.expr2, scene.given(proof(node.test, holds=False))))

    def alternative(self, node: nodes.Or, scene: Scene) -> Value:
        """Prove `a or b`, which is b where a is missing."""
        self.test(node.left, scene)
        left = self.maybe(node.left, scene)
        return either_of(
            replace(left, present=True), self.maybe(node.right, scene.given(proof(node.left, holds=False)))
        )

    def conjunction(self, node: nodes.And, scene: Scene) -> Value:
        """Prove `a and b`, which is a where a is false or missing."""
        left = self.maybe(node.left, scene)
        return either_of(left, self.maybe(node.right, scene.given(proof(node.left, holds=True))))

    def negation(self, node: nodes.Not, scene: Scene) -> Value:
        """Prove `not a`."""
        self.test(node.node, scene)
        return Value(kind=Kind.BOOLEAN)

    def asked(self, node: nodes.Test, scene: Scene) -> Value:
        """Prove `a is defined` and its like."""
        if node.name in {"defined", "undefined"}:
            self.maybe(node.node, scene)
        elif (kind := self.value(node.node, scene)) is not Kind.NUMBER:
            self.refuse("T408", node, node.name, operator=f"is {node.name}", kind=kind.english)
        return Value(kind=Kind.BOOLEAN)

    def compared(self, node: nodes.Compare, scene: Scene) -> Value:
        """Prove comparisons: equal things of like kinds, more and less of what has an order."""
        left = self.value(node.expr, scene)
        for operand in node.ops:
            right = self.value(operand.expr, scene)
            if not comparable(operand.op, left, right):
                self.refuse("T408", node, operator=_SIGNS[operand.op], kind=f"{left.english} and {right.english}")
            left = right
        return Value(kind=Kind.BOOLEAN)

    def counted(self, node: nodes.BinExpr, scene: Scene) -> Value:
        """Prove arithmetic: numbers and money only, and nothing divided by what may be 0."""
        kinds = {self.value(node.left, scene), self.value(node.right, scene)}
        for kind in kinds - COUNTED:
            self.refuse("T408", node, operator=node.operator, kind=kind.english)
        if isinstance(node, nodes.Div | nodes.FloorDiv | nodes.Mod) and not _more_than_nothing(node.right, scene):
            name = path_of(node.right) or inner_path(node.right) or "this"
            self.refuse("T412", node, name, name=name)
        return Value(kind=Kind.MONEY if Kind.MONEY in kinds else Kind.NUMBER)

    def signed(self, node: nodes.UnaryExpr, scene: Scene) -> Value:
        """Prove `-a` and `+a`."""
        kind = self.value(node.node, scene)
        if kind not in COUNTED:
            self.refuse("T408", node, operator=node.operator, kind=kind.english)
        return Value(kind=kind)

    def joined(self, node: nodes.Concat, scene: Scene) -> Value:
        """Prove `a ~ b`, which prints both."""
        for part in node.nodes:
            self._readable(part, self.value(part, scene))
        return Value(kind=Kind.TEXT)

    def filtered(self, node: nodes.Filter, scene: Scene) -> Value:
        """Prove a filter: what it takes, and its arguments."""
        assert node.node is not None
        if node.name in _INTERNAL:
            return self._internal(node, scene)
        row = FILTERS[node.name]
        kinds = [self.value(argument, scene) for argument in node.args]
        if row.name == "default":
            found = self.maybe(node.node, scene)
            return either_of(replace(found, present=True), Value(kind=kinds[0] if kinds else Kind.ANY))
        kind = self.value(node.node, scene)
        if kind not in row.takes:
            takes = " or ".join(sorted(one.english for one in row.takes - {Kind.ANY}))
            self.refuse("T404", node, row.name, name=row.name, takes=takes, given=kind.english)
        self._arguments(node, row, kinds, scene)
        return Value(kind=row.gives or kind)

    def _arguments(self, node: nodes.Filter, row: Filter, kinds: Sequence[Kind], scene: Scene) -> None:
        wanted = frozenset({Kind.TEXT}) if row.argument is Kind.TEXT else frozenset({row.argument})
        for kind in kinds:
            if kind not in wanted and not (row.name == "money" and kind is Kind.ANY):
                self.refuse("T405", node, row.name, name=row.name, what=f"its argument is {kind.english}")
        if row.name == "money" and not kinds and "brand.currency" not in self._vocabulary.names:
            known = self._vocabulary.find("account.currency")
            if "account.currency" not in scene.proven and not (known and known.always):
                self.refuse("T407", node, "money", "name a `currency` in brand.yaml", name="account.currency")

    def _internal(self, node: nodes.Filter, scene: Scene) -> Value:
        assert node.node is not None
        kind = self.value(node.node, scene)
        if node.name in {"_link", "_address"} and kind is not Kind.URL:
            self.refuse("T409", node, path_of(node.node))
        return Value(kind=Kind.URL)

    def refuse(self, code: str, node: nodes.Node, word: str = "", hint: str = "", **words: Any) -> None:  # noqa: ANN401
        """Note a problem at the place where its author wrote a word."""
        written = self._flat.lines.get(node.lineno)
        place = self._otherwise
        if written is not None:
            place = written.place_of(word) if word else written.place
        self.problems.add(CODES[code].at(place, hint=hint, **words))


_INTERNAL = frozenset({"_link", "_address", "_encode"})
_SIGNS = {"eq": "==", "ne": "!=", "gt": ">", "gteq": ">=", "lt": "<", "lteq": "<=", "in": "in", "notin": "not in"}
_STATEMENTS: dict[type[nodes.Node], Callable[[Prover, Any, Scene], None]] = {
    nodes.Output: Prover.output, nodes.If: Prover.condition, nodes.For: Prover.loop,
}  # fmt: skip
_EXPRESSIONS: dict[type[nodes.Node], Callable[[Prover, Any, Scene], Value]] = {
    nodes.Const: Prover.constant, nodes.List: Prover.many, nodes.Tuple: Prover.many, nodes.CondExpr: Prover.either,
    nodes.Or: Prover.alternative, nodes.And: Prover.conjunction, nodes.Not: Prover.negation, nodes.Test: Prover.asked,
    nodes.Compare: Prover.compared, nodes.Neg: Prover.signed, nodes.Pos: Prover.signed, nodes.Concat: Prover.joined,
    nodes.Filter: Prover.filtered,
    **dict.fromkeys((nodes.Add, nodes.Sub, nodes.Mul, nodes.Div, nodes.FloorDiv, nodes.Mod), Prover.counted),
}  # fmt: skip


def _internal(node: nodes.Node) -> bool:
    return isinstance(node, nodes.Filter) and node.name in _INTERNAL


def _more_than_nothing(node: nodes.Node, scene: Scene) -> bool:
    if isinstance(node, nodes.Const):
        return bool(node.value)
    return f"{path_of(node)}!" in scene.proven
