"""A pipeline written by hand that does the same durable work: what a good engineer would write for this one company.

Plain drivers, one thread for the database, as few transactions as there can be: in one, what was answered is settled,
and as many mails as there are free connections are rendered from the facts, stored and marked as being sent.
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
import ssl
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from typing import Any, TypeAlias

import aiohttp
from aiosmtplib import SMTP
from benchmarks.sending_by_hand_mails import Writer
from benchmarks.sending_company import NOW
from benchmarks.sending_talk import answering

from engine.clock import monotonic, to_micros

Mail = dict[str, Any]
Cursor: TypeAlias = Any
Connection: TypeAlias = Any
"""Those of two drivers."""
_AT = to_micros(NOW)
_DUE = """SELECT m.send_id, m.template, m.attempt, m.address_hash, c.id, c.email, c.first_name, c.last_name,
    c.time_zone, c.locale, a.name, a.status, a.plan, a.card_expires_on, a.id
  FROM message m JOIN customer c ON c.id = m.recipient_id LEFT JOIN account a ON a.id = c.account_id
  JOIN recipient r ON r.address_hash = m.address_hash
  WHERE m.status = 'queued' AND m.not_before <= ? AND NOT EXISTS
    (SELECT 1 FROM suppression s WHERE s.address_hash = m.address_hash AND s.scope IN ('*', m.topic))
  ORDER BY m.not_before LIMIT ?"""
_TRAITS = "SELECT subject_id, name, number, text FROM trait WHERE subject_type = 'account' AND subject_id IN ({})"
_CONTENT = """INSERT INTO message_content (send_id, sender, recipient, subject, html, text, language, headers, facts,
  rendered_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, '', ?)"""
_SENDING = """UPDATE message SET status = 'sending', attempt = attempt + 1, first_intent_at = ?, lease_until = ?,
  worker = 'hand', status_at = ? WHERE send_id = ? AND status = 'queued' AND attempt = ?"""
_SENT = """UPDATE message SET status = 'sent', provider_message_id = ?, status_at = ?
  WHERE send_id = ? AND status = 'sending' AND attempt = ?"""
_NOTED = "UPDATE recipient SET last_sent_at = ? WHERE address_hash = ?"


class Ledger:
    """The outbox in plain SQL."""

    def __init__(self, url: str, writer: Writer) -> None:
        self._writer = writer
        self._sqlite = url.startswith("sqlite")
        self._connection: Connection = _sqlite(url) if self._sqlite else _postgresql(url)

    def turn(self, answered: Sequence[tuple[Mail, str]], room: int) -> list[Mail]:
        """In one transaction, settle what was answered and take what may be sent now."""
        cursor = self._connection.cursor()
        self._run(cursor, "BEGIN IMMEDIATE" if self._sqlite else "BEGIN")
        if answered:
            done = [(message_id, _AT, mail["send_id"], mail["attempt"]) for mail, message_id in answered]
            self._many(cursor, _SENT, done)
            self._many(cursor, _NOTED, sorted((_AT, mail["address_hash"]) for mail, _ in answered))
        taken = self._take(cursor, room) if room else []
        self._run(cursor, "COMMIT")
        return taken

    def _take(self, cursor: Cursor, room: int) -> list[Mail]:
        lock = "" if self._sqlite else " FOR UPDATE OF m, r SKIP LOCKED"
        rows = self._run(cursor, _DUE + lock, (_AT, room)).fetchall()
        accounts = sorted({row[14] for row in rows if row[14]})
        traits: dict[str, dict[str, Any]] = {}
        if accounts:
            asked = _TRAITS.format(", ".join("?" * len(accounts)))
            for subject, name, number, text in self._run(cursor, asked, tuple(accounts)):
                traits.setdefault(subject, {})[name] = text if number is None else number
        mails = [self._writer.write(row, traits.get(row[14], {})) for row in rows]
        kept = [
            (m["send_id"], m["sender"], m["to"], m["subject"], m["html"], m["text"], "en", m["headers_json"], _AT)
            for m in mails
        ]
        if mails:
            self._many(cursor, _CONTENT, kept)
            lease = _AT + 65_000_000
            self._many(cursor, _SENDING, [(_AT, lease, _AT, m["send_id"], m["attempt"] - 1) for m in mails])
        return mails

    def _run(self, cursor: Cursor, sql: str, given: Sequence[object] = ()) -> Cursor:
        return cursor.execute(sql if self._sqlite else sql.replace("?", "%s"), given)

    def _many(self, cursor: Cursor, sql: str, given: Sequence[Any]) -> None:
        cursor.executemany(sql if self._sqlite else sql.replace("?", "%s"), given)


def _sqlite(url: str) -> sqlite3.Connection:
    connection = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None, check_same_thread=False)
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "cache_size=-32768", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")
    return connection


def _postgresql(url: str) -> Connection:
    import psycopg

    return psycopg.connect(url, autocommit=True, prepare_threshold=1)


async def over_sendgrid(
    stack: AsyncExitStack, port: int, connections: int, certificate: str
) -> Callable[[Mail], Awaitable[str]]:
    """Return what posts a mail over kept connections and returns SendGrid's id."""
    trusts = ssl.create_default_context(cafile=certificate)
    connector = aiohttp.TCPConnector(limit=connections, ssl=trusts)
    headers = {"Authorization": "Bearer SG.bench", "Content-Type": "application/json"}
    session = await stack.enter_async_context(aiohttp.ClientSession(connector=connector, headers=headers))
    url = f"https://localhost:{port}/v3/mail/send"

    async def send(mail: Mail) -> str:
        body = {
            "from": {"email": mail["from"], "name": mail["from_name"]},
            "personalizations": [
                {"to": [{"email": mail["to"], "name": mail["to_name"]}], "custom_args": {"lc_send_id": mail["send_id"]}}
            ],
            "subject": mail["subject"],
            "content": [
                {"type": "text/plain", "value": mail["text"]},
                {"type": "text/html", "value": mail["html"]},
            ],
            "headers": mail["headers"],
            "categories": [mail["template"]],
            "tracking_settings": {"subscription_tracking": {"enable": False}},
        }
        async with session.post(url, data=json.dumps(body).encode()) as response:
            response.raise_for_status()
            return response.headers["X-Message-Id"]

    return send


