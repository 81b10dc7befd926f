"""Several processes hear the same at once, on both databases."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import sqlalchemy as sa
from feedback.hearing_process import TOLD, ids
from telling import a_doubtful_message, kinds, outcomes, said, suppressions, understand

MESSAGES = 40
SCRIPT = Path(__file__).with_name("hearing_process.py")
ROOT = SCRIPT.parents[2]


def test_two_processes_write_each_fact_once(database: sa.Engine, database_url: str) -> None:
    """They land the same events and understand them side by side: one fact and one consequence each, none missing."""
    for number in range(MESSAGES):
        a_doubtful_message(database, f"p{number}")
    paths = os.pathsep.join([str(ROOT), str(ROOT / "tests"), str(SCRIPT.parent)])
    command = [sys.executable, str(SCRIPT), database_url, str(MESSAGES)]
    running = [
        subprocess.Popen(command, env=os.environ | {"PYTHONPATH": paths}, stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    written = [int(process.communicate(timeout=120)[0]) for process in running]
    assert [process.returncode for process in running] == [0, 0]
    assert sum(written) == MESSAGES * len(TOLD) == len(ids(MESSAGES)) * len(TOLD)
    assert len(kinds(database)) == MESSAGES * len(TOLD)
    assert len(suppressions(database)) == MESSAGES * 2
    assert len(said(database)) == MESSAGES
    assert None not in outcomes(database)
    assert understand(database).figures == {}
