"""A camera that can be pulled out, played by a fake device; and a real one where there is one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pytest

from deepvis_app.frames import CameraInfo, CameraSource, SourceError, SourceLost, list_cameras
from deepvis_app.frames.cameras import _device_files, _distinct
from deepvis_app.frames.cv import cv2

if TYPE_CHECKING:
    from pathlib import Path


@dataclass
class Bench:
    """The sockets that cameras are plugged into."""

    plugged: dict[int, str] = field(default_factory=dict)
    opened: list[FakeDevice] = field(default_factory=list)

    def list(self) -> tuple[CameraInfo, ...]:
        return _distinct(sorted(self.plugged.items()))

    def open(self, index: int) -> FakeDevice:
        device = FakeDevice(self, index)
        self.opened.append(device)
        return device


class FakeDevice:
    """Gives blue-ish BGR pictures of the size that was set, while it is plugged in."""

    def __init__(self, bench: Bench, index: int) -> None:
        self.bench = bench
        self.index = index
        self.properties = {cv2.CAP_PROP_FRAME_WIDTH: 640.0, cv2.CAP_PROP_FRAME_HEIGHT: 480.0}
        self.properties[cv2.CAP_PROP_FPS] = 30.0
        self.bad_reads = 0
        self.reads = 0
        self.is_released = False
        self.is_there = index in bench.plugged

    def isOpened(self) -> bool:  # noqa: N802
        return self.is_there

    def read(self) -> tuple[bool, np.ndarray | None]:
        assert not self.is_released
        self.reads += 1
        if self.index not in self.bench.plugged:
            self.is_there = False
        if not self.is_there or self.bad_reads > 0:
            self.bad_reads -= 1
            return False, None
        height = int(self.properties[cv2.CAP_PROP_FRAME_HEIGHT])
        width = int(self.properties[cv2.CAP_PROP_FRAME_WIDTH])
        return True, np.full((height, width, 3), (200, 100, 50), np.uint8)

    def get(self, what: int, /) -> float:
        return self.properties.get(what, 0.0)

    def set(self, what: int, value: float, /) -> bool:
        self.properties[what] = value
        return True

    def release(self) -> None:
        self.is_released = True


@pytest.fixture
def bench() -> Bench:
    return Bench({0: "HD Webcam", 2: "Microscope"})


@pytest.fixture
def camera(bench: Bench, clock):
    def make(which: str = "0") -> CameraSource:
        return CameraSource(which, clock=clock, opener=bench.open, lister=bench.list)

    return make


def test_frames_are_rgb(camera, clock) -> None:
    source = camera()
    info = source.open()
    assert (info.title, info.detail) == ("HD Webcam", "640 × 480 · 30 fps")
    assert (info.rate_hz, info.length, info.controls) == (30, None, frozenset())
    for number in range(3):
        assert source.due_in_s() == 0
        frame = source.read()
        assert frame.number == number
        assert frame.captured_at == clock.now_s
        np.testing.assert_array_equal(frame.image[5, 5], (50, 100, 200))
        assert not frame.image.flags.writeable


@pytest.mark.parametrize("which", ["2", "Microscope", "microscope", "scope"])
def test_by_number_and_name(camera, bench: Bench, which: str) -> None:
    assert camera(which).open().title == "Microscope"
    assert bench.opened[0].index == 2


def test_size(camera, bench: Bench) -> None:
    source = camera("HD Webcam@1280x720")
    assert source.spec == "camera:HD Webcam@1280x720"
    info = source.open()
    assert (info.width, info.height) == (1280, 720)
    assert source.read().image.shape == (720, 1280, 3)
    assert bench.opened[0].properties[cv2.CAP_PROP_FOURCC] == cv2.VideoWriter.fourcc(*"MJPG")


def test_pulled_out_and_plugged_in_again(camera, bench: Bench) -> None:
    source = camera()
    source.open()
    first = source.read()
    del bench.plugged[0]
    with pytest.raises(SourceLost, match="HD Webcam gives no pictures any more") as caught:
        source.read()
    assert "Plug it in again" in caught.value.remedy
    assert bench.opened[-1].is_released
    for _ in range(3):  # the reader tries now and then
        with pytest.raises(SourceError):
            source.open()
    bench.plugged[0] = "HD Webcam"
    source.open()
    again = source.read()
    assert again.number == first.number + 1
    assert [device.is_released for device in bench.opened[:-1]] == [True] * (len(bench.opened) - 1)


def test_it_comes_back_under_another_number(camera, bench: Bench) -> None:
    source = camera("0")
    source.open()
    source.read()
    del bench.plugged[0]
    with pytest.raises(SourceLost):
        source.read()
    bench.plugged[1] = "HD Webcam"
    assert source.open().title == "HD Webcam"
    assert bench.opened[-1].index == 1
    assert source.read() is not None


def test_one_damaged_picture_is_no_loss(camera, bench: Bench) -> None:
    source = camera()
    source.open()
    source.read()
    bench.opened[0].bad_reads = 2
    assert source.read() is not None


def test_a_slow_failure_is_a_loss_at_once(camera, bench: Bench, clock) -> None:
    source = camera()
    source.open()
    source.read()
    device = bench.opened[0]
    device.bad_reads = 99
    slow_read = device.read

    def read() -> tuple[bool, np.ndarray | None]:
        clock.advance(2)
        return slow_read()

    device.read = read  # type: ignore[method-assign]
    before = device.reads
    with pytest.raises(SourceLost):
        source.read()
    assert device.reads == before + 1


def test_no_camera(clock) -> None:
    bench = Bench()
    source = CameraSource("HD Webcam", clock=clock, opener=bench.open, lister=bench.list)
    with pytest.raises(SourceError, match=r"No camera was found\. .*demo"):
        source.open()
    assert not bench.opened


def test_unknown_name_lists_the_others(camera) -> None:
    with pytest.raises(SourceError, match="Choose one of: HD Webcam, Microscope"):
        camera("Telescope").open()
    with pytest.raises(SourceError, match="There is no camera 7"):
        camera("7").open()


def test_camera_in_use(camera, bench: Bench) -> None:
    source = CameraSource("0", opener=lambda _: FakeDevice(Bench(), 0), lister=bench.list)
    with pytest.raises(SourceError) as caught:
        source.open()
    assert caught.value.remedy


def test_camera_that_gives_no_picture(camera, bench: Bench) -> None:
    def opener(index: int) -> FakeDevice:
        device = bench.open(index)
        device.bad_reads = 99
        return device

    source = CameraSource("0", opener=opener, lister=bench.list)
    with pytest.raises(SourceError, match="opens but gives no picture"):
        source.open()
    assert bench.opened[0].is_released


def test_two_of_the_same_make_have_two_names() -> None:
    cameras = _distinct([(0, "Cam"), (2, "Cam"), (4, "Other")])
    assert [camera.name for camera in cameras] == ["Cam", "Cam (2)", "Other"]
    assert cameras[1].spec == "camera:Cam (2)"


def test_device_files_where_names_are_not_known(tmp_path: Path) -> None:
    for name in ("video10", "video2", "video", "videos", "null"):
        (tmp_path / name).touch()
    assert sorted(_device_files(tmp_path)) == [(2, "Camera 2"), (10, "Camera 10")]


def test_no_camera_on_this_machine_is_one_quiet_error(capfd: pytest.CaptureFixture[str]) -> None:
    if list_cameras():
        pytest.skip("this machine has a camera")
    with pytest.raises(SourceError, match="No camera was found"):
        CameraSource("0").open()
    assert capfd.readouterr().err == ""


@pytest.mark.camera
def test_real_camera() -> None:
    if not list_cameras():
        pytest.skip("this machine has no camera")
    source = CameraSource("0")
    source.open()
    assert source.read() is not None
    source.close()
