"""Simulated mails as a folder one can look through: HTML, text and .eml of each, and an index page."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from engine.errors import UsageError
from engine.simulate.forecast import SENT, Mail

INDEX = "index.html"
_AWKWARD = re.compile(r"[^A-Za-z0-9._-]+")


@dataclass(frozen=True, kw_only=True)
class Heading:
    """What the index says above the mails."""

    title: str
    aside: str


FORECAST = Heading(title="What would be sent", aside="Nothing of this was sent.")
PAST = Heading(title="What was sent", aside="Into a folder: nobody got a mail.")


@dataclass(frozen=True, kw_only=True)
class Shown:
    """One mail of the index and the names of its files."""

    mail: Mail
    html: str
    text: str
    eml: str


def prepare(folder: Path) -> Path:
    """Return the folder, made where it was missing; raises UsageError where it holds anything but a gallery."""
    if folder.exists() and (not folder.is_dir() or (any(folder.iterdir()) and not (folder / INDEX).exists())):
        raise UsageError(f"{folder} holds other things; name an empty or a new folder with --out")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.glob("*"):
            if old.suffix in {".html", ".txt", ".eml"}:
                old.unlink()
    except OSError as error:
        raise UsageError(f"{folder} cannot be written ({error.strerror}); name another folder with --out") from None
    return folder


def write(
    folder: Path, mails: Iterable[Mail], contents: Mapping[str, Any], sources: Mapping[str, bytes], *, heading: Heading
) -> int:
    """Write the files of each mail that would leave, and the index; returns how many mails there are.

    `contents` holds the rows of `message_content` and `sources` the bytes handed to the provider, both by send id.
    """
    shown = []
    for number, mail in enumerate(
        (mail for mail in mails if mail.status == SENT and mail.send_id in contents), start=1
    ):
        stem = _AWKWARD.sub("-", f"{number:04d}-{mail.rule}-{mail.customer_id}")[:80]
        row = contents[mail.send_id]
        (folder / f"{stem}.html").write_text(row["html"], encoding="utf-8")
        (folder / f"{stem}.txt").write_text(f"Subject: {row['subject']}\n\n{row['text']}", encoding="utf-8")
        (folder / f"{stem}.eml").write_bytes(sources[mail.send_id])
        shown.append(Shown(mail=mail, html=f"{stem}.html", text=f"{stem}.txt", eml=f"{stem}.eml"))
    days = [(day, list(group)) for day, group in groupby(shown, key=lambda item: item.mail.at.date())]
    page = _environment().get_template("gallery.html").render(heading=heading, days=days, total=len(shown))
    (folder / INDEX).write_text(page, encoding="utf-8")
    return len(shown)


def _environment() -> Environment:
    loader = PackageLoader("engine.simulate", "pages")
    return Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
