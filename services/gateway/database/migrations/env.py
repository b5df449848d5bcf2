"""Alembic's environment: the caller hands over its connection (see `database/engine.py`)."""

from alembic import context

from services.gateway.database.models import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,  # SQLite alters a table by copying it
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
