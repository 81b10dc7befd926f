"""Tests of rules: invented customers lived through with the real stages, and what was sent compared with what was said.

`read` reads the test files, `Bench` runs them one by one, and `junit` writes their results for other programs.
"""

from engine.ruletests.bench import Bench
from engine.ruletests.reading import Tests, read
from engine.ruletests.report import Outcome, TestResult, Verdict

__all__ = ["Bench", "Outcome", "TestResult", "Tests", "Verdict", "read"]
