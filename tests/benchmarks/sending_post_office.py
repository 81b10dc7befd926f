"""django-post_office: mails are put into its queue and sent from there over SMTP by one process."""

from __future__ import annotations

import logging
import sys
from typing import Any

import django
from benchmarks.sending_by_hand_mails import Writer
from benchmarks.sending_company import CARD_EXPIRES
from benchmarks.sending_talk import answering
from django.conf import settings

from engine.clock import monotonic


def configure(folder: str, port: str) -> None:
    """Make a Django with one app, over SQLite."""
    settings.configure(
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": f"{folder}/post_office.db"}},
        INSTALLED_APPS=["django.contrib.contenttypes", "post_office"],
        EMAIL_BACKEND="post_office.EmailBackend",
        EMAIL_HOST="127.0.0.1",
        EMAIL_PORT=int(port),
        POST_OFFICE={"LOG_LEVEL": 0, "LOCKFILE_DIR": folder, "BATCH_SIZE": 10_000},
        USE_TZ=True,
        DEFAULT_AUTO_FIELD="django.db.models.AutoField",
        TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates"}],
    )
    django.setup()
    logging.disable(logging.INFO)


def main(mails: str, port: str, folder: str) -> None:
    """Answer each line of input, a number of mails, with the seconds they took."""
    configure(folder, port)
    from django.core.management import call_command
    from post_office import mail as post_office

    call_command("migrate", verbosity=0)
    writer = Writer(mails)

    def letter(number: int) -> dict[str, Any]:
        who = (f"c{number}", f"ana.{number}@customer.test", f"Ana {number}", "Lindqvist", "Europe/Stockholm", "en")
        company = ("Blue Reef", "active", "pro", CARD_EXPIRES.isoformat(), "a1")
        mail = writer.write((f"id-{number}", writer.name(number), 0, "", *who, *company), {"boards": 3})
        told = {name: mail[name] for name in ("subject", "headers", "sender")}
        return {**told, "recipients": [mail["to"]], "message": mail["text"], "html_message": mail["html"]}

    def run(line: str) -> dict[str, object]:
        began, count = monotonic(), int(line)
        post_office.send_many([letter(number) for number in range(count)])
        sent, failed, requeued = post_office.send_queued(processes=1)
        return {"seconds": monotonic() - began, "moved": {"sent": sent, "failed": failed, "queued": requeued}}

    answering(run)


if __name__ == "__main__":
    main(*sys.argv[1:])
