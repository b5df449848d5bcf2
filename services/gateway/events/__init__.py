"""Telling the world how a job goes: replay from the database, then live."""
