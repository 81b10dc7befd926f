"""Reads `rules/segments.yaml`: conditions with a name, for several rules to share."""

from __future__ import annotations

from engine.rules.language.conditions import read_conditions
from engine.rules.language.contradictions import contradictions
from engine.rules.language.located import MAX_TESTS, Located, count_tests
from engine.rules.language.names import sound_name
from engine.rules.language.reading import Reading
from engine.yaml_text import Entry, MapNode, Node

PATH = "rules/segments.yaml"
MAX_DEPTH = 20


class Segments:
    """The segments of a workspace; each is read once, when it is first named."""

    def __init__(self, node: Node | None, reading: Reading) -> None:
        """Take the file's tree; `reading` gathers its problems."""
        table = node if node is None or isinstance(node, MapNode) else reading.map(node, "a table of segments")
        self._entries: dict[str, Entry] = {entry.key.text: entry for entry in table or ()}
        self._read: dict[str, Located | None] = {}
        self._open: list[str] = []
        self._reading = reading

    @property
    def names(self) -> frozenset[str]:
        """Every segment that is declared, soundly or not."""
        return frozenset(self._entries)

    def read_all(self) -> dict[str, Located]:
        """Return the sound segments by name."""
        read = {name: self.get(name) for name in self._entries}
        return {name: located for name, located in read.items() if located}

    def get(self, name: str) -> Located | None:
        """Return a segment's conditions, None where it is broken."""
        if name in self._open:
            self._refuse_circle(name)
            return None
        if name not in self._read:
            self._open.append(name)
            self._read[name] = self._read_one(self._entries[name])
            self._open.pop()
        return self._read[name]

    def _read_one(self, entry: Entry) -> Located | None:
        name = entry.key.text
        if not sound_name(name):
            return self._reading.refuse("E210", entry.key, name=name, why="use small letters, digits and hyphens")
        if len(self._open) > MAX_DEPTH:
            return self._reading.refuse("E211", entry.key, most=MAX_DEPTH)
        located = read_conditions(entry.value, self._reading)
        return located if located and self._sound(located) else None

    def _sound(self, located: Located) -> bool:
        if (count := count_tests(located)) > MAX_TESTS:
            return bool(self._reading.refuse("E209", located.node, count=count, most=MAX_TESTS))
        found = list(contradictions(located))
        self._reading.problems.extend(found)
        return all(problem.severity == "lint" for problem in found)

    def _refuse_circle(self, name: str) -> None:
        path = [*self._open[self._open.index(name) :], name]
        self._reading.refuse("E305", self._entries[name].key, name=name, path=" uses ".join(path))
