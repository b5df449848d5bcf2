"""Alembic migrations, carried as package data and run at start."""
