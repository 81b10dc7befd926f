"""`lifecycle doctor` on the command line."""

from __future__ import annotations

from pathlib import Path

from commands import Lifecycle


def test_doctor_tells_everything_and_ends_by_the_worst(alone: Lifecycle, starter: Path) -> None:
    """Warnings alone end it with 3, a problem with 1; the same findings come as JSON."""
    alone.ok("db", "upgrade")
    done = alone("doctor")
    assert done.code == 3, done
    assert "warning     public url: public_url is not set" in done.out
    found = alone("doctor", "--json")
    assert found.code == 3
    assert {"ok", "warning"} <= {each["state"] for each in found.json}
    (starter / "lifecycle.db").unlink()
    assert alone("doctor").code == 1
