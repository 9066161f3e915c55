"""Folders, lists and single pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PIL import Image

from deepvis_app.frames import PictureError, Policy, SourceError, open_source
from deepvis_app.frames.listing import natural_key

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from deepvis_app.frames import FrameSource


def paint(path: Path, level: int) -> Path:
    Image.new("RGB", (8, 6), (level, level, level)).save(path)
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Five pictures of levels 0, 10, 20, 30, 40 in natural order, and what is none."""
    folder = tmp_path / "trip"
    folder.mkdir()
    for level, name in enumerate(["a1.png", "A2.png", "a10.PNG", "b.bmp", "c003.jpg"]):
        paint(folder / name, level * 10)
    (folder / "notes.txt").write_text("no picture")
    (folder / ".hidden.png").touch()
    (folder / "deeper.png").mkdir()
    return folder


@pytest.fixture
def trip(folder: Path, clock: Callable[[], float]) -> FrameSource:
    source = open_source(folder, clock=clock)
    source.open()
    return source


def level(source: FrameSource) -> int:
    frame = source.read()
    assert frame is not None
    assert source.playback().index == frame.index
    return round(float(frame.image.mean()) / 10)


def test_natural_order() -> None:
    names = ["b1", "a10", "a9", "A1b2", "a1b10", "a", "10", "9", "x²"]
    assert sorted(names, key=natural_key) == [
        "9", "10", "a", "A1b2", "a1b10", "a9", "a10", "b1", "x²",
    ]  # fmt: skip


def test_what_is_known_of_a_folder(folder: Path) -> None:
    info = open_source(folder).open()
    assert (info.title, info.detail, info.length) == ("trip", "5 pictures", 5)
    assert info.rate_hz is None
    assert info.controls == {"play", "step", "seek", "speed", "loop"}


def test_batch_reads_each_once_in_natural_order(folder: Path) -> None:
    source = open_source(str(folder), policy=Policy.EVERY)
    source.open()
    frames = []
    while (frame := source.read()) is not None:
        assert source.due_in_s() == 0
        frames.append(frame)
    assert [frame.title for frame in frames] == [
        "a1.png", "A2.png", "a10.PNG", "b.bmp", "c003.jpg",
    ]  # fmt: skip
    assert [frame.index for frame in frames] == [0, 1, 2, 3, 4]
    assert source.due_in_s() is None


def test_a_picture_is_given_once_and_then_costs_nothing(trip: FrameSource, clock) -> None:
    assert trip.due_in_s() == 0
    assert level(trip) == 0
    clock.advance(1e6)
    assert trip.due_in_s() is None


def test_step_and_seek(trip: FrameSource) -> None:
    level(trip)
    for delta, expected in [(1, 1), (1, 2), (-1, 1), (3, 4), (1, 0), (-1, 4)]:
        trip.step(delta)
        assert trip.due_in_s() == 0
        assert level(trip) == expected
    trip.seek(2)
    assert level(trip) == 2
    trip.seek(99)
    assert level(trip) == 4


def test_step_without_loop_stays_inside(trip: FrameSource) -> None:
    trip.set_loop(False)
    trip.step(-1)
    assert level(trip) == 0
    trip.step(9)
    assert level(trip) == 4


def test_slideshow(trip: FrameSource, clock) -> None:
    level(trip)
    trip.play(True)
    assert trip.playback().speed == 0.5
    assert trip.due_in_s() == pytest.approx(2)
    clock.advance(2)
    assert trip.due_in_s() == 0
    assert level(trip) == 1
    trip.set_speed(4)
    assert trip.due_in_s() == pytest.approx(0.25)
    levels = []
    for _ in range(5):
        clock.advance(trip.due_in_s() or 0)
        levels.append(level(trip))
    assert levels == [2, 3, 4, 0, 1]
    trip.play(False)
    assert trip.due_in_s() is None


def test_slideshow_without_loop_stops_at_the_last(trip: FrameSource, clock) -> None:
    trip.set_loop(False)
    trip.seek(4)
    level(trip)
    trip.play(True)  # from the last one: from the start
    assert level(trip) == 0
    trip.seek(4)
    assert level(trip) == 4
    clock.advance(2)
    assert trip.due_in_s() == 0
    assert trip.read() is None
    assert trip.due_in_s() is None
    assert not trip.playback().playing


def test_corrupt_jpeg_among_good_ones(folder: Path, trip: FrameSource, clock) -> None:
    (folder / "a10.PNG").write_bytes(b"\x89PNG garbage")
    level(trip)
    trip.play(True)
    clock.advance(2)
    assert level(trip) == 1
    clock.advance(2)
    with pytest.raises(PictureError, match=r"a10\.PNG is not a picture"):
        trip.read()
    assert trip.due_in_s() == pytest.approx(2)  # it takes its turn, then the show goes on
    clock.advance(2)
    assert level(trip) == 3


