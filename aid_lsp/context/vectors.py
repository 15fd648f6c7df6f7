"""Embeddings that were asked for before, by the model and the text that they are of."""

import hashlib
import sqlite3
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from threading import RLock

SCHEMA = "CREATE TABLE IF NOT EXISTS vectors (key BLOB PRIMARY KEY, vector BLOB NOT NULL) WITHOUT ROWID;"
_MOST = 30_000
"""Vectors kept; when there are more, all are forgotten."""


def key(model: str, text: str) -> bytes:
    """What names a vector."""
    return hashlib.sha256(f"{model}\0{text}".encode("utf-8", "surrogatepass")).digest()


@dataclass(frozen=True, slots=True)
class Vectors:
    """A table of the index."""

    base: sqlite3.Connection
    lock: RLock

    def get(self, keys: Sequence[bytes]) -> "dict[bytes, array[float]]":
        """Those that are known. Raises sqlite3.Error."""
        found: dict[bytes, array[float]] = {}
        with self.lock:
            for name in keys:
                row = self.base.execute("SELECT vector FROM vectors WHERE key = ?", (name,)).fetchone()
                if row is not None:
                    found[name] = array("f", row[0])
        return found

    def put(self, vectors: "Mapping[bytes, array[float]]") -> None:
        """Keeps vectors. Raises sqlite3.Error."""
        with self.lock:
            if self.base.execute("SELECT count(*) FROM vectors").fetchone()[0] > _MOST:
                self.base.execute("DELETE FROM vectors")
            rows = [(name, vector.tobytes()) for name, vector in vectors.items()]
            self.base.executemany("INSERT OR REPLACE INTO vectors VALUES (?, ?)", rows)
            self.base.commit()
