"""Whether Qt can open a window is told before Qt aborts."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from deepvis_app.cli.screen import (
    GUI_LIBRARIES,
    WAYLAND_LIBRARIES,
    X11_LIBRARIES,
    Library,
    can_load,
    install_command,
    missing,
    screen_problem,
    x_server_answers,
)

if TYPE_CHECKING:
    from collections.abc import Callable


def all_but(*absent: str) -> Callable[[str], bool]:
    return lambda name: name not in absent


def problem(
    environment: dict[str, str], absent: tuple[str, ...] = (), *, answers: bool = True
) -> str:
    found = screen_problem(environment, "linux", all_but(*absent), lambda _: answers)
    return str(found or "")


@pytest.mark.parametrize(
    "environment",
    [
        {"DISPLAY": ":0"},
        {"WAYLAND_DISPLAY": "wayland-0"},
        {"DISPLAY": ":0", "QT_QPA_PLATFORM": "xcb"},
        {"QT_QPA_PLATFORM": "offscreen"},
        {"QT_QPA_PLATFORM": "vnc:size=800x600"},
        {"WAYLAND_DISPLAY": "wayland-0", "QT_QPA_PLATFORM": "wayland"},
    ],
)
def test_a_usable_screen_is_no_problem(environment: dict[str, str]) -> None:
    assert problem(environment) == ""


def test_no_screen_names_the_remedy() -> None:
    assert "DISPLAY" in problem({})
    assert "xvfb-run -a deepvis" in problem({})


def test_other_systems_need_no_display() -> None:
    assert screen_problem({}, "darwin") is None
    assert screen_problem({}, "win32") is None


def test_every_missing_library_is_named() -> None:
    told = problem({"DISPLAY": ":0"}, ("libxcb-cursor.so.0", "libxcb-icccm.so.4"))
    assert "libxcb-cursor.so.0" in told
    assert "libxcb-icccm.so.4" in told
    assert "\n" not in told


def test_libraries_of_all_windows_matter_on_any_plugin() -> None:
    assert "libEGL.so.1" in problem({"QT_QPA_PLATFORM": "offscreen"}, ("libEGL.so.1",))


def test_only_the_plugin_in_use_matters() -> None:
    assert problem({"QT_QPA_PLATFORM": "offscreen"}, ("libxcb-cursor.so.0",)) == ""
    assert problem({"WAYLAND_DISPLAY": "w"}, ("libxcb-cursor.so.0",)) == ""
    assert problem({"DISPLAY": ":0"}, ("libwayland-cursor.so.0",)) == ""


def test_with_both_screens_one_that_works_is_enough() -> None:
    both = {"DISPLAY": ":0", "WAYLAND_DISPLAY": "w"}
    assert problem(both, ("libxcb-cursor.so.0",)) == ""
    assert problem(both, ("libwayland-client.so.0",)) == ""
    neither = problem(both, ("libwayland-client.so.0", "libxcb-cursor.so.0"))
    assert "libxcb-cursor.so.0" in neither


def test_a_wayland_session_without_its_libraries() -> None:
    assert "libwayland-client.so.0" in problem({"WAYLAND_DISPLAY": "w"}, WAYLAND_LIBRARIES[0][:1])


def test_a_server_that_does_not_answer() -> None:
    assert "':77'" in problem({"DISPLAY": ":77"}, answers=False)


@pytest.mark.parametrize(
    ("manager", "command"),
    [
        ("apt", "sudo apt install libxcb-cursor0 libxcb1"),
        ("dnf", "sudo dnf install xcb-util-cursor libxcb"),
    ],
)
def test_the_command_installs_just_what_is_missing(manager: str, command: str) -> None:
    absent = missing(X11_LIBRARIES, all_but("libxcb-cursor.so.0", "libxcb.so.1"))
    assert install_command(absent, manager) == command


def test_one_package_of_two_libraries_is_named_once() -> None:
    two = [Library("a.so", "one", "uno"), Library("b.so", "one", "uno")]
    assert install_command(two, "apt") == "sudo apt install one"
    assert install_command(two, "") == (
        "sudo apt install one (Debian, Ubuntu) or sudo dnf install uno (Fedora)"
    )


def test_a_library_that_does_not_exist_cannot_be_loaded() -> None:
    assert not can_load("libdeepvis-does-not-exist.so.1")


@pytest.mark.skipif(not can_load("libxcb.so.1"), reason="libxcb is not here")
def test_no_server_answers_at_an_unused_display() -> None:
    assert not x_server_answers(":63999")


@pytest.mark.skipif(
    not sys.platform.startswith("linux") or not shutil.which("readelf"), reason="needs readelf"
)
def test_the_tables_are_what_the_installed_qt_needs() -> None:
    qt = pytest.importorskip("PyQt6.QtCore")
    root = Path(qt.__file__).parent / "Qt6"
    ours = re.compile(r"libQt6|libicu|ld-linux")
    # Part of every system or linked by what is listed.
    base = {f"lib{name}" for name in (
        "c.so.6", "m.so.6", "stdc++.so.6", "gcc_s.so.1", "z.so.1", "zstd.so.1", "pthread.so.0",
        "dl.so.2", "rt.so.1",
    )}  # fmt: skip

    def needed(*files: str) -> set[str]:
        told = subprocess.run(
            ["readelf", "-d", *(str(root / file) for file in files)],
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        names = set(re.findall(r"\(NEEDED\).*\[(.+)\]", told))
        return {name for name in names if not ours.match(name)} - base

    gui = needed("lib/libQt6Gui.so.6", "lib/libQt6Core.so.6", "lib/libQt6DBus.so.6")
    x11 = needed("plugins/platforms/libqxcb.so", "lib/libQt6XcbQpa.so.6")
    wayland = needed("plugins/platforms/libqwayland.so", "lib/libQt6WaylandClient.so.6")
    assert gui <= {library.name for library in GUI_LIBRARIES}
    assert x11 <= {library.name for library in (*GUI_LIBRARIES, *X11_LIBRARIES)}
    assert wayland <= {library.name for library in (*GUI_LIBRARIES, *WAYLAND_LIBRARIES)}
