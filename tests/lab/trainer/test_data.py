"""What is learned from: sets, clouds, folders; their split, noise and normalisation."""

from __future__ import annotations

import gzip
import io
import pickle
import struct
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from PIL import Image
from sklearn.datasets import load_digits

from deepvis_app.errors import UserError
from deepvis_app.lab.trainer import TrainPlan, load_data
from deepvis_app.lab.trainer.data.names import CLOUDS
from deepvis_app.lab.trainer.network import NO_CLASS

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray


def test_digits_are_scikit_learns_split_as_stated() -> None:
    data = load_data(TrainPlan())
    found = load_digits()
    assert (len(data.train_y), len(data.val_y), data.shape) == (1500, 297, (1, 8, 8))
    assert sorted(data.ids.tolist()) == list(range(1500))
    assert sorted(data.val_ids.tolist()) == list(range(1500, 1797))
    for x, y, ids in (
        (data.train_x, data.train_y, data.ids),
        (data.val_x, data.val_y, data.val_ids),
    ):
        assert (y.numpy() == found.target[ids.numpy()]).all()
        std, mean = data.preprocessing.std[0], data.preprocessing.mean[0]
        levels = (x[:, 0].numpy() * std + mean) * 16
        assert np.abs(levels - found.images[ids.numpy()]).max() < 0.05
    assert data.train_x.mean().abs() < 1e-4
    assert abs(data.train_x.std() - 1) < 1e-3


def test_the_split_is_the_same_for_every_seed_and_even_in_its_classes() -> None:
    one, other = load_data(TrainPlan(seed=1)), load_data(TrainPlan(seed=2, train_size=100))
    assert torch.equal(one.val_ids, other.val_ids)
    assert torch.equal(one.ids[:100], other.ids)
    assert other.train_y.bincount().min() >= 9
    assert load_data(TrainPlan(data="spiral")).val_y.bincount().tolist() == [125, 125]


def test_what_a_network_of_the_toolbox_sees_is_what_was_learned_from() -> None:
    for normalise in ("standard", "0..1", "0..255"):
        data = load_data(TrainPlan(normalise=normalise))
        for number in (0, 7):
            seen = data.preprocessing.normalise(data.picture(number), data.shape)
            assert torch.equal(seen, data.train_x[number])


def test_ranges_are_those_that_were_asked_for() -> None:
    assert load_data(TrainPlan(normalise="0..1")).train_x.max() == 1
    raw = load_data(TrainPlan(normalise="0..255"))
    assert raw.train_x.max() == 255
    assert raw.train_x.min() == 0


def test_wrong_labels_are_as_many_as_asked_for_and_only_to_learn_from() -> None:
    clean, noisy = load_data(TrainPlan()), load_data(TrainPlan(label_noise=0.2))
    wrong = noisy.train_y != noisy.true_y
    assert int(wrong.sum()) == 300
    assert torch.equal(noisy.true_y, clean.train_y)
    assert torch.equal(noisy.val_y, clean.val_y)
    shifts = ((noisy.train_y - noisy.true_y) % 10)[wrong].bincount(minlength=10)
    assert shifts[0] == 0
    assert shifts[1:].min() > 15  # of 33 each
    assert not torch.equal(noisy.train_y, load_data(TrainPlan(label_noise=0.2, seed=1)).train_y)


def test_noise_has_the_deviation_that_was_asked_for() -> None:
    clean = load_data(TrainPlan(normalise="0..1"))
    noisy = load_data(TrainPlan(normalise="0..1", noise=0.1))
    for one, other in ((clean.train_x, noisy.train_x), (clean.val_x, noisy.val_x)):
        middle = (one > 0.4) & (one < 0.6)  # where nothing is cut off
        assert abs(float((other - one)[middle].std()) - 0.1) < 0.01


def test_a_class_that_does_not_exist_gets_its_share() -> None:
    data = load_data(TrainPlan(find_label_errors=True))
    assert data.labels[-1] == NO_CLASS
    assert int(data.fake.sum()) == 1500 // 11
    assert torch.equal(data.train_y == 10, data.fake)
    assert int(data.val_y.max()) == 9


