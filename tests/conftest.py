"""Fixtures every test may ask for by name."""

from tests.fakes.databases import each_database, empty_database

__all__ = ["each_database", "empty_database"]
