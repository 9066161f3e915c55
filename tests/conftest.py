"""Fixtures for all rooms: test data beside the checkout, private user folders, no stray threads."""

from __future__ import annotations

import logging
import os
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.hookimpl(trylast=True)  # after pytest-xvfb, which starts a virtual screen where it can
def pytest_configure(config: pytest.Config) -> None:
    if "cuda" not in config.option.markexpr:  # so that results are the same on every machine
        os.environ["CUDA_VISIBLE_DEVICES"] = ""
    screens = {"DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"}
    if sys.platform.startswith("linux") and not screens & os.environ.keys():
        os.environ["QT_QPA_PLATFORM"] = "offscreen"


SHARED = Path(__file__).parents[2] / "shared"


def _shared(name: str) -> Path:
    folder = SHARED / name
    if not folder.is_dir():
        pytest.skip(f"test data folder ../shared/{name} is not here")
    return folder


@pytest.fixture
def shared_nets() -> Path:
    """Folder with squeezenet1_0-imagenet.pth; skips where it is absent."""
    return _shared("nets")


@pytest.fixture
def shared_images() -> Path:
    """Folder with real photographs; skips where it is absent."""
    return _shared("images") / "imagenet-sample"


@pytest.fixture(autouse=True)
def private_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test reads or writes the user's own settings, cache or pictures."""
    for kind in ("CONFIG", "CACHE", "PICTURES"):
        monkeypatch.setenv(f"DEEPVIS_{kind}_DIR", str(tmp_path / kind.lower()))


@pytest.fixture(autouse=True)
def no_stray_threads() -> Iterator[None]:
    before = set(threading.enumerate())
    yield
    for thread in set(threading.enumerate()) - before:
        thread.join(5)
    stray = {t.name for t in threading.enumerate()} - {t.name for t in before}
    # torch keeps a helper thread of its own autograd engine; only named threads are ours.
    assert not {name for name in stray if name.startswith("deepvis")}, stray


@pytest.fixture(autouse=True)
def no_unexpected_log(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """A warning in the log fails the test unless the test reads it and calls `caplog.clear()`."""
    yield
    loud = [r.getMessage() for r in caplog.get_records("call") if r.levelno >= logging.WARNING]
    assert not loud, loud
