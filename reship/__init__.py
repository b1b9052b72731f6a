"""Reship: a client portal whose centre is sending items of an order again."""

from reship.database.library import use_the_newer_sqlite

__version__ = "0.1.0"

# Here, because nothing of Reship can be imported before this line, and Django binds to a SQLite when it loads.
use_the_newer_sqlite()
