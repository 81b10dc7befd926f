"""YAML with the place of every word: the one reader of rules, front matter and settings files."""

from engine.yaml_text.codes import YAML_CODES
from engine.yaml_text.nodes import Entry, MapNode, Node, Scalar, SequenceNode, to_python
from engine.yaml_text.reader import MAX_DEPTH, MAX_SIZE, Read, read
from engine.yaml_text.syntax import missing_space

__all__ = [
    "MAX_DEPTH",
    "MAX_SIZE",
    "YAML_CODES",
    "Entry",
    "MapNode",
    "Node",
    "Read",
    "Scalar",
    "SequenceNode",
    "missing_space",
    "read",
    "to_python",
]
