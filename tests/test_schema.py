"""The migrations make exactly the models' tables, up and down, on both databases."""

from __future__ import annotations

import warnings

import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlmodel import SQLModel

from engine import schema
from engine.models.tables import release, rule_state


def test_migrated_tables_are_the_models_tables(database: sa.Engine) -> None:
    """A migrated database differs in nothing from what the models say."""
    with database.connect() as connection, warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*expression-based index")
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, SQLModel.metadata) == []


def test_every_index_of_the_models_is_there(database: sa.Engine) -> None:
    """Indexes on expressions, which Alembic cannot compare on SQLite, are there by name."""
    wanted = {str(index.name) for table in SQLModel.metadata.tables.values() for index in table.indexes}
    sqlite = database.dialect.name == "sqlite"
    query = "SELECT name FROM sqlite_master" if sqlite else "SELECT indexname FROM pg_indexes"
    with database.connect() as connection:
        assert wanted <= set(connection.exec_driver_sql(query).scalars())


def test_migrations_go_down_and_up_again(database: sa.Engine) -> None:
    """Going down leaves no table behind, and going up again makes them all."""
    schema.downgrade(database, "base")
    assert set(sa.inspect(database).get_table_names()) <= {"alembic_version"}
    schema.upgrade(database)
    assert schema.current(database) == schema.head()
    assert set(SQLModel.metadata.tables) < set(sa.inspect(database).get_table_names())


def test_a_database_made_before_keeps_its_rows(database: sa.Engine) -> None:
    """A release and a rule from before values could be recast are there afterwards, with nothing to recast."""
    schema.downgrade(database, "0001")
    with database.begin() as connection:
        connection.exec_driver_sql(
            "INSERT INTO release (id, applied_at, author, fingerprint, time_zone, files, fingerprints) "
            "VALUES (1, 0, 'ana', 'f', 'UTC', '{}', '{}')"
        )
        connection.exec_driver_sql(
            "INSERT INTO rule_state (rule, release_id, fingerprint, trigger_fingerprint, activated, stands_for, "
            "full_pass, held_for) VALUES ('welcome', 1, 'f', 't', '{}', '{}', false, 0)"
        )
    schema.upgrade(database)
    with database.connect() as connection:
        assert connection.execute(sa.select(release.c.author, release.c.recasting)).one() == ("ana", {})
        assert connection.execute(sa.select(rule_state.c.rule, rule_state.c.recasting)).one() == ("welcome", False)
