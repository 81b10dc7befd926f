"""The public site of a company with two customers."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from sending import add_customer
from serve.visiting import Site, open_site


@pytest.fixture
def site(database: sa.Engine) -> Iterator[Site]:
    """The site over a database of each kind."""
    add_customer(database, "ana")
    add_customer(database, "bo", locale="sv-SE")
    with open_site(database) as site:
        yield site