@pytest.mark.parametrize("name", CLOUDS)
def test_clouds_are_points_in_two_classes(name: str) -> None:
    data = load_data(TrainPlan(data=name, noise=0.1))
    assert data.is_points
    assert data.shape == (2, 1, 1)
    assert (len(data.train_y), len(data.val_y)) == (250, 250)
    assert 0.35 < data.class_shares[1] < 0.65
    assert torch.equal(data.train_x, load_data(TrainPlan(data=name, noise=0.1)).train_x)
    assert not torch.equal(data.train_x, load_data(TrainPlan(data=name, seed=1)).train_x)


def plane(name: str) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return a cloud without noise: points as they lie in the plane, classes."""
    data = load_data(TrainPlan(data=name))
    used = data.preprocessing
    shares = data.train_x[:, :, 0, 0].double().numpy() * used.std + used.mean
    return 12 * shares - 6, data.train_y.numpy()


def test_clouds_lie_as_in_the_playground() -> None:
    points, classes = plane("circle")
    assert ((np.hypot(*points.T) < 2.5) == (classes == 1)).all()
    points, classes = plane("exclusive-or")
    assert ((points[:, 0] * points[:, 1] > 0) == (classes == 1)).all()
    assert np.abs(points).min() > 0.29
    points, classes = plane("gaussians")
    assert np.abs(points[classes == 1].mean(0) - 2).max() < 0.2
    assert np.abs(points[classes == 1].std(0) - 0.5**0.5).max() < 0.1
    points, classes = plane("spiral")
    radius = np.hypot(*points.T)
    angle = 1.75 * radius / 5 * 2 * np.pi + np.where(classes == 1, 0, np.pi)
    expected = radius[:, None] * np.stack([np.sin(angle), np.cos(angle)], 1)
    assert np.abs(points - expected).max() < 1e-3


def test_too_much_is_refused_with_what_there_is() -> None:
    with pytest.raises(UserError, match=r"train_size = 5000 .* 1500 examples"):
        load_data(TrainPlan(train_size=5000))
    with pytest.raises(UserError, match=r"val_size = 298 .* 297"):
        load_data(TrainPlan(val_size=298))
    with pytest.raises(UserError, match=r"val_size = 500 .* 499"):
        load_data(TrainPlan(data="circle", val_size=500))
    with pytest.raises(UserError, match="too few to have two classes"):
        load_data(TrainPlan(train_size=1))
    with pytest.raises(UserError, match=r"neither a set nor a folder.*digits"):
        load_data(TrainPlan(data="didgits"))
    with pytest.raises(UserError, match="circle is points"):
        load_data(TrainPlan(data="circle", network="convnet"))


# Folders


def picture(path: Path, size: tuple[int, int] = (20, 24), colour: int = 200) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    chance = np.random.default_rng(hash(path.name) % 2**32)
    array = chance.integers(0, colour, (*size, 3), np.uint8)
    Image.fromarray(array).save(path)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    found = tmp_path / "animals"
    for name in ("cat", "dog"):
        for number in range(1, 13):
            picture(found / name / f"{number}.png")
    return found


def test_a_folder_is_a_set_of_its_subfolders(folder: Path) -> None:
    data = load_data(TrainPlan(data=str(folder), network="convnet"))
    assert data.labels == ("cat", "dog")
    assert data.shape == (3, 20, 20)
    assert (len(data.train_y), len(data.val_y)) == (19, 5)
    for number, (source, y) in enumerate(
        zip(data.ids.tolist(), data.train_y.tolist(), strict=True)
    ):
        name = data.names[source]
        assert name.startswith(data.labels[y])
        with Image.open(folder / name) as opened:
            middle = np.asarray(opened)[:, 2:22]
        assert (data.picture(number) == middle).all()


def test_another_side_is_taken(folder: Path) -> None:
    assert load_data(TrainPlan(data=str(folder), side=16)).shape == (3, 16, 16)


def test_bad_pictures_are_counted_and_left_out(folder: Path) -> None:
    (folder / "cat" / "1.png").write_bytes(b"no picture")
    (folder / "dog" / "2.png").write_bytes((folder / "dog" / "2.png").read_bytes()[:100])
    data = load_data(TrainPlan(data=str(folder)))
    assert len(data.train_y) + len(data.val_y) == 22
    assert data.notes[0].startswith("2 pictures of 24 could not be read and were left out: 1.png")


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ([], "neither subfolders nor pictures"),
        (["1.png", "2.png"], "pictures but no subfolders"),
        (["cat/1.png", "cat/2.png"], "only one class with pictures, cat"),
        (["cat/notes.txt", "dog/notes.txt"], "no pictures"),
        (["cat/1.png", "dog/notes.txt"], "only one class with pictures, cat"),
        (["cat/1.png", "dog/1.png"], "too few to have two classes"),
    ],
)
def test_a_folder_that_is_no_set_says_why(tmp_path: Path, files: list[str], words: str) -> None:
    root = tmp_path / "root"
    root.mkdir()
    for name in files:
        path = root / name
        path.parent.mkdir(exist_ok=True)
        if path.suffix == ".png":
            picture(path)
        else:
            path.write_text("x")
    with pytest.raises(UserError, match=words) as caught:
        load_data(TrainPlan(data=str(root)))
    assert caught.value.remedy


def test_a_class_of_bad_pictures_alone_is_no_class(folder: Path) -> None:
    for path in (folder / "dog").iterdir():
        path.write_bytes(b"x")
    with pytest.raises(UserError, match="only cat has pictures that can be read"):
        load_data(TrainPlan(data=str(folder)))
    with pytest.raises(UserError, match="no folder"):
        load_data(TrainPlan(data=str(folder / "nowhere")))
    with pytest.raises(UserError, match="is no folder"):
        load_data(TrainPlan(data=str(folder / "cat" / "1.png")))


# Sets that are downloaded


def idx(array: NDArray[np.uint8]) -> bytes:
    sizes = b"".join(struct.pack(">I", n) for n in array.shape)
    return bytes([0, 0, 8, array.ndim]) + sizes + array.tobytes()


def mnist(folder: Path) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Write a small MNIST: 40 training and 20 test pictures; return all."""
    chance = np.random.default_rng(0)
    pictures = chance.integers(0, 256, (60, 28, 28), np.uint8)
    classes = np.tile(np.arange(10, dtype=np.uint8), 6)
    folder.mkdir(parents=True)
    for part, chosen in (("train", slice(40)), ("t10k", slice(40, 60))):
        plain = folder / f"{part}-images-idx3-ubyte"
        plain.write_bytes(idx(pictures[chosen]))
        with gzip.open(folder / f"{part}-labels-idx1-ubyte.gz", "wb") as file:
            file.write(idx(classes[chosen]))
    return pictures, classes


