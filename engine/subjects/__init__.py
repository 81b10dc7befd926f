"""What is known of customers and accounts: found by name, loaded in batches, and as emails see it."""

from engine.subjects.context import context
from engine.subjects.find import find_customer
from engine.subjects.known import Account, Known, Person, load, load_accounts, load_persons

__all__ = [
    "Account",
    "Known",
    "Person",
    "context",
    "find_customer",
    "load",
    "load_accounts",
    "load_persons",
]
