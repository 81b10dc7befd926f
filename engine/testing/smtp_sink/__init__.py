"""An SMTP server on this machine that takes mails, and fails at any stage as it is told."""

from engine.testing.smtp_sink.faults import Fault, Stage, chaos, nothing
from engine.testing.smtp_sink.server import SmtpSink
from engine.testing.smtp_sink.session import Received

__all__ = ["Fault", "Received", "SmtpSink", "Stage", "chaos", "nothing"]
