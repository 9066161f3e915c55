"""Files are there whole or not at all, whatever happens to the disk or to the writer."""

from __future__ import annotations

import errno
import os
import signal
import stat
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from deepvis_app import files
from deepvis_app.files import free_path, kind_of, plain_name, whole, write_whole
from tests.alone import run_alone
from tests.rights import close_to_writing, nobody

if TYPE_CHECKING:
    from collections.abc import Iterator

posix = pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX rights")
KILLED = Path(__file__).with_name("killed_writes.py")


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("content", ["größer\n", b"\x00\xff\r\n"])
def test_what_is_written_is_there_byte_by_byte(tmp_path: Path, content: str | bytes) -> None:
    path = tmp_path / "new" / "folder" / "file.txt"
    write_whole(path, content)
    assert path.read_bytes() == (content.encode() if isinstance(content, str) else content)
    assert names(path.parent) == ["file.txt"]


def test_an_error_of_the_writer_leaves_the_old_file_alone(tmp_path: Path) -> None:
    path = tmp_path / "file.txt"
    path.write_text("old")

    def interrupted(draft: Path) -> None:
        draft.write_text("half of")
        assert path.read_text() == "old"
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), whole(path) as draft:
        interrupted(draft)
    assert (path.read_text(), names(tmp_path)) == ("old", ["file.txt"])


@posix
def test_a_new_file_has_the_rights_that_the_system_gives_or_is_private(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        write_whole(tmp_path / "usual", "")
        write_whole(tmp_path / "own", "", private=True)
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "usual").stat().st_mode) == 0o640
    assert stat.S_IMODE((tmp_path / "own").stat().st_mode) == 0o600


@posix
@pytest.mark.parametrize("rights", [0o600, 0o444, 0o666])
def test_a_file_that_is_replaced_keeps_its_rights(tmp_path: Path, rights: int) -> None:
    path = tmp_path / "file"
    path.touch()
    path.chmod(rights)
    write_whole(path, "new", private=True)
    assert (path.read_text(), stat.S_IMODE(path.stat().st_mode)) == ("new", rights)


@posix
def test_a_link_stays_one_and_what_is_no_file_is_refused(tmp_path: Path) -> None:
    real, link, pipe = tmp_path / "real", tmp_path / "link", tmp_path / "pipe"
    link.symlink_to(real)
    write_whole(link, "new")
    assert link.is_symlink()
    assert real.read_text() == "new"
    os.mkfifo(pipe)
    with pytest.raises(FileExistsError, match="It is a named pipe, not a file"):
        write_whole(pipe, "")
    with pytest.raises(IsADirectoryError, match="It is a folder"):
        write_whole(tmp_path, "")
    assert names(tmp_path) == ["link", "pipe", "real"]


@posix
def test_a_folder_closed_to_writing_says_so_and_stays_as_it_is(public_folder: Path) -> None:
    (public_folder / "file").write_text("old")
    close_to_writing(public_folder)
    with nobody(), pytest.raises(PermissionError):
        write_whole(public_folder / "file", "new")
    assert (names(public_folder), (public_folder / "file").read_text()) == (["file"], "old")


@contextmanager
def small_disk() -> Iterator[None]:
    """No file may have more than 10 kB: what is written beyond fails, as on a full disk.

    Nothing else may be written meanwhile, such as what a test's runner says into a file.
    """
    import resource

    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, handler)


@posix
def test_a_disk_that_gets_full_keeps_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_whole(path, "old")
    with small_disk(), pytest.raises(OSError, match="too large"):
        write_whole(path, bytes(20_000))
    assert (path.read_text(), names(tmp_path)) == ("old", ["file"])


@pytest.mark.parametrize("at", ["fsync", "replace"])
def test_a_disk_that_is_full_at_the_end_does_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: str
) -> None:
    (tmp_path / "file").write_text("old")

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(*((os, "fsync") if at == "fsync" else (Path, "replace")), full)
    with pytest.raises(OSError, match="No space left"):
        write_whole(tmp_path / "file", "new")
    assert ((tmp_path / "file").read_text(), names(tmp_path)) == ("old", ["file"])


def test_the_content_is_on_the_disk_before_the_name_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []
    real = os.fsync

    def sync(handle: int) -> None:
        is_folder = stat.S_ISDIR(os.fstat(handle).st_mode)
        seen.append("folder" if is_folder else f"file, {(tmp_path / 'file').exists()}")
        real(handle)

    monkeypatch.setattr(os, "fsync", sync)
    write_whole(tmp_path / "file", "new")
    assert seen == ["file, False", *(["folder"] if os.name != "nt" else [])]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks")
def test_a_writer_killed_at_any_line_leaves_the_old_file_or_the_new(tmp_path: Path) -> None:
    done = run_alone(str(KILLED), str(tmp_path))
    assert done.stderr == ""
    assert int(done.stdout) > 20  # alone: nothing was wrong
    files._sweep.cache_clear()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(files, "ABANDONED_AFTER_S", -1)
        write_whole(tmp_path / "file.txt", "")
    assert names(tmp_path) == ["file.txt"]


def test_what_killed_writers_left_goes_once_it_is_old(tmp_path: Path) -> None:
    for name in (".1.deepvis-part", ".somebody-else's.part", "2.deepvis-part"):
        (tmp_path / name).touch()
        os.utime(tmp_path / name, (0, 0))
    (tmp_path / ".3.deepvis-part").touch()  # somebody may be at it
    write_whole(tmp_path / "file", "")
    left = [".3.deepvis-part", ".somebody-else's.part", "2.deepvis-part", "file"]
    assert names(tmp_path) == left


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("classifier.1", "classifier.1"),
        ("layer1/0: conv", "layer1-0-conv"),
        ("../../etc/passwd", "etc-passwd"),
        (".hidden", "hidden"),
        ("Größe_2", "Größe_2"),
        ("???", "unnamed"),
        ("", "unnamed"),
    ],
)
def test_any_text_becomes_a_plain_name(text: str, name: str) -> None:
    assert plain_name(text) == name
    assert plain_name(text, "recipe") == name.replace("unnamed", "recipe")


def test_a_long_name_fits_with_a_number_and_a_suffix(tmp_path: Path) -> None:
    name = plain_name("ß" * 500)
    assert set(name) == {"ß"}
    for _ in range(2):
        write_whole(free_path(tmp_path, name, ".safetensors"), "")
    assert len(names(tmp_path)) == 2


@posix
def test_a_name_that_is_taken_is_counted_up(tmp_path: Path) -> None:
    assert free_path(tmp_path, "grid", ".png").name == "grid.png"
    (tmp_path / "grid.png").touch()
    (tmp_path / "grid 2.png").symlink_to(tmp_path / "nowhere")  # what it leads to is not ours
    assert free_path(tmp_path, "grid", ".png").name == "grid 3.png"
    assert free_path(tmp_path, "grid", ".svg").name == "grid.svg"


@posix
def test_what_can_be_read_to_an_end(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    os.mkfifo(tmp_path / "pipe")
    assert kind_of((tmp_path / "file").stat()) == ""
    assert kind_of((tmp_path / "pipe").stat()) == "a named pipe"
    assert kind_of(tmp_path.stat()) == "a folder"
    assert kind_of(Path(os.devnull).stat()) == "a device"
