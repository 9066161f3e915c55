"""What a scan leaves on the disk, whatever befalls it."""

from __future__ import annotations

import errno
import random
import shutil
from io import FileIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.numpy import load_file
from torch import nn

from deepvis_app.corpus import load_corpus, measure, scan, sealed
from deepvis_app.corpus import manner as manners
from deepvis_app.corpus.done import Done
from deepvis_app.corpus.folder import PICTURES, SCORES, STATES, VERSION, Folder
from deepvis_app.corpus.lock import alone
from deepvis_app.corpus.pictures import source_of
from deepvis_app.corpus.scan import Wish, planned, scan_steps
from deepvis_app.corpus.shard import reader_of, shard_steps
from deepvis_app.errors import UserError
from deepvis_app.nets import Unit
from tests.corpus import brute
from tests.corpus.tiny import LAYERS, SIZE, Pictures, Whole, whole_network
from tests.kills.scans import differing, uneven_network

if TYPE_CHECKING:
    from collections.abc import Callable

    from deepvis_app.nets import Network

A_SHARD = 8


@pytest.fixture(autouse=True)
def small_shards(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(manners, "SHARD_BATCHES", 4)


def scanned(out: Path, source: object, network: Network | None = None) -> Any:
    return scan(network or uneven_network(), source, out=out, batch=2)


def written(folder: Path, count: int, seed: int = 0, classes: str = "ab") -> list[Path]:
    """Write pictures to a folder of folders, and return their paths."""
    paths = []
    for number, image in enumerate(Pictures(count, seed).images):
        path = folder / classes[number % len(classes)] / f"{seed}-{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(path)
        paths.append(path)
    return paths


@pytest.mark.parametrize("count", [1, 7, 8, 9, 16, 61])
def test_shards_do_not_have_to_come_out_even(count: int, tmp_path: Path) -> None:
    pictures = Pictures(count, seed=2)
    network = whole_network()
    whole = scan(network, pictures, out=tmp_path / "a", batch=2)
    one = scan(network, pictures, out=tmp_path / "b", batch=1, top_k=9)
    assert whole.plan.shards == -(-whole.total // A_SHARD)
    for layer in LAYERS:
        own, other = whole.stats(layer), one.stats(layer)
        looked_at = {"facts", "places_total", "positive"}  # other batches are sampled
        assert set(brute.same(own, other)) <= looked_at


def test_shards_in_any_order_give_the_same_bytes(tmp_path: Path) -> None:
    pictures, network = Pictures(83, seed=3), uneven_network()
    scanned(tmp_path / "whole", pictures, network)
    for seed in range(4):
        wish = Wish(pictures, tmp_path / str(seed), batch=2)
        from contextlib import ExitStack

        with ExitStack() as stack:
            plan, manner = _returned(planned(network, wish, stack))
            folder, source = Folder(wish.out), source_of(pictures)
            done = Done(folder, plan, manner)
            shards = done.missing()
            random.Random(seed).shuffle(shards)
            reader = reader_of(network, source, manner)
            for shard in shards:
                list(shard_steps(network, folder, plan, manner, shard, reader, done.progress))
                done.add(shard)
                list(done.merge_steps())
            folder.tidy(plan)
        assert differing(tmp_path / "whole", wish.out) == []


def _returned(steps: Any) -> Any:
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value


@pytest.mark.parametrize("steps", [0, 3, 5, 11, 23, 42, 60, 71])
def test_a_scan_that_was_left_is_gone_on_from(steps: int, tmp_path: Path) -> None:
    pictures, network = Pictures(40, seed=4), uneven_network()
    scanned(tmp_path / "whole", pictures, network)
    left = scan_steps(network, Wish(pictures, tmp_path / "left", batch=2))
    for _ in zip(range(steps), left, strict=False):
        pass
    left.close()
    counted = [p.step for p in scan_steps(network, Wish(pictures, tmp_path / "left", batch=2))
               if p and p.phase == "scanning"]  # fmt: skip
    assert counted == sorted(counted)
    assert counted[-1] == 40
    assert differing(tmp_path / "whole", tmp_path / "left") == []


def test_what_is_scanned_is_not_scanned_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pictures, network = Pictures(40), uneven_network()
    whole = scanned(tmp_path, pictures, network)
    monkeypatch.setattr(measure.Measuring, "add", None)  # it would fail
    assert scanned(tmp_path, pictures, network).scanned == whole.total


# Pictures come and go


def test_a_picture_in_two_folders_counts_once(tmp_path: Path) -> None:
    first, second, *_ = written(tmp_path / "pictures", 6)
    shutil.copy(first, second.parent / "copy.png")
    found = scanned(tmp_path / "out", tmp_path / "pictures")
    assert (found.total, found.plan.copies) == (6, 1)
    assert found.stats("deep").pictures == 6


def test_added_removed_and_replaced_pictures(tmp_path: Path) -> None:
    """Whatever came before, the numbers are those of a scan of what is there."""
    folder, network = tmp_path / "pictures", whole_network()
    paths = written(folder, 30)
    scanned(tmp_path / "out", folder, network)
    written(folder, 13, seed=1)
    assert_as_if_new(scanned(tmp_path / "out", folder, network), folder, network, tmp_path / "1")
    for path in paths[3:25:5]:
        path.unlink()
    assert_as_if_new(scanned(tmp_path / "out", folder, network), folder, network, tmp_path / "2")
    Image.fromarray(np.full((SIZE, SIZE, 3), 3, np.uint8)).save(paths[0])
    patch = load_corpus(tmp_path / "out").top(Unit("deep", 0))[0]
    assert not patch.has_changed
    assert_as_if_new(scanned(tmp_path / "out", folder, network), folder, network, tmp_path / "3")
    other = paths[1].parent.parent / "c"
    other.mkdir()
    paths[1].rename(other / paths[1].name)  # of another class now
    again = scanned(tmp_path / "out", folder, network)
    assert again.plan.classes == ("a", "b", "c")
    assert_as_if_new(again, folder, network, tmp_path / "4")
    for path in [path for path in folder.rglob("*.png") if "0-" in path.name][:8]:
        path.unlink()
    for path in paths[8:16]:  # a whole shard goes
        path.unlink(missing_ok=True)
    assert_as_if_new(scanned(tmp_path / "out", folder, network), folder, network, tmp_path / "5")


def test_scores_stay_with_their_pictures_where_earlier_ones_go(tmp_path: Path) -> None:
    folder, network = tmp_path / "pictures", whole_network()
    paths = written(folder, 24)

    def by_picture(found: Any) -> dict[str, list[float]]:
        scores = found.scores("deep")
        rows = zip(scores.rows.tolist(), scores.values.tolist(), strict=True)
        return {found.plan.names[row]: values for row, values in rows}

    before = by_picture(scanned(tmp_path / "out", folder, network))
    first = next(iter(before))
    (folder / first).unlink()
    after = by_picture(scanned(tmp_path / "out", folder, network))
    assert len(paths) == len(before) == len(after) + 1
    assert after == {name: values for name, values in before.items() if name != first}


def assert_as_if_new(found: Any, folder: Path, network: Network, out: Path) -> None:
    new = scan(network, folder, out=out, batch=2)
    assert found.is_complete
    assert sorted(found.plan.names) == sorted(new.plan.names)
    for layer in LAYERS:
        one, other = found.stats(layer), new.stats(layer)
        assert set(brute.same(one, other)) <= {"facts", "places_total", "positive"}


def test_only_what_changed_is_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    paths = written(tmp_path / "pictures", 12)
    scanned(tmp_path / "out", tmp_path / "pictures")
    read: list[str] = []
    from deepvis_app.corpus import pictures

    monkeypatch.setattr(pictures, "_content", lambda path: read.append(path.name) or 1)
    paths[4].write_bytes(paths[5].read_bytes() + b" ")
    scanned(tmp_path / "out", tmp_path / "pictures")
    assert read == [paths[4].name]


# Pictures that cannot be read


def test_pictures_that_cannot_be_read_are_listed(tmp_path: Path) -> None:
    paths = written(tmp_path / "pictures", 20)
    for path in paths[2:14]:
        path.write_bytes(path.read_bytes()[:60] + path.name.encode())
    found = scanned(tmp_path / "out", tmp_path / "pictures")
    assert found.scanned == found.total == 20
    assert found.faults.count == 12
    assert {fault.name.rpartition("/")[2] for fault in found.faults.listed} == {
        path.name for path in paths[2:14]
    }
    assert all("\n" not in fault.reason and fault.reason for fault in found.faults.listed)
    assert found.stats("deep").pictures == 8
    whole = tmp_path / "whole"
    for path in (paths[0], paths[1], *paths[14:]):
        target = whole / path.parent.name / path.name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)
    new = scanned(tmp_path / "new", whole)
    for layer in LAYERS:  # batches are others, so sums are rounded otherwise
        np.testing.assert_array_equal(found.stats(layer).histogram, new.stats(layer).histogram)


def test_no_picture_of_a_shard_can_be_read(tmp_path: Path) -> None:
    paths = written(tmp_path / "pictures", 10, classes="a")
    for path in paths[:8]:
        path.write_bytes(b"nothing" + path.name.encode())
    found = scanned(tmp_path / "out", tmp_path / "pictures")
    assert found.faults.count == 8
    assert found.stats("deep").pictures == 2
    table = found.scores("deep")
    assert table is not None
    assert len(table.values) == 2


def test_no_picture_at_all(tmp_path: Path) -> None:
    (tmp_path / "pictures").mkdir()
    with pytest.raises(UserError, match="There are no pictures in"):
        scanned(tmp_path / "out", tmp_path / "pictures")
    with pytest.raises(UserError, match="empty"):
        scanned(tmp_path / "out", Pictures(0))
    with pytest.raises(UserError, match="There is no folder"):
        scanned(tmp_path / "out", tmp_path / "nowhere")
    assert not (tmp_path / "out" / "corpus.json").exists()


def test_all_pictures_are_broken(tmp_path: Path) -> None:
    for path in written(tmp_path / "pictures", 3):
        path.write_bytes(b"nothing" + path.name.encode())
    found = scanned(tmp_path / "out", tmp_path / "pictures")
    assert (found.scanned, found.faults.count) == (3, 3)
    assert found.top(Unit("deep", 0)) == ()
    assert np.isnan(found.stats("deep").mean).all()
    assert found.classes(Unit("deep", 0)) == ()
    assert found.band(Unit("deep", 0), 0.5) == ()
    assert found.correlation("deep") is None


def test_the_folder_goes_away(tmp_path: Path) -> None:
    folder, out, network = tmp_path / "pictures", tmp_path / "out", uneven_network()
    written(folder, 40)
    whole = scanned(tmp_path / "whole", folder, network)
    steps = scan_steps(network, Wish(folder, out, batch=2))
    for progress in steps:
        if progress is not None and progress.step > 18:
            break
    folder.rename(tmp_path / "elsewhere")
    with pytest.raises(UserError, match=r"is gone\. Bring it back"):
        list(steps)
    (tmp_path / "elsewhere").rename(folder)
    again = scanned(out, folder, network)
    assert again.faults.count == 0
    assert differing(whole.path, out) == []


def test_a_picture_is_changed_while_others_are_scanned(tmp_path: Path) -> None:
    folder, out, network = tmp_path / "pictures", tmp_path / "out", whole_network()
    paths = written(folder, 20, classes="a")
    steps = scan_steps(network, Wish(folder, out, batch=2))
    next(steps)
    for progress in steps:
        if progress is not None and progress.phase == "scanning":
            break
    Image.fromarray(np.zeros((SIZE, SIZE, 3), np.uint8)).save(paths[15])
    paths[12].unlink()
    paths[10].touch()
    list(steps)
    faults = {fault.name: fault.reason for fault in load_corpus(out).faults.listed}
    assert faults.keys() == {f"a/{paths[12].name}", f"a/{paths[15].name}"}
    assert "was changed" in faults[f"a/{paths[15].name}"]
    again = scanned(out, folder, network)
    assert again.faults.count == 0
    assert_as_if_new(again, folder, network, tmp_path / "new")


# The disk


@pytest.mark.parametrize("full_at", range(0, 14, 3))
def test_a_full_disk(full_at: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pictures, network = Pictures(40, seed=6), uneven_network()
    scanned(tmp_path / "whole", pictures, network)
    left = [full_at]
    plain = Path.open

    class Full(FileIO):
        def write(self, data: Any) -> int:
            super().write(bytes(data)[: len(data) // 2])
            raise OSError(errno.ENOSPC, "No space left on device")

    def opened(path: Path, mode: str = "r", *more: Any, **others: Any) -> Any:
        left[0] -= mode == "wb"
        return Full(path, "wb") if left[0] < 0 else plain(path, mode, *more, **others)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "open", opened)
        with pytest.raises(UserError, match=r"No space left on device\. Make room"):
            scanned(tmp_path / "out", pictures, network)
    scanned(tmp_path / "out", pictures, network)
    assert differing(tmp_path / "whole", tmp_path / "out") == []


def test_another_network_s_corpus(tmp_path: Path) -> None:
    scanned(tmp_path, Pictures(4))
    with pytest.raises(UserError, match="with another network"):
        scan(whole_network(), Pictures(4), out=tmp_path, batch=2)
    for more in ({"top_k": 5}, {"layers": ["deep"]}, {"batch": 3}, {"score": "mean"}):
        with pytest.raises(UserError, match="was scanned with"):
            scan(uneven_network(), Pictures(4), out=tmp_path, **{"batch": 2, **more})
    scan(uneven_network(), Pictures(4), out=tmp_path)  # batches as before


def _spoil_flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[-len(data) // 5] ^= 4
    path.write_bytes(data)


def _spoil_cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-10])


SPOILS = {
    "flipped": _spoil_flip,
    "cut": _spoil_cut,
    "empty": lambda path: path.write_bytes(b""),
    "foreign": lambda path: path.write_bytes(b"\x93NUMPY" * 100),
}


@pytest.mark.parametrize("spoil", SPOILS.values(), ids=SPOILS)
@pytest.mark.parametrize("folder", [STATES, SCORES])
def test_damaged_files_are_not_shown_and_are_made_again(
    folder: str, spoil: Callable[[Path], None], tmp_path: Path
) -> None:
    pictures, network = Pictures(52, seed=7), uneven_network()
    scanned(tmp_path / "whole", pictures, network)
    out = tmp_path / "out"
    shutil.copytree(tmp_path / "whole", out)
    path = sorted((out / folder).iterdir())[1]
    spoil(path)
    assert not sealed.is_sound(path)
    with pytest.raises(UserError, match="damaged") as told:
        read_all(out)
    assert "\n" not in str(told.value)
    scanned(out, pictures, network)
    assert differing(tmp_path / "whole", out) == []


def read_all(out: Path) -> None:
    found = load_corpus(out)
    assert found.faults.count == 0
    for layer in LAYERS:
        found.stats(layer)
        found.scores(layer)


@pytest.mark.parametrize("spoil", SPOILS.values(), ids=SPOILS)
@pytest.mark.parametrize("name", ["corpus.json", PICTURES])
def test_a_corpus_whose_list_is_damaged(
    name: str, spoil: Callable[[Path], None], tmp_path: Path
) -> None:
    whole = scanned(tmp_path / "whole", Pictures(9))
    out = tmp_path / "out"
    scanned(out, Pictures(9))
    spoil(out / name)
    if name == "corpus.json" and _is_json(out / name):
        return  # one letter of a name
    with pytest.raises(UserError, match=r"is damaged\. Scan its pictures again") as told:
        load_corpus(out)
    assert "\n" not in str(told.value)
    mended = scanned(out, Pictures(9))
    assert mended.is_complete
    for layer in LAYERS:
        assert not brute.same(mended.stats(layer), whole.stats(layer))


def _is_json(path: Path) -> bool:
    import json

    try:
        json.loads(path.read_bytes())
    except ValueError:
        return False
    return True


def test_a_corpus_of_another_version(tmp_path: Path) -> None:
    scanned(tmp_path, Pictures(9))
    about = tmp_path / "corpus.json"
    about.write_text(about.read_text().replace(f'"version": {VERSION}', '"version": 99'))
    with pytest.raises(UserError, match="another version of deepvis"):
        load_corpus(tmp_path)


def test_a_file_can_be_read_by_the_format_s_own_reader(tmp_path: Path) -> None:
    floats = (np.float16, np.float32, np.float64)
    kinds = (*floats, np.int16, np.int32, np.int64, np.uint8, np.uint16, np.uint64)
    arrays = {f"layer/{kind.__name__}": np.arange(6, dtype=kind).reshape(2, 3) for kind in kinds}
    arrays["layer/none"] = np.zeros((0, 3))
    arrays["turned"] = np.arange(6.0).reshape(2, 3).T
    sealed.write(tmp_path / "file", arrays, {"faults": 0})
    found = load_file(tmp_path / "file")
    assert found.keys() == arrays.keys()
    for name, array in arrays.items():
        assert found[name].dtype == array.dtype
        np.testing.assert_array_equal(found[name], array)
    assert sealed.is_sound(tmp_path / "file")


def test_two_scans_at_once(tmp_path: Path) -> None:
    scanned(tmp_path, Pictures(9))
    with alone(tmp_path), pytest.raises(UserError, match="are being scanned by another"):
        scanned(tmp_path, Pictures(9))
    scanned(tmp_path, Pictures(9))


def test_a_corpus_is_read_while_it_is_scanned(tmp_path: Path) -> None:
    """Files that are merged go away under a reader, who then reads those in their place."""
    pictures, network = Pictures(64, seed=8), whole_network()
    steps = scan_steps(network, Wish(pictures, tmp_path, batch=2))
    early = None
    for _ in steps:
        if early is None and (tmp_path / "corpus.json").exists() and load_corpus(tmp_path).scanned:
            early = load_corpus(tmp_path)
    assert early is not None
    assert early.stats("deep").pictures == early.scanned == early.total


# Numbers that are none


class Odd(Whole):
    """Gives NaN or infinity for pictures that begin with a 3, in some units."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        bad = (x[:, :1, :1, :1] == 3).float()
        one = self.one(x)
        # NaN everywhere, one infinite place, one that is minus infinity, and all of these.
        one = one + 0 / (1 - bad * torch.eye(4)[0].view(1, 4, 1, 1)) * 0
        spot = torch.zeros(7, 7)
        spot[2, 3] = 1
        one = torch.where((bad * spot * torch.eye(4)[1].view(1, 4, 1, 1)) > 0, torch.inf, one)
        one = torch.where((bad * spot * torch.eye(4)[3].view(1, 4, 1, 1)) > 0, -torch.inf, one)
        wide = self.odd(one)
        wide = self.both(torch.cat([self.two(wide), self.side(x)], 1))
        return self.last(self.pool(self.deep(wide)).flatten(1))

    def __init__(self) -> None:
        super().__init__()
        self.odd = nn.Identity()


def test_nan_and_infinity_spoil_nothing_else(tmp_path: Path) -> None:
    """Per unit, what is left is as if the pictures were not there on which it gave none."""
    from tests.corpus.tiny import bare_maps

    pictures = Pictures(60, seed=9)
    network = whole_network(Odd())
    found = scan(network, pictures, out=tmp_path, batch=2)
    rows = [int(name) for name in found.plan.names]
    maps = bare_maps(Odd().eval(), pictures.images[rows])
    ids = [int(one) for one in found.plan.ids]
    spoilt_ones = 0
    for layer in ("odd", "two", "deep", "pool", "last"):
        flat = maps[layer].reshape(*maps[layer].shape[:2], -1).astype(np.float64)
        scores, state = flat.max(2), found.stats(layer)
        is_finite = np.isfinite(scores)
        spoilt_ones += int((~is_finite).sum())
        np.testing.assert_array_equal(state.count, is_finite.sum(0))
        np.testing.assert_array_equal(state.nonfinite, (~is_finite).sum(0))
        for unit in range(flat.shape[1]):
            good = scores[is_finite[:, unit], unit]
            assert state.total[unit] == good.sum()
            assert state.squares[unit] == (good**2).sum()
            assert state.histogram[unit].sum() == len(good)
            assert state.highest[unit] == good.max(initial=-np.inf)
            assert state.lowest[unit] == good.min(initial=np.inf)
            wanted = brute.tops(scores[:, unit].tolist(), ids, ids, 9)
            wanted = [w for w in wanted if state.bottom is not None or w[0] > 0]
            assert [(p.value, p.picture) for p in found.top(Unit(layer, unit))] == [
                w[:2] for w in wanted
            ]
            if state.bottom is not None:
                lows = flat.min(2)[:, unit].tolist()
                wanted = brute.tops(lows, ids, ids, 9, lowest=True)
                assert [(p.value, p.picture) for p in found.bottom(Unit(layer, unit))] == [
                    w[:2] for w in wanted
                ]
            for row in found.classes(Unit(layer, unit)):
                own = pictures.labels[rows][is_finite[:, unit]] == "abc".index(row.name)
                if own.any() and not own.all():
                    assert row.auc == pytest.approx(brute.auc(good.astype(np.float16), own))
                    assert row.mean == pytest.approx(good[own].mean())
        whole = scores[is_finite.all(1)]
        np.testing.assert_array_equal(state.products, whole.T @ whole)
        for values in (state.places_total, state.positive, state.sparsity, state.activation):
            assert np.isfinite(values).all()
        assert np.isfinite(state.samples.value).all()
    assert spoilt_ones > 50


def test_a_folder_with_other_things_in_it_is_not_taken_over(tmp_path: Path) -> None:
    written(tmp_path / "photos", 6)
    (tmp_path / ".profile").write_text("mine")
    for out in (tmp_path, tmp_path / "photos"):
        with pytest.raises(UserError, match="other things in it"):
            scanned(out, tmp_path / "photos")
    assert len(list((tmp_path / "photos").rglob("*.png"))) == 6
    assert {path.name for path in tmp_path.iterdir()} == {"photos", ".profile"}


def test_what_others_put_beside_a_corpus_stays(tmp_path: Path) -> None:
    out = tmp_path / "corpus"
    scanned(out, written(tmp_path / "photos", 6))
    left_over = out / "states" / f".{'0' * 32}.deepvis-part"
    left_over.write_bytes(b"half")
    written(out / "photos", 2, seed=1)
    for name in (".hidden", "letter.txt"):
        (out / name).write_text("mine")
    scanned(out, written(tmp_path / "photos", 3, seed=2))
    assert not left_over.exists()
    Folder(out).remove()
    kept = {path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file()}
    assert kept == {".hidden", "letter.txt", "photos/a/1-0.png", "photos/b/1-1.png"}


def test_a_removed_corpus_leaves_no_folder(tmp_path: Path) -> None:
    scanned(tmp_path / "corpus", written(tmp_path / "photos", 6))
    Folder(tmp_path / "corpus").remove()
    assert not (tmp_path / "corpus").exists()


def test_damage_names_the_corpus(tmp_path: Path) -> None:
    out = tmp_path / "birds"
    corpus = scanned(out, written(tmp_path / "photos", 6))
    (path,) = (out / "states").glob("*.safetensors")
    path.write_bytes(b"\0" * 100)
    with pytest.raises(UserError, match="of the corpus birds is damaged"):
        Folder(out).layer(path, corpus.layers[0])


def test_nothing_of_another_network_is_taken_for_this_ones(tmp_path: Path) -> None:
    paths, out = written(tmp_path / "photos", 11), tmp_path / "out"
    scanned(out, paths, uneven_network())
    (out / "corpus.json").write_text("{")
    other = uneven_network()
    with torch.no_grad():
        for weight in other.module.parameters():
            weight.mul_(2)
    fresh = scanned(tmp_path / "fresh", paths, other)
    mended = scanned(out, paths, other)
    assert mended.manner.fingerprint == fresh.manner.fingerprint
    for layer in fresh.layers:
        assert not brute.same(mended.stats(layer), fresh.stats(layer))


def test_no_name_is_not_the_present_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written(tmp_path, 2)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match="No folder is named"):
        source_of("")
    assert len(source_of(".").entries()) == 2