def test_corrupt_first_picture_is_passed_over(folder: Path, clock) -> None:
    (folder / "a1.png").write_bytes(b"garbage")
    (folder / "A2.png").write_bytes(b"")
    source = open_source(folder, clock=clock)
    source.open()
    for name in ("a1.png is not a picture", "A2.png is empty"):
        with pytest.raises(PictureError, match=name):
            source.read()
        assert source.due_in_s() == 0
    assert level(source) == 2
    assert source.due_in_s() is None
    source.step(-1)
    with pytest.raises(PictureError):
        source.read()
    assert source.due_in_s() is None  # the person sees what is wrong, and steps on
    source.step(-1)
    with pytest.raises(PictureError):
        source.read()
    source.step(-1)
    assert level(source) == 4


def test_corrupt_ones_do_not_stop_a_batch(folder: Path) -> None:
    (folder / "a1.png").write_bytes(b"garbage")
    source = open_source(folder, policy=Policy.EVERY)
    source.open()
    with pytest.raises(PictureError):
        source.read()
    assert [level(source) for _ in range(4)] == [1, 2, 3, 4]
    assert source.read() is None


def test_all_corrupt(folder: Path) -> None:
    for path in folder.iterdir():
        if path.is_file():
            path.write_bytes(b"garbage")
    source = open_source(folder)
    source.open()
    for _ in range(4):
        with pytest.raises(PictureError):
            source.read()
    with pytest.raises(SourceError, match="None of the 5 pictures can be read") as caught:
        source.read()
    assert not isinstance(caught.value, PictureError)


def test_removed_while_open(folder: Path, trip: FrameSource) -> None:
    level(trip)
    (folder / "A2.png").unlink()
    trip.step(1)
    with pytest.raises(PictureError, match=r"A2\.png is not there any more"):
        trip.read()
    trip.step(1)
    assert level(trip) == 2


def test_opening_again_sees_new_pictures(folder: Path, trip: FrameSource) -> None:
    paint(folder / "a3.png", 70)
    assert trip.open().length == 6
    trip.seek(2)
    assert level(trip) == 7


def test_folder_without_pictures(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").touch()
    with pytest.raises(SourceError, match=r"contains no pictures\. Choose"):
        open_source(tmp_path).open()


def test_list_file(tmp_path: Path, folder: Path) -> None:
    absolute = paint(tmp_path / "far, away.png", 50)
    text = (
        "# comment\ntrip/b.bmp\tlabel one, two\n\n"
        f"trip/a1.png, cat\ntrip/c003.jpg\n{absolute}\tfar\n"
    )
    (tmp_path / "list.txt").write_text("\ufeff" + text, encoding="utf-8")
    for spec in (f"list:{tmp_path / 'list.txt'}", str(tmp_path / "list.txt")):
        source = open_source(spec, policy=Policy.EVERY)
        assert source.open().title == "list.txt"
        titles = [source.read().title for _ in range(4)]  # type: ignore[union-attr]
        assert titles == [
            "b.bmp · label one, two",
            "a1.png · cat",
            "c003.jpg",
            "far, away.png · far",
        ]
        assert source.read() is None


def test_list_faults(tmp_path: Path) -> None:
    (tmp_path / "empty.txt").write_text("# nothing\n")
    (tmp_path / "binary.txt").write_bytes(b"\xff\xfe\x00\x80")
    faults = {
        "empty": "names no pictures",
        "binary": "UTF-16, not UTF-8",
        "gone": "There is no list",
    }
    for name, message in faults.items():
        with pytest.raises(SourceError, match=message):
            open_source(f"list:{tmp_path / name}.txt").open()


def test_several_files_in_the_order_given(folder: Path) -> None:
    source = open_source([str(folder / "c003.jpg"), folder / "a1.png"])
    assert source.open().detail == "2 pictures"
    assert [level(source), source.step(1), level(source)] == [4, None, 0]
    again = open_source(source.spec)
    again.open()
    assert level(again) == 4


def test_single_picture(folder: Path) -> None:
    source = open_source(folder / "b.bmp")
    info = source.open()
    assert (info.title, info.length, info.controls) == ("b.bmp", 1, frozenset())
    assert level(source) == 3
    assert source.due_in_s() is None


def test_single_picture_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="There is no picture"):
        open_source(tmp_path / "gone.jpg").open()
    (tmp_path / "bad.jpg").write_bytes(b"garbage")
    source = open_source(tmp_path / "bad.jpg")
    source.open()
    with pytest.raises(SourceError, match=r"bad\.jpg is not a picture") as caught:
        source.read()
    assert not isinstance(caught.value, PictureError)


def test_closed_is_quiet(trip: FrameSource) -> None:
    trip.close()
    trip.step(1)
    trip.seek(3)
    assert trip.due_in_s() is None
    assert trip.read() is None


def test_real_photographs(shared_images: Path) -> None:
    source = open_source(shared_images, policy=Policy.EVERY)
    assert (source.open().length or 0) > 100
    for _ in range(5):
        frame = source.read()
        assert frame is not None
        assert 5 < frame.image.std() < 128
