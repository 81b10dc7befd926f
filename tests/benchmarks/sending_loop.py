"""What people write first: a loop that renders a mail and calls `SendGridAPIClient.send`, one connection a mail."""

from __future__ import annotations

import sys

from benchmarks.sending_by_hand_mails import Writer
from benchmarks.sending_company import CARD_EXPIRES
from benchmarks.sending_talk import answering
from sendgrid import SendGridAPIClient
from sendgrid.helpers.mail import Content, Mail

from engine.clock import monotonic


def main(mails: str, port: str) -> None:
    """Answer each line of input, a number of mails, with the seconds they took."""
    writer, client = Writer(mails), SendGridAPIClient("SG.bench", host=f"https://localhost:{port}")

    def send(number: int) -> None:
        who = (f"c{number}", f"ana.{number}@customer.test", f"Ana {number}", "Lindqvist", "Europe/Stockholm", "en")
        company = ("Blue Reef", "active", "pro", CARD_EXPIRES.isoformat(), "a1")
        mail = writer.write((f"id-{number}", writer.name(number), 0, "", *who, *company), {"boards": 3})
        letter = Mail(from_email=mail["from"], to_emails=mail["to"], subject=mail["subject"])
        letter.content = [Content("text/plain", mail["text"]), Content("text/html", mail["html"])]
        client.send(letter)

    def run(line: str) -> dict[str, object]:
        began, count = monotonic(), int(line)
        for number in range(count):
            send(number)
        return {"seconds": monotonic() - began, "moved": {"sent": count}}

    answering(run)


if __name__ == "__main__":
    main(*sys.argv[1:])