def test_mnist_is_read_as_it_was_downloaded(tmp_path: Path) -> None:
    pictures, classes = mnist(tmp_path / "MNIST" / "raw")
    data = load_data(TrainPlan(data="mnist", data_folder=str(tmp_path)))
    assert (len(data.train_y), len(data.val_y), data.shape) == (40, 20, (1, 28, 28))
    assert sorted(data.val_ids.tolist()) == list(range(40, 60))
    for number, source in enumerate(data.ids.tolist()):
        assert (data.picture(number)[..., 0] == pictures[source]).all()
        assert data.train_y[number] == classes[source]


@pytest.mark.parametrize("damage", ["cut", "magic", "classes", "gzip"])
def test_a_damaged_mnist_is_one_line(tmp_path: Path, damage: str) -> None:
    raw = tmp_path / "MNIST" / "raw"
    mnist(raw)
    images, labels = raw / "train-images-idx3-ubyte", raw / "train-labels-idx1-ubyte.gz"
    if damage == "cut":
        images.write_bytes(images.read_bytes()[:-5])
    elif damage == "magic":
        images.write_bytes(b"\1" + images.read_bytes()[1:])
    elif damage == "classes":
        labels.write_bytes(gzip.compress(idx(np.full(40, 11, np.uint8))))
    else:
        labels.write_bytes(labels.read_bytes()[:-6])
    with pytest.raises(UserError, match=r"MNIST in .* cannot be read") as caught:
        load_data(TrainPlan(data="mnist", data_folder=str(tmp_path)))
    assert "\n" not in str(caught.value)


