"""What a spec names, and what a dropped thing is."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

import pytest
from PIL import Image

from deepvis_app.frames import SourceError, open_source, spec_of
from deepvis_app.frames.camera import CameraSource
from deepvis_app.frames.demo import DemoSource
from deepvis_app.frames.pictures import PictureSource
from deepvis_app.frames.screen import ScreenSource
from deepvis_app.frames.stream import StreamSource
from deepvis_app.frames.video import VideoSource


@pytest.mark.parametrize(
    ("spec", "kind"),
    [
        ("demo", DemoSource),
        ("camera", CameraSource),
        ("camera:1", CameraSource),
        ("camera:HD Webcam@1280x720", CameraSource),
        ("0", CameraSource),
        ("screen", ScreenSource),
        ("screen:2", ScreenSource),
        ("screen:10,20,300,200", ScreenSource),
        ("http://host/video", StreamSource),
        ("https://user:word@host/picture.jpg", StreamSource),
        ("rtsp://host:8554/live", StreamSource),
        ("gone.mp4", VideoSource),
        ("gone.jpg", PictureSource),
        ("list:gone.txt", PictureSource),
        ("a.jpg\nb.jpg", PictureSource),
    ],
)
def test_kinds(spec: str, kind: type) -> None:
    source = open_source(spec)
    assert type(source) is kind
    again = open_source(source.spec)  # what is kept opens the same
    assert type(again) is kind
    assert again.spec == source.spec


@pytest.mark.parametrize("spec", ["", "   ", "webcam", "no/such/folder", "ftp://host/x"])
def test_unknown_specs(spec: str) -> None:
    with pytest.raises(SourceError) as caught:
        open_source(spec)
    assert "camera:0" in caught.value.remedy


def test_near_misses_are_named() -> None:
    with pytest.raises(SourceError, match="Did you mean screen"):
        open_source("sreen")


def test_screen_spelling() -> None:
    with pytest.raises(SourceError, match="is no part of a screen"):
        open_source("screen:left")


def test_files_are_told_by_content_where_the_name_does_not(tmp_path: Path, make_video) -> None:
    Image.new("RGB", (4, 4)).save(tmp_path / "still.gif")
    pictures = [Image.new("RGB", (4, 4), (level, 0, 0)) for level in (0, 200)]
    pictures[0].save(tmp_path / "moving.gif", save_all=True, append_images=pictures[1:])
    Image.new("RGB", (4, 4)).save(tmp_path / "picture", "png")
    video = make_video("clip.mp4", 3).rename(tmp_path / "video")
    assert isinstance(open_source(tmp_path / "still.gif"), PictureSource)
    assert isinstance(open_source(tmp_path / "moving.gif"), VideoSource)
    assert isinstance(open_source(tmp_path / "picture"), PictureSource)
    assert isinstance(open_source(video), VideoSource)
    assert isinstance(open_source(tmp_path), PictureSource)


def test_dropped_things(tmp_path: Path) -> None:
    picture = tmp_path / "a b.png"
    Image.new("RGB", (4, 4)).save(picture)
    video = tmp_path / "clip.mp4"
    video.touch()
    paths = tmp_path / "list.txt"
    paths.write_text("a b.png\n")
    deeper = tmp_path / "deeper"
    deeper.mkdir()
    Image.new("RGB", (4, 4)).save(deeper / "z.png")

    assert spec_of(picture) == str(picture)
    assert spec_of(picture.as_uri()) == str(picture)  # "%20" for the blank
    assert spec_of(str(tmp_path)) == str(tmp_path)
    assert spec_of(paths) == f"list:{paths}"
    assert spec_of("https://host/x.mjpg") == "https://host/x.mjpg"
    assert spec_of("demo") == "demo"
    assert spec_of([video, picture, deeper]) == f"{picture}\n{deeper / 'z.png'}"
    assert spec_of([paths, video]) == str(video)
    assert spec_of([video]) == str(video)
    for nothing in ([], [paths, tmp_path / "gone.png"], "no words", tmp_path / "gone.png"):
        with pytest.raises(SourceError):
            spec_of(nothing)


def test_home_is_expanded(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    Image.new("RGB", (4, 4)).save(tmp_path / "a.png")
    assert open_source(Path("~/a.png")).open().title == "a.png"


@pytest.mark.parametrize("name", ["two\nlines.png", " blank .png", "per%20cent.png", "ü–日.png"])
def test_any_name_of_a_file(tmp_path: Path, name: str) -> None:
    Image.new("RGB", (4, 3), "red").save(tmp_path / name)
    for spec in (tmp_path / name, str(tmp_path / name), spec_of(tmp_path / name)):
        source = open_source(spec)
        source.open()
        assert source.read().image.shape == (3, 4, 3)
        source.close()


@pytest.mark.parametrize("name", ["clip.mp4", "photo.png", "list.txt", "nothing"])
def test_a_named_pipe_is_refused_before_it_blocks(tmp_path: Path, name: str) -> None:
    pipe = tmp_path / name
    os.mkfifo(pipe)
    with pytest.raises(SourceError, match=r"a named pipe, not a file|no plain file"):
        open_source(pipe).open()


@pytest.mark.parametrize("path", ["/dev/zero", "/dev/tty", "/dev/null"])
def test_a_device_is_refused(path: str) -> None:
    with pytest.raises(SourceError, match="is a device, not a file"):
        open_source(path).open()


LISTS = {
    "HLS": "#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\n{}\n#EXT-X-ENDLIST\n",
    "concat": "ffconcat version 1.0\nfile '{}'\n",
    "SDP": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns={}\nc=IN IP4 127.0.0.1\nt=0 0\n"
    "m=video 5004 RTP/AVP 96\na=rtpmap:96 H264/90000\n",
}


@pytest.mark.parametrize("kind", LISTS)
@pytest.mark.parametrize("suffix", ["mp4", "ts"])
def test_a_video_that_is_a_list_opens_nothing_else(
    tmp_path: Path, make_video, kind: str, suffix: str
) -> None:
    other = make_video("other.ts", 10)
    liar = tmp_path / f"liar.{suffix}"
    liar.write_text(LISTS[kind].format(other))
    with pytest.raises(SourceError, match="a list of other files or addresses"):
        open_source(liar).open()
    open_source(other).open()  # it is there, and could have been shown


@pytest.mark.parametrize(
    "text",
    ["x" * 5000, "a\0b", "/a\0b", "~nobody at all/x", "list:a\0b", "file://h\0/x", "/" + "y" * 300],
)
def test_what_can_be_no_name_is_no_source(text: str) -> None:
    with pytest.raises(SourceError) as caught:
        open_source(text).open()
    assert len(str(caught.value)) < 600
    with pytest.raises(SourceError):
        open_source(spec_of(text)).open()


@pytest.mark.parametrize("which", ["9" * 5000, "²", "0@" + "9" * 5000 + "x1"])
def test_a_camera_of_no_number_is_not_there(which: str) -> None:
    with pytest.raises(SourceError):
        CameraSource(which, lister=lambda: ()).open()


@pytest.mark.timeout(10)  # it took minutes
def test_a_long_text_of_many_addresses_is_looked_through_at_once() -> None:
    for ask in (open_source, spec_of):
        with suppress(SourceError):
            ask("https://[::1]:-128/at" * 10_000)
