"""Mail as it comes back: delivery reports by RFC 3464, abuse reports by RFC 5965, and forms of servers' own."""

from __future__ import annotations

from collections.abc import Mapping

SEND_ID = "6b0b2e0a-58a4-5d3c-9a53-3a1f0a7f1c11"
DATE = "Mon, 02 Mar 2026 12:00:30 +0000"


def original(send_id: str = SEND_ID) -> str:
    """Return the beginning of a mail of ours, as servers return it."""
    return (
        "Return-Path: <hello@acme.test>\nDate: Mon, 02 Mar 2026 12:00:00 +0000\nFrom: Acme <hello@acme.test>\n"
        f"To: Ana <ana@example.com>\nSubject: Welcome, Ana\nMessage-ID: <{send_id}@acme.test>\n"
    )


def a_report(
    *,
    send_id: str = SEND_ID,
    action: str = "failed",
    status: str = "5.1.1",
    diagnostic: str = "smtp; 550 5.1.1 <ana@example.com>: Recipient address rejected: User unknown",
    returned: str = "text/rfc822-headers",
    status_part: str = "message/delivery-status",
    extra: str = "",
) -> str:
    """Return a delivery report as Postfix writes it."""
    return f"""Return-Path: <>
Date: {DATE}
From: MAILER-DAEMON@mx.acme.test (Mail Delivery System)
Subject: Undelivered Mail Returned to Sender
To: hello@acme.test
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="B"
Message-Id: <20260302120030.1@mx.acme.test>

This is a MIME-encapsulated message.

--B
Content-Description: Notification
Content-Type: text/plain; charset=us-ascii

This is the mail system at host mx.acme.test.

--B
Content-Description: Delivery report
Content-Type: {status_part}

Reporting-MTA: dns; mx.acme.test
Arrival-Date: Mon,  2 Mar 2026 12:00:00 +0000

Final-Recipient: rfc822; ana@example.com
Original-Recipient: rfc822;ana@example.com
Action: {action}
Status: {status}
Remote-MTA: dns; mx.example.com
Diagnostic-Code: {diagnostic}
{extra}
--B
Content-Description: Undelivered Message Headers
Content-Type: {returned}

{original(send_id)}
--B--
"""


def a_complaint(*, send_id: str = SEND_ID, named: str = "abuse") -> str:
    """Return an abuse report of a receiver."""
    return f"""Date: {DATE}
From: <feedback@isp.example>
Subject: FW: Welcome, Ana
To: <abuse@acme.test>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="B"

--B
Content-Type: text/plain; charset="US-ASCII"

This is an email abuse report.

--B
Content-Type: message/feedback-report

Feedback-Type: {named}
User-Agent: SomeGenerator/1.0
Version: 1

--B
Content-Type: message/rfc822
Content-Disposition: inline

{original(send_id)}
Hi Ana
--B--
"""


def qmail(code: str = "(#5.1.1)") -> str:
    """Return a bounce as qmail writes it: text alone."""
    return f"""Return-Path: <>
Date: {DATE}
From: MAILER-DAEMON@mx.example.com
To: hello@acme.test
Subject: failure notice

Hi. This is the qmail-send program at mx.example.com.
I'm afraid I wasn't able to deliver your message to the following addresses.
This is a permanent error; I've given up. Sorry it didn't work out.

<ana@example.com>:
Sorry, no mailbox here by that name. {code}

--- Below this line is a copy of the message.

{original()}
Hi Ana
"""


def exim() -> str:
    """Return a bounce as older Exims write it."""
    return f"""Return-Path: <>
X-Failed-Recipients: ana@example.com
From: Mail Delivery System <Mailer-Daemon@mx.acme.test>
To: hello@acme.test
Subject: Mail delivery failed: returning message to sender
Date: {DATE}

This message was created automatically by mail delivery software.

A message that you sent could not be delivered to one or more of its
recipients. This is a permanent error. The following address(es) failed:

  ana@example.com
    host mx.example.com [192.0.2.1]
    SMTP error from remote mail server after RCPT TO:<ana@example.com>:
    550 5.1.1 The email account that you tried to reach does not exist

------ This is a copy of the message, including all the headers. ------

{original()}
Hi Ana
"""


def a_mail(subject: str = "Out of office", *, body: str = "I am away until Monday.", **headers: str) -> str:
    """Return what people and their programs answer."""
    more = "".join(f"{name.replace('_', '-')}: {value}\n" for name, value in headers.items())
    return (
        f"Date: {DATE}\nFrom: Ana <ana@example.com>\nTo: hello@acme.test\nSubject: {subject}\n"
        f"In-Reply-To: <{SEND_ID}@acme.test>\n{more}\n{body}\n"
    )


