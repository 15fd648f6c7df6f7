"""A folder holds what a view holds, after any history, and is written only where it differs."""

import os
import tempfile
import threading
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aid_lsp.ces.shadow import Cancelled, Shadow, Synced
from aid_lsp.workspace.view import Buffer, View
from tests.ces.project import write


def shadow_in(folder: Path) -> Shadow:
    return Shadow(folder / "tree", folder / "incoming", folder / "manifest")


def sync(shadow: Shadow, view: View) -> Synced:
    shadow.disturbed()
    return shadow.apply(view, shadow.plan(view), threading.Event())


def contents(tree: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(tree)): path.read_bytes()
        for path in tree.rglob("*")
        if path.is_file() and "_build" not in path.parts
    }


def old(root: Path) -> None:
    """Lets a project seem to have been written long ago, as most files are."""
    for path in root.rglob("*"):
        os.utime(path, (1_000_000_000, 1_000_000_000))


def test_only_what_differs_is_written(tmp_path: Path) -> None:
    root, shadow = tmp_path / "root", shadow_in(tmp_path / "lane")
    write(root, {"a.ml": "a", "lib/b.ml": "b", "lib/c.ml": "c"})
    old(root)
    assert sync(shadow, View.freeze(root)).written == 3
    assert sync(shadow, View.freeze(root)) == Synced(0, 0)
    (root / "lib/b.ml").write_text("bb")
    (root / "lib/c.ml").unlink()
    assert sync(shadow, View.freeze(root)) == Synced(1, 1)
    assert sync(shadow, View.freeze(root, {"a.ml": Buffer("unsaved", 1), "new/d.ml": Buffer("d", 1)})) == Synced(2, 0)
    assert contents(tmp_path / "lane/tree") == {"a.ml": b"unsaved", "lib/b.ml": b"bb", "new/d.ml": b"d"}
    assert sync(shadow, View.freeze(root)) == Synced(1, 1)
    assert not (tmp_path / "lane/tree/new").exists()


def test_a_settled_tree_is_not_even_read(tmp_path: Path) -> None:
    root, shadow = tmp_path / "root", shadow_in(tmp_path / "lane")
    write(root, {"a.ml": "a", "b.ml": "b"})
    old(root)
    view = View.freeze(root)
    sync(shadow, view)
    assert shadow.plan(view).size == 0
    shadow.save()
    assert shadow_in(tmp_path / "lane").plan(view).size == 0, "nor by the next process"


def test_a_file_written_twice_in_one_tick_of_the_clock_is_not_missed(tmp_path: Path) -> None:
    root, shadow = tmp_path / "root", shadow_in(tmp_path / "lane")
    write(root, {"a.ml": "one"})
    status = (root / "a.ml").stat()
    sync(shadow, View.freeze(root))
    (root / "a.ml").write_text("two")
    os.utime(root / "a.ml", ns=(status.st_atime_ns, status.st_mtime_ns))
    sync(shadow, View.freeze(root))
    assert contents(tmp_path / "lane/tree") == {"a.ml": b"two"}


def test_every_write_is_later_than_the_one_before(tmp_path: Path) -> None:
    root, shadow = tmp_path / "root", shadow_in(tmp_path / "lane")
    write(root, {"a.ml": "0"})
    times: list[float] = []
    for number in range(50):
        sync(shadow, View.freeze(root, {"a.ml": Buffer(f"{number % 10}", number)}))
        times.append((tmp_path / "lane/tree/a.ml").stat().st_mtime)
    assert times == sorted(set(times)), "as floats, which is how dune keeps them"


