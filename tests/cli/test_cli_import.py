"""`lifecycle import` takes in files and standard input, and says what it could not take."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa
from commands import Lifecycle

from engine.db import reading
from engine.models.tables import customer, event, trait

EVENTS = "who,day,pieces\nc1,2026-03-01,2\nc2,2026-03-02,1\n"


def write(folder: Path, name: str, text: str) -> str:
    """A file of the test."""
    (folder / name).write_text(text)
    return str(folder / name)


def test_columns_are_mapped_by_options(lifecycle: Lifecycle, tmp_path: Path, database: sa.Engine) -> None:
    """`--name`, `--customer` and `--at` say what an export's columns mean; a second import changes nothing."""
    path = write(tmp_path, "e.csv", EVENTS)
    command = ["import", "events", path, "--name", "purchased", "--customer", "who", "--at", "day"]
    assert "2 rows read: 2 told something new" in lifecycle.ok(*command).err
    assert "0 told something new, 2 were known already" in lifecycle.ok(*command).err
    with reading(database) as connection:
        rows = connection.execute(sa.select(event.c.customer_id, event.c.name).order_by(event.c.customer_id)).all()
    assert [tuple(row) for row in rows] == [("c1", "purchased"), ("c2", "purchased")]


def test_a_column_nobody_declared_is_named_with_what_it_may_be(lifecycle: Lifecycle, tmp_path: Path) -> None:
    """A misspelt column must not pass for a fact of the company's own without a word."""
    path = write(tmp_path, "c.csv", "id,E-Mail,favourite\nc1,ana@x.test,red\n")
    told = lifecycle.ok("import", "customers", path).err
    assert "Column `E-Mail` is no fact" in told
    assert "--map 'E-Mail=email'" in told
    assert "Column `favourite` is no fact" in told
    done = lifecycle.ok("import", "customers", path, "--map", "E-Mail=email", "--map", "favourite=-")
    assert "Column" not in done.err


def test_the_report_is_json_where_asked(lifecycle: Lifecycle, tmp_path: Path) -> None:
    """For scripts."""
    path = write(tmp_path, "c.csv", "id,email\nc1,ana@x.test\n")
    report = lifecycle.ok("import", "customers", path, "--json").json
    assert (report["read"], report["changed"], report["rejected"]) == (1, 1, 0)


def test_bad_rows_go_to_a_file_and_the_exit_code_says_so(
    lifecycle: Lifecycle, tmp_path: Path, database: sa.Engine
) -> None:
    """The good rows go in all the same."""
    path = write(tmp_path, "c.csv", "id,email\nc1,ana@x.test\nc2,not an address\n")
    done = lifecycle("import", "customers", path)
    assert done.code == 3
    assert "1 row rejected; see " in done.err
    assert "not an address" in (tmp_path / "c.rejects.csv").read_text()
    with reading(database) as connection:
        assert connection.scalars(sa.select(customer.c.id)).all() == ["c1"]


def test_declared_traits_are_coerced(
    lifecycle: Lifecycle, workspace: Path, tmp_path: Path, database: sa.Engine
) -> None:
    """The workspace's traits.yaml says how a column is stored."""
    (workspace / "rules" / "traits.yaml").write_text("customer:\n  boards: number\n")
    lifecycle.ok("import", "customers", write(tmp_path, "c.csv", "id,boards\nc1,12\n"))
    with reading(database) as connection:
        assert connection.scalar(sa.select(trait.c.number)) == 12


def test_broken_traits_stop_an_import(lifecycle: Lifecycle, workspace: Path, tmp_path: Path) -> None:
    """Otherwise numbers would be stored as texts."""
    (workspace / "rules" / "traits.yaml").write_text("customer:\n  boards: nubmer\n")
    done = lifecycle("import", "customers", write(tmp_path, "c.csv", "id,boards\nc1,12\n"))
    assert done.code == 1
    assert done.err.startswith("rules/traits.yaml:2:11:")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("nowhere.csv",), "there is no such file"),
        (("rules",), "is a folder"),
        (("empty.csv",), "is empty"),
        (("c.csv", "--map", "email"), "--map email is not COLUMN=FIELD"),
        (("c.csv", "--map", "mail=email"), "has no column `mail`"),
        (("c.csv", "--zone", "Mars"), "Mars"),
    ],
)
def test_a_call_that_cannot_work_is_one_sentence(
    lifecycle: Lifecycle, workspace: Path, variables: pytest.MonkeyPatch, arguments: tuple[str, ...], sentence: str
) -> None:
    """Nothing is imported."""
    variables.chdir(workspace)
    write(workspace, "empty.csv", "")
    write(workspace, "c.csv", "id,email\nc1,ana@x.test\n")
    done = lifecycle("import", "customers", *arguments)
    assert done.code in {1, 2}
    assert sentence in done.err
    assert len(done.err.splitlines()) == 1


def test_standard_input_is_a_file_too(workspace: Path, database: sa.Engine) -> None:
    """`psql ... | lifecycle import customers -`."""
    del workspace
    command = [sys.executable, "-m", "engine.cli", "import", "customers", "-"]
    done = subprocess.run(command, input="id\nc1\n", capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    with reading(database) as connection:
        assert connection.scalars(sa.select(customer.c.id)).all() == ["c1"]


@pytest.mark.skipif(sys.platform != "linux", reason="asks the kernel what the process waits for")
def test_ctrl_c_ends_with_a_sentence(workspace: Path) -> None:
    """No traceback, exit code 130."""
    del workspace
    # A shell without a terminal starts its background jobs, and so perhaps this test, with Ctrl-C switched off.
    listening = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
    code = f"{listening}from engine.cli.main import main; main()"
    command = [sys.executable, "-c", code, "import", "customers", "-"]
    reading_end, writing_end = os.pipe()
    with subprocess.Popen(command, stdin=reading_end, stderr=subprocess.PIPE, text=True) as process:
        os.close(reading_end)
        os.write(writing_end, b"id\nc1\n")
        while b"pipe" not in _waits_in(process.pid):
            assert process.poll() is None
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=60)
        os.close(writing_end)
    assert process.returncode == 130
    assert said == "Stopped by Ctrl-C.\n"


def _waits_in(process: int) -> bytes:
    """What the kernel says a process waits for: reading from its standard input."""
    return Path(f"/proc/{process}/wchan").read_bytes()
