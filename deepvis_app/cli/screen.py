"""Whether Qt can open a window here: it aborts without a word that helps, so we look first."""

from __future__ import annotations

import ctypes
import shutil
import sys
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from deepvis_app.errors import UserError


class Library(NamedTuple):
    """A system library and the packages that bring it."""

    name: str
    apt: str
    dnf: str


# What PyQt6's libQt6Gui needs of the system on Linux,
GUI_LIBRARIES = (
    Library("libEGL.so.1", "libegl1", "libglvnd-egl"),
    Library("libGL.so.1", "libgl1", "libglvnd-glx"),
    Library("libX11.so.6", "libx11-6", "libX11"),
    Library("libdbus-1.so.3", "libdbus-1-3", "dbus-libs"),
    Library("libfontconfig.so.1", "libfontconfig1", "fontconfig"),
    Library("libfreetype.so.6", "libfreetype6", "freetype"),
    Library("libglib-2.0.so.0", "libglib2.0-0", "glib2"),
    Library("libgthread-2.0.so.0", "libglib2.0-0", "glib2"),
    Library("libxkbcommon.so.0", "libxkbcommon0", "libxkbcommon"),
)
# its X11 plugin (libqxcb, libQt6XcbQpa) besides,
X11_LIBRARIES = (
    Library("libX11-xcb.so.1", "libx11-xcb1", "libX11-xcb"),
    Library("libxcb-cursor.so.0", "libxcb-cursor0", "xcb-util-cursor"),
    Library("libxcb-icccm.so.4", "libxcb-icccm4", "xcb-util-wm"),
    Library("libxcb-image.so.0", "libxcb-image0", "xcb-util-image"),
    Library("libxcb-keysyms.so.1", "libxcb-keysyms1", "xcb-util-keysyms"),
    Library("libxcb-randr.so.0", "libxcb-randr0", "libxcb"),
    Library("libxcb-render-util.so.0", "libxcb-render-util0", "xcb-util-renderutil"),
    Library("libxcb-render.so.0", "libxcb-render0", "libxcb"),
    Library("libxcb-shape.so.0", "libxcb-shape0", "libxcb"),
    Library("libxcb-shm.so.0", "libxcb-shm0", "libxcb"),
    Library("libxcb-sync.so.1", "libxcb-sync1", "libxcb"),
    Library("libxcb-util.so.1", "libxcb-util1", "xcb-util"),
    Library("libxcb-xfixes.so.0", "libxcb-xfixes0", "libxcb"),
    Library("libxcb-xkb.so.1", "libxcb-xkb1", "libxcb"),
    Library("libxcb.so.1", "libxcb1", "libxcb"),
    Library("libxkbcommon-x11.so.0", "libxkbcommon-x11-0", "libxkbcommon-x11"),
)
# and its Wayland plugin (libqwayland).
WAYLAND_LIBRARIES = (
    Library("libwayland-client.so.0", "libwayland-client0", "libwayland-client"),
    Library("libwayland-cursor.so.0", "libwayland-cursor0", "libwayland-cursor"),
)


def can_load(name: str) -> bool:
    """Whether the system's loader finds the shared library."""
    try:
        ctypes.CDLL(name)
    except OSError:
        return False
    return True


def x_server_answers(display: str) -> bool:
    """Whether an X server lets us in at `display`. Needs libxcb.

    A good connection stays open until the process ends: a server such as Xvfb resets itself when
    its last client leaves, and would turn Qt away that comes just then.
    """
    xcb = ctypes.CDLL("libxcb.so.1")
    xcb.xcb_connect.restype = ctypes.c_void_p
    connection = ctypes.c_void_p(xcb.xcb_connect(display.encode(), None))
    if xcb.xcb_connection_has_error(connection):
        xcb.xcb_disconnect(connection)
        return False
    return True


def missing(libraries: Iterable[Library], load: Callable[[str], bool] = can_load) -> list[Library]:
    """Return those of `libraries` that the loader does not find."""
    return [library for library in libraries if not load(library.name)]


def install_command(libraries: Iterable[Library], manager: str | None = None) -> str:
    """Return the command that installs `libraries`, for apt, dnf or (another system) both."""
    apt = "sudo apt install " + " ".join(dict.fromkeys(library.apt for library in libraries))
    dnf = "sudo dnf install " + " ".join(dict.fromkeys(library.dnf for library in libraries))
    if manager is None:
        manager = next((name for name in ("apt", "dnf") if shutil.which(name)), "")
    return {"apt": apt, "dnf": dnf}.get(manager, f"{apt} (Debian, Ubuntu) or {dnf} (Fedora)")


def screen_problem(
    environment: Mapping[str, str],
    platform: str = sys.platform,
    load: Callable[[str], bool] = can_load,
    answers: Callable[[str], bool] = x_server_answers,
) -> UserError | None:
    """Return why Qt could not open a window, with the remedy; None where nothing is known.

    Only Linux is looked at: elsewhere Qt brings all it needs.
    """
    if not platform.startswith("linux"):
        return None
    plugin = environment.get("QT_QPA_PLATFORM", "").split(":")[0]
    display, wayland = environment.get("DISPLAY", ""), environment.get("WAYLAND_DISPLAY", "")
    if not plugin and not display and not wayland:
        return UserError(
            "There is no screen: neither DISPLAY nor WAYLAND_DISPLAY is set",
            "Start deepvis in a desktop session, over `ssh -X`, "
            "or on a virtual screen: xvfb-run -a deepvis",
        )
    if absent := missing(GUI_LIBRARIES, load):
        return _libraries_problem(absent)
    if plugin.startswith("wayland"):
        return _wayland_problem(load)
    if plugin == "xcb":
        return _x11_problem(display, load, answers)
    if plugin:  # offscreen, vnc, …: nothing more is needed
        return None
    # Without a wish Qt tries one after the other.
    problem = _wayland_problem(load) if wayland else None
    if display and (problem or not wayland):
        return _x11_problem(display, load, answers)
    return problem


def _wayland_problem(load: Callable[[str], bool]) -> UserError | None:
    absent = missing(WAYLAND_LIBRARIES, load)
    return _libraries_problem(absent) if absent else None


def _x11_problem(
    display: str, load: Callable[[str], bool], answers: Callable[[str], bool]
) -> UserError | None:
    if absent := missing(X11_LIBRARIES, load):
        return _libraries_problem(absent)
    if answers(display):
        return None
    return UserError(
        f"The screen '{display}' (DISPLAY) cannot be reached",
        "Check DISPLAY and that you may use that screen, or use a virtual one: xvfb-run -a deepvis",
    )


def _libraries_problem(absent: list[Library]) -> UserError:
    names = ", ".join(library.name for library in absent)
    return UserError(
        f"Qt needs system libraries that are missing: {names}", install_command(absent)
    )
