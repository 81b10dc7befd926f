"""Every provider against the one contract, at a faithful other end."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
import trustme

from engine.providers.base import Provider
from engine.providers.files import FilesProvider
from engine.providers.memory import MemoryProvider
from engine.providers.mime import compose
from engine.providers.sendgrid import SendGridProvider
from engine.providers.smtp import SmtpProvider
from engine.testing.provider_contract import Arrived, ProviderContract
from engine.testing.sendgrid import SendGridServer
from engine.testing.smtp_sink import SmtpSink


def closed_port() -> int:
    """Return a port on which nobody listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


class TestMemory(ProviderContract):
    """The provider of tests and simulations."""

    def provider(self) -> Provider:
        """Return the one provider, so that what it was given can be looked at."""
        self.memory = getattr(self, "memory", None) or MemoryProvider()
        return self.memory

    def arrived(self) -> Sequence[Arrived]:
        """Return what was sent, composed as a mail."""
        return [Arrived.read(compose(envelope)) for envelope in self.memory.sent]


class TestFiles(ProviderContract):
    """A folder of .eml files."""

    @pytest.fixture(autouse=True)
    def _folder(self, tmp_path: Path) -> None:
        self.folder = tmp_path / "mails"

    def provider(self) -> Provider:
        """Return a provider for a new folder."""
        return FilesProvider(folder=self.folder)

    def arrived(self) -> Sequence[Arrived]:
        """Return the mails in the folder, in the order in which they were written."""
        paths = sorted(self.folder.iterdir(), key=lambda path: path.stat().st_mtime_ns)
        return [Arrived.read(path.read_bytes()) for path in paths]

    def unreachable(self) -> Provider:
        """Return a provider whose folder vanishes after it was opened."""
        return _Vanishing(folder=self.folder)


class _Vanishing(FilesProvider):
    async def open(self) -> None:
        await super().open()
        self.folder.rmdir()


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    """A certificate authority of our own."""
    return trustme.CA()


@pytest.fixture
def server_side(authority: trustme.CA) -> ssl.SSLContext:
    """What a server for 127.0.0.1 shows."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    return context


@pytest.fixture
def client_side(authority: trustme.CA) -> ssl.SSLContext:
    """What a client that trusts our authority uses."""
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


class SmtpContract(ProviderContract):
    """What holds over SMTP however the line is encrypted."""

    sink: SmtpSink
    context: ssl.SSLContext | None = None

    def provider(self) -> Provider:
        """Return a provider that talks to the sink."""
        user, password = self.sink.login or ("", "")
        return SmtpProvider(
            host="127.0.0.1",
            port=self.sink.port,
            tls=self.sink.tls,
            user=user,
            password=password,
            tls_context=self.context,
            timeout=10,
        )

    def arrived(self) -> Sequence[Arrived]:
        """Return what the sink kept."""
        return [Arrived.read(mail.content, ", ".join(mail.recipients)) for mail in self.sink.mails]

    def unreachable(self) -> Provider:
        """Return a provider for a port on which nobody listens."""
        return SmtpProvider(host="127.0.0.1", port=closed_port(), tls="none", timeout=5)


class TestSmtpPlain(SmtpContract):
    """SMTP in clear."""

    @pytest.fixture(autouse=True)
    def _sink(self) -> Iterator[None]:
        with SmtpSink() as self.sink:
            yield


class TestSmtpStartTls(SmtpContract):
    """SMTP with STARTTLS and a login."""

    @pytest.fixture(autouse=True)
    def _sink(self, server_side: ssl.SSLContext, client_side: ssl.SSLContext) -> Iterator[None]:
        self.context = client_side
        with SmtpSink(tls="starttls", context=server_side, login=("us", "secret")) as self.sink:
            yield


class TestSmtpTls(SmtpContract):
    """SMTP inside TLS."""

    @pytest.fixture(autouse=True)
    def _sink(self, server_side: ssl.SSLContext, client_side: ssl.SSLContext) -> Iterator[None]:
        self.context = client_side
        with SmtpSink(tls="tls", context=server_side) as self.sink:
            yield


class TestSendGrid(ProviderContract):
    """SendGrid's API, with every request judged by the rules of its published description."""

    @pytest.fixture(autouse=True)
    def _server(self) -> Iterator[None]:
        with SendGridServer() as self.server:
            yield
        assert self.server.faults == []

    def provider(self) -> Provider:
        """Return a provider that talks to the local server."""
        return SendGridProvider(api_key=self.server.api_key, base_url=self.server.url, timeout=10)

    def arrived(self) -> Sequence[Arrived]:
        """Return what the server accepted."""
        return [
            Arrived(
                send_id=body["personalizations"][0]["custom_args"]["lc_send_id"],
                recipient=body["personalizations"][0]["to"][0]["email"],
                subject=body["subject"],
                parts=tuple((part["type"], part["value"]) for part in body["content"]),
                headers=tuple(name.lower() for name in body["headers"]),
            )
            for body in self.server.accepted
        ]

    def unreachable(self) -> Provider:
        """Return a provider for a port on which nobody listens."""
        return SendGridProvider(api_key="SG.x", base_url=f"http://127.0.0.1:{closed_port()}", timeout=5)
