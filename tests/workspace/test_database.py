import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from aid_lsp.workspace.database import is_busy, opened


def test_all_who_begin_a_file_at_once_get_in(tmp_path: Path) -> None:
    together = Barrier(3)

    def insert(path: Path) -> None:
        together.wait(60)
        connection = opened(path, 60)
        connection.execute("CREATE TABLE IF NOT EXISTS words (word)")
        connection.execute("INSERT INTO words VALUES ('x')")
        connection.commit()
        connection.close()

    with ThreadPoolExecutor(3) as pool:
        for n in range(40):
            list(pool.map(insert, [tmp_path / f"{n}.db"] * 3))
            connection = opened(tmp_path / f"{n}.db", 60)
            assert connection.execute("SELECT count(*) FROM words").fetchone() == (3,)
            connection.close()


def test_a_file_that_somebody_holds_is_busy_not_broken(tmp_path: Path) -> None:
    holder = sqlite3.connect(tmp_path / "held.db", isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    with pytest.raises(sqlite3.OperationalError, match="locked") as held:
        opened(tmp_path / "held.db", 0.05)
    assert is_busy(held.value)
    holder.close()
    (tmp_path / "broken.db").write_bytes(b"no database" * 100)
    with pytest.raises(sqlite3.DatabaseError, match="not a database") as broken:
        opened(tmp_path / "broken.db", 0.05)
    assert not is_busy(broken.value)