class Python2Pickler(pickle._Pickler):  # type: ignore[name-defined]
    """Writes bytes as Python 2 wrote its strings, in which CIFAR-10 was made."""

    def save_string(self, data: bytes) -> None:
        self.write(b"T" + struct.pack("<I", len(data)) + data)

    dispatch = pickle._Pickler.dispatch | {bytes: save_string}  # type: ignore[attr-defined]


def as_python_2(found: object) -> bytes:
    file = io.BytesIO()
    Python2Pickler(file, protocol=2).dump(found)
    return file.getvalue()


def cifar() -> tuple[NDArray[np.uint8], list[int]]:
    chance = np.random.default_rng(0)
    return chance.integers(0, 256, (20, 3072), np.uint8), [k % 10 for k in range(20)]


def test_cifar_is_read_in_both_of_its_formats(tmp_path: Path) -> None:
    rows, classes = cifar()
    for folder in ("cifar-10-batches-bin", "cifar-10-batches-py"):
        root = tmp_path / folder / "root"
        (root / folder).mkdir(parents=True)
        for name in [f"data_batch_{k}" for k in range(1, 6)] + ["test_batch"]:
            if folder.endswith("bin"):
                both = np.concatenate([np.array(classes, np.uint8)[:, None], rows], 1)
                (root / folder / f"{name}.bin").write_bytes(both.tobytes())
            else:
                found = {b"data": rows, b"labels": classes, b"filenames": [b"x"] * 20}
                (root / folder / name).write_bytes(as_python_2(found))
        data = load_data(TrainPlan(data="cifar10", data_folder=str(root)))
        assert (len(data.train_y), len(data.val_y), data.shape) == (100, 20, (3, 32, 32))
        source = int(data.ids[3]) % 20
        expected = rows[source].reshape(3, 32, 32).transpose(1, 2, 0)
        assert (data.picture(3) == expected).all()


def test_a_pickle_that_is_no_cifar_runs_nothing(tmp_path: Path) -> None:
    marker = tmp_path / "ran"

    class Evil:
        def __reduce__(self) -> tuple[object, ...]:
            import os

            return os.mkdir, (str(marker),)

    root = tmp_path / "cifar-10-batches-py"
    root.mkdir()
    for name in [f"data_batch_{k}" for k in range(1, 6)] + ["test_batch"]:
        (root / name).write_bytes(pickle.dumps({b"data": Evil(), b"labels": []}))
    with pytest.raises(UserError, match="no file of CIFAR-10"):
        load_data(TrainPlan(data="cifar10", data_folder=str(tmp_path)))
    assert not marker.exists()


def test_a_set_that_is_not_there_says_how_to_get_it(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"not on this machine.*deepvis train download mnist"):
        load_data(TrainPlan(data="mnist", data_folder=str(tmp_path)))


# Networks that want their own inputs


def test_pocket_sees_colours_of_32_px_at_least() -> None:
    data = load_data(TrainPlan(network="pocket", train_size=20, val_size=10))
    assert data.shape == (3, 32, 32)
    assert torch.equal(data.train_x[:, 0], data.train_x[:, 2])
    seen = data.preprocessing.normalise(data.picture(0), data.shape)
    assert torch.equal(seen, data.train_x[0])


def test_an_opened_networks_own_preprocessing_is_taken() -> None:
    plan = TrainPlan(network="pocket", weights="own", train_size=20, val_size=10)
    data = load_data(plan)
    assert data.shape == (3, 88, 88)
    assert data.preprocessing.mean == (0.4802, 0.4481, 0.3975)