async def over_smtp(stack: AsyncExitStack, port: int, connections: int) -> Callable[[Mail], Awaitable[str]]:
    """Return what sends a mail over kept SMTP connections."""
    clients = [SMTP(hostname="127.0.0.1", port=port, start_tls=False) for _ in range(connections)]
    for client in clients:
        await stack.enter_async_context(client)

    async def send(mail: Mail) -> str:
        letter = MIMEMultipart("alternative")
        told = {"From": mail["sender"], "To": mail["to"], "Subject": mail["subject"], **mail["headers"]}
        for name, value in told.items():
            letter[name] = value
        letter.attach(MIMEText(mail["text"], "plain", "utf-8"))
        letter.attach(MIMEText(mail["html"], "html", "utf-8"))
        client = clients.pop()
        await client.sendmail(mail["from"], [mail["to"]], letter.as_bytes())
        clients.append(client)
        return ""

    return send


async def run(ledger: Ledger, send: Callable[[Mail], Awaitable[str]], connections: int) -> int:
    """Send all that is due; returns how many."""
    loop, thread = asyncio.get_running_loop(), ThreadPoolExecutor(1)
    answered: list[tuple[Mail, str]] = []
    flying: set[asyncio.Task[None]] = set()
    count = 0

    async def one(mail: Mail) -> None:
        message_id = await send(mail)
        answered.append((mail, message_id))

    while True:
        done, answered = answered, []
        taken = await loop.run_in_executor(thread, ledger.turn, done, connections - len(flying))
        count += len(taken)
        for mail in taken:
            task = asyncio.create_task(one(mail))
            flying.add(task)
            task.add_done_callback(flying.discard)
        if flying:
            await asyncio.wait(flying, return_when=asyncio.FIRST_COMPLETED)
        elif not answered:
            return count


async def _serve(url: str, mails: str, kind: str, *way: str) -> None:
    ledger, port, connections, certificate = Ledger(url, Writer(mails)), int(way[0]), int(way[1]), way[2]
    async with AsyncExitStack() as stack:
        if kind == "smtp":
            send = await over_smtp(stack, port, connections)
        else:
            send = await over_sendgrid(stack, port, connections, certificate)
        loop = asyncio.get_running_loop()

        def act(_line: str) -> Mapping[str, object]:
            began = monotonic()
            count = asyncio.run_coroutine_threadsafe(run(ledger, send, connections), loop).result()
            return {"seconds": monotonic() - began, "moved": {"sent": count}}

        await loop.run_in_executor(None, answering, act)


if __name__ == "__main__":
    asyncio.run(_serve(*sys.argv[1:]))
