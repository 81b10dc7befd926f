"""`lifecycle demo` works from start to end, and what it prints to type next works as printed."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from engine.demo.tour import aside

LIFECYCLE = Path(sys.executable).parent / "lifecycle"
MARKS = ("1  A workspace", "2  Import", "3  Check", "4  Apply", "5  Dry run", "6  Run", "Look at the mails")


def run(command: str, folder: Path) -> str:
    """Run a line of shell that has to go well, without any variable of ours, and return what it printed."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("LIFECYCLE_")}
    done = subprocess.run(
        ["bash", "-c", command],  # noqa: S607 (bash of the path)
        cwd=folder,
        env=clean,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.slow
def test_the_demo_ends_with_mails_and_commands_that_work(tmp_path: Path) -> None:
    """Every step is shown, mails lie where it says, and the change it proposes shows in the plan it names."""
    printed = run(f"{LIFECYCLE} demo", tmp_path)
    assert [mark for mark in MARKS if mark not in printed] == []
    assert len(list((tmp_path / "demo" / "outbox").glob("*.eml"))) > 50
    assert (tmp_path / "demo" / "mails" / "index.html").exists()
    change = re.search(r"in (\S+), line (\d+): `(.+)` to `(.+)`", printed)
    assert change is not None
    path, line, old, new = tmp_path / change[1], int(change[2]), change[3], change[4]
    lines = path.read_text().splitlines(keepends=True)
    assert old in lines[line - 1]
    lines[line - 1] = lines[line - 1].replace(old, new)
    path.write_text("".join(lines))
    commands = [text.strip() for text in printed.splitlines() if re.match(r"   (cd|\S*lifecycle) ", text)]
    assert len(commands) == 5
    into, plan, *rest = commands
    shown = run(f"{into} && {{ {plan}; test $? = 2; }} && {' && '.join(rest)}", tmp_path)
    assert f"moments: {old} → {new}" in shown
    assert "Plan: 1 rule to change; " in shown
    assert "Plan: nothing would change." in run(f"{into} && {plan}", tmp_path)


@pytest.mark.slow
def test_the_demo_can_send_through_a_local_sendgrid(tmp_path: Path) -> None:
    """Every mail passes SendGrid's published rules, and lies beside the workspace as it came."""
    printed = run(f"{LIFECYCLE} demo --sendgrid", tmp_path)
    assert "7  SendGrid" in printed
    assert "nothing wrong with any" in printed
    lines = (tmp_path / "demo" / "sendgrid.jsonl").read_text().splitlines()
    assert len(lines) > 50
    assert all(json.loads(line)["personalizations"][0]["custom_args"]["lc_send_id"] for line in lines)


def test_a_folder_in_the_way_is_moved_aside(tmp_path: Path) -> None:
    """Nobody's edits are lost by running the demo again."""
    (tmp_path / "demo").mkdir()
    (tmp_path / "demo" / "mine.txt").write_text("mine")
    assert aside(tmp_path / "demo") == tmp_path / "demo.before-1"
    assert (tmp_path / "demo.before-1" / "mine.txt").read_text() == "mine"
    assert aside(tmp_path / "demo") is None
