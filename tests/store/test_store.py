"""Put, get, find, evict, export: one process, a healthy disk."""

from __future__ import annotations

import json
import math
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from deepvis_app import paths
from deepvis_app.store import Damaged, Store, default_folder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from deepvis_app.store import Entry


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store(tmp_path / "store")
    yield opened
    opened.close()


def put(store: Store, key: str, size: int = 10, kind: str = "picture", **about: object) -> Entry:
    return store.put(key, kind, {"data.bin": key[:1].encode() * size}, about)  # type: ignore[arg-type]


def folders(store: Store) -> int:
    return len(list((store.folder / "files").iterdir()))


def test_what_was_put_comes_back(store: Store) -> None:
    about = {"text": "é", "count": 3, "share": 0.25, "yes": True, "none": None}
    files = {"picture.png": b"\x89PNG\0", "tensors.safetensors": bytes(range(256)), "empty": b""}
    given = store.put("k", "picture", files, about)
    entry = store.get("k")
    assert entry == given
    assert entry is not None
    assert (entry.key, entry.kind, dict(entry.about), entry.size) == ("k", "picture", about, 261)
    assert {name: entry.read(name) for name in entry.files} == files


def test_what_was_never_put_is_none(store: Store) -> None:
    assert store.get("k") is None
    store.remove("k")
    with pytest.raises(KeyError):
        put(store, "k").read("other")


def test_another_store_of_the_folder_sees_the_same(store: Store) -> None:
    put(store, "k", place="3,4")
    again = Store(store.folder)
    try:
        (entry,) = again.find(place="3,4")
        assert entry.read("data.bin") == b"k" * 10
    finally:
        again.close()


def test_a_second_put_replaces_the_first_and_its_files(store: Store) -> None:
    first = put(store, "k", seed=1)
    store.put("k", "other", {"data.bin": b"new"}, {"seed": 2})
    entry = store.get("k")
    assert entry is not None
    assert (entry.kind, entry.read("data.bin")) == ("other", b"new")
    assert store.find(seed=1) == ()
    assert folders(store) == 1
    with pytest.raises(Damaged):
        first.read("data.bin")


def test_remove_and_clear_take_the_files_too(store: Store) -> None:
    for key, kind in (("a", "picture"), ("b", "picture"), ("c", "steered"), ("d", "scan")):
        put(store, key, kind=kind)
    store.remove("a")
    assert store.get("a") is None
    assert store.clear("steered") == 1
    assert {entry.key for entry in store.find()} == {"b", "d"}
    assert folders(store) == 2
    assert store.clear() == 2
    assert store.find() == ()
    assert folders(store) == 0


def test_find_is_by_kind_and_by_every_fact_newest_first(store: Store) -> None:
    put(store, "a", layer="conv1", index=1)
    put(store, "b", layer="conv1", index=2)
    put(store, "c", layer="conv1", index=1, kind="steered")
    put(store, "d", layer="conv2", index=1)
    put(store, "a", layer="conv1", index=1)

    def keys(*kind: str, **about: str | int | None) -> str:
        return "".join(entry.key for entry in store.find(*kind, **about))

    assert keys() == "adcb"
    assert keys("picture") == "adb"
    assert keys(layer="conv1", index=1) == "ac"
    assert keys("picture", layer="conv1", index=1) == "a"
    assert keys(index="1") == ""  # a text is no number
    assert keys(position=None) == ""  # not said is not None


def test_facts_keep_their_type(store: Store) -> None:
    put(store, "a", position=None, value=math.inf)
    put(store, "b", position="0,1", value=math.nan)
    (entry,) = store.find(position=None)
    assert entry.key == "a"
    assert entry.about["value"] == math.inf
    other = store.get("b")
    assert other is not None
    assert math.isnan(other.about["value"])  # type: ignore[arg-type]


def test_an_entry_cannot_be_changed(store: Store) -> None:
    entry = put(store, "k", seed=1)
    with pytest.raises(TypeError):
        entry.about["seed"] = 2  # type: ignore[index]


@pytest.mark.parametrize("name", ["../out", "a/b", "", ".hidden", "entry.json", "a\\b", "C:x"])
def test_a_file_name_that_leads_elsewhere_is_refused(store: Store, name: str) -> None:
    with pytest.raises(ValueError, match="plain names"):
        store.put("k", "picture", {name: b""}, {})
    with pytest.raises(ValueError, match="plain names"):
        store.put("k", "picture", {}, {})