def test_what_dune_built_is_left_alone(tmp_path: Path) -> None:
    root, shadow = tmp_path / "root", shadow_in(tmp_path / "lane")
    write(root, {"a.ml": "a", "_build/log": "the user's"})
    write(tmp_path / "lane/tree", {"_build/default/a.cmt": "built"})
    sync(shadow, View.freeze(root, {"_build/default/a.ml": Buffer("opened by the user", 1), "../x.ml": Buffer("out", 1)}))
    assert (tmp_path / "lane/tree/_build/default/a.cmt").read_text() == "built"
    assert not (tmp_path / "lane/tree/_build/default/a.ml").exists()
    assert not (tmp_path / "lane/x.ml").exists()


def test_a_link_put_into_the_shadow_is_not_written_through(tmp_path: Path) -> None:
    root, shadow = tmp_path / "root", shadow_in(tmp_path / "lane")
    write(root, {"lib/a.ml": "a", "b.ml": "b"})
    write(tmp_path / "home", {"a.ml": "precious", "b.ml": "precious"})
    (tmp_path / "lane/tree").mkdir(parents=True)
    (tmp_path / "lane/tree/lib").symlink_to(tmp_path / "home")
    (tmp_path / "lane/tree/b.ml").symlink_to(tmp_path / "home/b.ml")
    sync(shadow, View.freeze(root))
    assert contents(tmp_path / "home") == {"a.ml": b"precious", "b.ml": b"precious"}
    assert contents(tmp_path / "lane/tree") == {"lib/a.ml": b"a", "b.ml": b"b"}


def test_giving_up_halfway_is_made_good_by_the_next(tmp_path: Path) -> None:
    root, shadow = tmp_path / "root", shadow_in(tmp_path / "lane")
    write(root, {"a.ml": "a", "b.ml": "b"})
    view = View.freeze(root)
    stop = threading.Event()
    stop.set()
    with pytest.raises(Cancelled):
        shadow.apply(view, shadow.plan(view), stop)
    sync(shadow, view)
    assert contents(tmp_path / "lane/tree") == {"a.ml": b"a", "b.ml": b"b"}


@pytest.mark.parametrize(
    "manifest", ["", "[]", "null", '{"a.ml": null}', '{"a.ml": ["zz", 1]}', '{"a.ml": ["00", 1, 2, 3, 4, 5, 6]}', "\x00"]
)
def test_a_spoilt_manifest_costs_time_and_nothing_else(tmp_path: Path, manifest: str) -> None:
    root = tmp_path / "root"
    write(root, {"a.ml": "a"})
    write(tmp_path / "lane", {"manifest": manifest, "tree/a.ml": "other"})
    sync(shadow_in(tmp_path / "lane"), View.freeze(root))
    assert contents(tmp_path / "lane/tree") == {"a.ml": b"a"}


names = st.sampled_from(["a", "b", "a/a", "a/b", "b/a/c", "c.ml"])
steps = st.lists(
    st.tuples(st.sampled_from(["disk", "buffer", "delete", "lane", "lane delete", "restart"]), names, st.binary(max_size=2)),
    max_size=12,
)


@settings(max_examples=60)
@given(steps)
def test_after_any_history_the_folder_holds_the_view(history: list[tuple[str, str, bytes]]) -> None:
    with tempfile.TemporaryDirectory() as name:
        root, lane = Path(name, "root"), Path(name, "lane")
        root.mkdir()
        shadow = shadow_in(lane)
        buffers: dict[str, Buffer] = {}
        sync(shadow, View.freeze(root))
        for step, path, content in history:
            if step == "restart":
                shadow.save()
                shadow = shadow_in(lane)
            elif step == "buffer":
                buffers = {} if not content else {"buffer.ml": Buffer(content.hex(), 1)}
            else:
                base = lane / "tree" if step.startswith("lane") else root
                if step.endswith("delete"):
                    (base / path).unlink() if (base / path).is_file() else None
                elif not (base / path).is_dir() and all(not parent.is_file() for parent in (base / path).parents):
                    write(base, {path: content})
            view = View.freeze(root, buffers)
            sync(shadow, view)
            assert contents(lane / "tree") == {path: view.data(path) for path in view.paths()}
