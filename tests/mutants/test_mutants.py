"""The kept mutants fit the engine as it is, and the hunt tells a fault from none."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from random import Random

import pytest
from mutants.hunt import hunt
from mutants.kept import MUTANTS, Mutant
from oracle import invent
from oracle.features import features, with_features

ROOT = Path(__file__).parents[2]


def test_there_are_many_with_names_of_their_own() -> None:
    """Each is named by the fault it is."""
    assert len({mutant.name for mutant in MUTANTS}) == len(MUTANTS) >= 90


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_mutant_has_its_place(mutant: Mutant) -> None:
    """Its text stands exactly once in its file, so that `make mutants` never hunts what is not there."""
    assert (ROOT / mutant.path).read_text().count(mutant.old) == 1
    assert mutant.new != mutant.old


def test_rules_can_have_what_mutants_need() -> None:
    """The generator finds rules with the features of each, so that the hunt never looks for what cannot be."""
    rng = Random(1)  # noqa: S311 (no secret)
    for needs in dict.fromkeys(mutant.needs for mutant in MUTANTS):
        found = with_features(lambda: invent.rule(rng, "it", date(2026, 3, 25)), needs)
        assert features(found).issuperset(needs)


def test_a_fault_is_caught() -> None:
    """One of the kept mutants that no history can miss for long, as `make mutants` hunts them all."""
    (plain,) = (mutant for mutant in MUTANTS if mutant.name == "closed moments are judged")
    assert hunt(plain, limit=60).ended == "caught"


def test_without_a_fault_nothing_is_caught() -> None:
    """The engine as it is survives."""
    assert hunt(None, limit=4).ended == "survived"