def test_the_longest_unused_go_first(tmp_path: Path) -> None:
    store = Store(tmp_path, limit_bytes=100)
    for key in "abc":
        put(store, key, 30)
    assert store.get("a") is not None  # now b is the one longest not used
    store.find()  # does not count as use
    put(store, "d", 30)
    assert {entry.key for entry in store.find()} == {"a", "c", "d"}
    put(store, "e", 70)
    assert {entry.key for entry in store.find()} == {"d", "e"}
    assert folders(store) == 2
    assert store.info().bytes == 100
    store.close()


def test_what_exceeds_the_limit_alone_stays_until_the_next(tmp_path: Path) -> None:
    store = Store(tmp_path, limit_bytes=100)
    put(store, "a", 30)
    put(store, "b", 500)
    assert [entry.key for entry in store.find()] == ["b"]
    put(store, "c", 30)
    assert [entry.key for entry in store.find()] == ["c"]
    store.close()


def test_info_counts_by_kind(store: Store) -> None:
    put(store, "a", 5)
    put(store, "b", 7)
    put(store, "c", 11, kind="steered")
    info = store.info()
    assert (info.folder, info.entries, info.bytes) == (store.folder, 3, 23)
    assert info.limit_bytes == 2_000_000_000
    assert info.by_kind == {"picture": (2, 12), "steered": (1, 11)}


def test_verify_finds_nothing_wrong_with_a_sound_store(store: Store) -> None:
    put(store, "a")
    put(store, "b")
    found = store.verify()
    assert (found.checked, found.damaged, found.orphans) == (2, (), 0)


def test_export_names_files_for_people(store: Store, tmp_path: Path) -> None:
    files = {"picture.png": b"png", "x.safetensors": b"tensor"}
    store.put("0123456789abcdef", "picture", files, {"title": "features.0 unit 7/s0", "seed": 0})
    put(store, "k", kind="scan")
    damaged = put(store, "d")
    (damaged.folder / "data.bin").write_bytes(b"short")
    target = tmp_path / "out" / "there"
    assert store.export(target) == 2
    title = "features.0-unit-7-s0_0123456789ab"
    assert {p.name for p in target.iterdir()} == {
        f"{title}_picture.png",
        f"{title}_x.safetensors",
        "scan_k_data.bin",
        "index.json",
    }
    assert (target / f"{title}_picture.png").read_bytes() == b"png"
    first, second = json.loads((target / "index.json").read_text("utf-8"))
    assert (first["key"], first["kind"]) == ("k", "scan")
    assert second["about"] == {"title": "features.0 unit 7/s0", "seed": 0}
    assert second["files"]["picture.png"] == f"{title}_picture.png"
    assert store.export(tmp_path / "scans", "scan") == 1


def test_texts_are_kept_beside_the_entries(store: Store) -> None:
    assert store.kept("jobs") is None
    store.keep("jobs", "[1, 2] é")
    store.keep("jobs", "[3]")
    store.clear()
    assert store.kept("jobs") == "[3]"
    with pytest.raises(ValueError, match="plain name"):
        store.keep("../jobs", "")


def test_any_thread_may_ask(store: Store) -> None:
    ready = threading.Barrier(4)

    def work(number: int) -> bool:
        ready.wait(30)
        for turn in range(20):
            put(store, f"{number} {turn}", thread=number)
        return all(store.get(f"{number} {turn}") is not None for turn in range(20))

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(work, range(4)))
    assert [len(store.find(thread=number)) for number in range(4)] == [20] * 4


def test_a_closed_store_says_so(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.close()
    with pytest.raises(ValueError, match="closed"):
        store.get("k")


def test_nothing_is_open_after_close(tmp_path: Path) -> None:
    store = Store(tmp_path)
    put(store, "k")
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(store.get, "k").result() is not None
    store.close()
    assert not (tmp_path / "index" / "index.sqlite-wal").exists()
    if os.path.isdir("/proc/self/fd"):  # noqa: PTH112 - Linux lists what is open
        links = {os.path.realpath(f"/proc/self/fd/{n}") for n in os.listdir("/proc/self/fd")}  # noqa: PTH208
        assert not [link for link in links if link.startswith(str(tmp_path))]


def test_results_lie_in_the_cache_by_default() -> None:
    assert default_folder() == paths.cache_dir() / "store"