def a_receipt() -> str:
    """Return a read receipt."""
    return a_report().replace("report-type=delivery-status", "report-type=disposition-notification")


SAMPLES: Mapping[str, tuple[str, str, str | None]] = {
    "no such user": (a_report(), "bounced", "hard"),
    "no such user, whole mail returned": (a_report(returned="message/rfc822"), "bounced", "hard"),
    "no such domain": (a_report(status="5.1.2", diagnostic="x-unix; host not found"), "bounced", "hard"),
    "null MX": (a_report(status="5.1.10", diagnostic="smtp; 556 5.1.10 no mail here"), "bounced", "hard"),
    "of an internationalised server": (a_report(status_part="message/global-delivery-status"), "bounced", "hard"),
    "of a server that writes error": (a_report(action="error (really)"), "bounced", "hard"),
    "status plain, words exact": (a_report(status="5.0.0"), "bounced", "hard"),
    "given up after days": (a_report(status="4.4.7", diagnostic="x-pf; delivery time expired"), "bounced", "excused"),
    "mailbox full": (a_report(status="5.2.2", diagnostic="smtp; 552 5.2.2 over quota"), "bounced", "excused"),
    "mailbox full by words": (a_report(status="5.0.0", diagnostic="smtp; 552 over quota"), "bounced", "excused"),
    "policy": (a_report(status="5.7.1", diagnostic="smtp; 550 5.7.1 listed"), "bounced", "excused"),
    "policy by words": (a_report(diagnostic="smtp; 550 5.7.26 unauthenticated"), "bounced", "excused"),
    "content": (a_report(status="5.6.0", diagnostic="smtp; 554 5.6.0 bad content"), "bounced", "excused"),
    "too large": (a_report(status="5.3.4", diagnostic="smtp; 552 5.3.4 too big"), "bounced", "excused"),
    "mailbox disabled": (a_report(status="5.2.1", diagnostic="smtp; 550 5.2.1 disabled"), "bounced", "soft"),
    "no route": (a_report(status="5.4.4", diagnostic="x-pf; no route after 432000 s"), "bounced", "soft"),
    "late": (a_report(action="delayed", status="4.4.1", diagnostic="smtp; 451 4.4.1 later"), "deferred", None),
    "qmail": (qmail(), "bounced", "hard"),
    "qmail, full": (qmail("(#5.2.2)"), "bounced", "excused"),
    "qmail, no code": (qmail(""), "bounced", "soft"),
    "exim": (exim(), "bounced", "hard"),
    "an abuse report": (a_complaint(), "complained", None),
    "a fraud report": (a_complaint(named="Fraud"), "complained", None),
    "an opt-out report": (a_complaint(named="opt-out"), "unsubscribed", None),
}
"""A mail that came back, the kind of what it says, and how much it says of the address."""

SILENT: Mapping[str, tuple[str, str]] = {
    "out of office": (a_mail(Auto_Submitted="auto-replied"), "automatic reply"),
    "out of office, older": (a_mail(Precedence="auto_reply"), "automatic reply"),
    "out of office that quotes a bounce": (
        a_mail(body=exim().partition("\n\n")[2], Auto_Submitted="auto-replied"),
        "automatic reply",
    ),
    "a read receipt": (a_receipt(), "automatic reply"),
    "an answer of a person": (a_mail("Re: Welcome, Ana", body="Thanks! 550 5.1.1 jokes."), "no bounce"),
    "a report that it was not spam": (a_complaint(named="not-spam"), "a report of not-spam"),
    "a DMARC failure": (a_complaint(named="auth-failure"), "a report of auth-failure"),
    "delivered": (a_report(action="delivered", status="2.0.0", diagnostic="smtp; 250 OK"), "no bounce"),
    "a bounce of other mail": (a_report(send_id="20260302.17"), "not ours"),
    "garbage": ("\x00\xff\xfe no mail at all \x80", "no bounce"),
    "nothing": ("", "no bounce"),
    "parts within parts": (
        "".join(f'Content-Type: multipart/mixed; boundary="b{depth}"\n\n--b{depth}\n' for depth in range(17)),
        "unreadable",
    ),
    "lines without end": (a_report() + "\n" * 20_000, "unreadable"),
    "a report cut off": (a_report()[:500], "no bounce"),
    "a complaint without its report": (a_complaint().replace("message/feedback-report", "text/plain"), "unreadable"),
}
"""Mail that says nothing of a mail of ours, and what is made of it."""
