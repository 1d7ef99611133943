"""The world in SQLite: every request is one transaction, and stores nothing if it fails.

This module has tables and locks, and no rule of Northflank. A file survives a restart and is held exclusively while
it is open, so that two emulators can never share one.
"""

from __future__ import annotations

import sqlite3
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from nf_ports.emulator.errors import WireError

if TYPE_CHECKING:
    from collections.abc import Iterator

# The steps from each version of the file to the next; a new file takes all of them.
_STEPS = (
    """
CREATE TABLE account (id TEXT PRIMARY KEY, dns_id TEXT NOT NULL);
CREATE TABLE project (
  made INTEGER PRIMARY KEY AUTOINCREMENT, account TEXT NOT NULL REFERENCES account, id TEXT NOT NULL,
  spec TEXT NOT NULL, UNIQUE (account, id));
CREATE TABLE service (
  made INTEGER PRIMARY KEY AUTOINCREMENT, account TEXT NOT NULL, project TEXT NOT NULL, id TEXT NOT NULL,
  type TEXT NOT NULL, uid TEXT NOT NULL, dns_suffix TEXT NOT NULL, spec TEXT NOT NULL, ports TEXT NOT NULL,
  before TEXT NOT NULL DEFAULT '[]', stale_reads INTEGER NOT NULL DEFAULT 0,
  UNIQUE (account, project, id), FOREIGN KEY (account, project) REFERENCES project (account, id));
CREATE TABLE domain (
  made INTEGER PRIMARY KEY AUTOINCREMENT, account TEXT NOT NULL REFERENCES account, name TEXT NOT NULL,
  verified INTEGER NOT NULL, token TEXT NOT NULL, spec TEXT NOT NULL, UNIQUE (account, name));
CREATE TABLE subdomain (
  made INTEGER PRIMARY KEY AUTOINCREMENT, account TEXT NOT NULL, domain TEXT NOT NULL, name TEXT NOT NULL,
  full_name TEXT NOT NULL, verified INTEGER NOT NULL, spec TEXT NOT NULL, UNIQUE (account, domain, name),
  FOREIGN KEY (account, domain) REFERENCES domain (account, name) ON DELETE CASCADE);
CREATE TABLE link (
  host TEXT PRIMARY KEY, service INTEGER NOT NULL REFERENCES service ON DELETE CASCADE, reads INTEGER NOT NULL);
""",
    "CREATE TABLE own_team (id TEXT PRIMARY KEY);\nALTER TABLE link ADD COLUMN issued TEXT;",
    "CREATE TABLE path (account TEXT NOT NULL, name TEXT NOT NULL, PRIMARY KEY (account, name))",
    """
ALTER TABLE path ADD COLUMN spec TEXT NOT NULL DEFAULT '{}';
CREATE TABLE load_balancer (
  made INTEGER PRIMARY KEY AUTOINCREMENT, account TEXT NOT NULL REFERENCES account, id TEXT NOT NULL,
  spec TEXT NOT NULL, UNIQUE (account, id));
""",
)

_TABLES = (*("link", "path", "subdomain", "domain", "load_balancer", "service", "project", "account", "own_team"),)


class UnreadableStateError(Exception):
    """The state file cannot be used; the text is one sentence for the user."""


class Store:
    """One SQLite connection behind one lock; use it inside `transaction`."""

    def __init__(self, path: str | None) -> None:
        """Open or create the state file `path`; None keeps everything in memory.

        Raises:
            UnreadableStateError: it is no state file of this emulator, is in use, or cannot be written.
        """
        self._lock = threading.RLock()
        self._depth = 0
        self._db = sqlite3.connect(":memory:")
        self._db.close()
        try:
            self._db = sqlite3.connect(path or ":memory:", timeout=0, isolation_level=None, check_same_thread=False)
            self._db.row_factory = sqlite3.Row
            self._prepare()
        except sqlite3.Error as error:
            self._db.close()
            raise UnreadableStateError(f"the state file {path} cannot be used: {error}.") from error

    def _prepare(self) -> None:
        # The lock that EXCLUSIVE takes is kept until close; the first write below takes it.
        self._db.execute("PRAGMA locking_mode=EXCLUSIVE")
        version = self._db.execute("PRAGMA user_version").fetchone()[0]
        tables = self._db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        if version not in range(len(_STEPS) + 1) or (version == 0 and tables):
            raise sqlite3.DatabaseError("it was not written by this version of the emulator")
        # WAL with NORMAL survives a killed process at the price of no fsync per request.
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=NORMAL")
        self._db.execute("PRAGMA foreign_keys=ON")
        self._db.execute("BEGIN IMMEDIATE")
        for step in _STEPS[version:]:
            for statement in step.split(";\n"):
                self._db.execute(statement)
        self._db.execute(f"PRAGMA user_version={len(_STEPS)}")
        self._db.execute("COMMIT")

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Store all of the block or none of it; a `WireError` with `keep` set stores what was written before it."""
        with self._lock:
            if self._depth:
                yield
                return
            self._depth = 1
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
            except WireError as error:
                self._db.execute("COMMIT" if error.keep else "ROLLBACK")
                raise
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            else:
                self._db.execute("COMMIT")
            finally:
                self._depth = 0

    def row(self, sql: str, *values: object) -> sqlite3.Row | None:
        """The first row, or None."""
        found: sqlite3.Row | None = self._db.execute(sql, values).fetchone()
        return found

    def rows(self, sql: str, *values: object) -> list[sqlite3.Row]:
        """Every row."""
        return self._db.execute(sql, values).fetchall()

    def write(self, sql: str, *values: object) -> int:
        """Run one writing statement; the number of rows it touched."""
        return self._db.execute(sql, values).rowcount

    def count(self, sql: str, *values: object) -> Any:
        """The single value that a query yields."""
        row = self.row(sql, *values)
        return row[0] if row else 0

    def clear(self) -> None:
        """Forget everything."""
        with self.transaction():
            for table in _TABLES:
                self.write(f"DELETE FROM {table}")  # noqa: S608 (the names stand above)

    def close(self) -> None:
        """Close the file; the store cannot be used afterwards."""
        with self._lock:
            self._db.close()
