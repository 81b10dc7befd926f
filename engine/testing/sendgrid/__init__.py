"""A faithful SendGrid on this machine: judges each request, answers as it is told, remembers what it took."""

from engine.testing.sendgrid.chaos import chaos
from engine.testing.sendgrid.replies import Reply
from engine.testing.sendgrid.server import SendGridServer

__all__ = ["Reply", "SendGridServer", "chaos"]
