"""What `deepvis doctor` looks at: each check tells what is, and the command that mends it."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from importlib import metadata
from pathlib import Path

from deepvis_app import __version__, paths
from deepvis_app.cli.screen import screen_problem
from deepvis_app.errors import UserError, one_line
from deepvis_app.folders import keeping_problem
from deepvis_app.settings import check_settings, settings_path

# Packages of which each brings a `cv2` folder: two of them overwrite each other's files.
CV2_PACKAGES = (
    "opencv-python",
    "opencv-python-headless",
    "opencv-contrib-python",
    "opencv-contrib-python-headless",
)
QT_PROGRAM = (
    "from PyQt6.QtCore import qVersion; from PyQt6.QtWidgets import QApplication; "
    "application = QApplication([]); "
    "print(f'Qt {qVersion()}, {application.platformName()}')"
)
QT_TIMEOUT_S = 30


class Health(Enum):
    """What a check found."""

    FINE = "fine"
    NOTE = "note"  # works, but you may want to know
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at; `remedy` is a command or a sentence, empty where nothing is wrong."""

    what: str
    health: Health
    detail: str
    remedy: str = ""


def run_checks() -> Iterator[Check]:
    """Run all checks one after the other; none of them raises."""
    for what, look in CHECKS.items():
        try:
            yield look(what)
        except UserError as error:
            yield Check(what, Health.BROKEN, error.cause, error.remedy)
        except Exception as error:  # noqa: BLE001 - whatever is broken, the doctor goes on
            detail = f"{type(error).__name__}: {one_line(error)}"
            yield Check(
                what, Health.BROKEN, detail, "Reinstall: pip install --force-reinstall deepvis"
            )


def _fine(what: str, detail: str) -> Check:
    return Check(what, Health.FINE, detail)


def check_python(what: str) -> Check:
    """Versions of this program, Python and the system."""
    return _fine(
        what, f"deepvis {__version__}, Python {platform.python_version()}, {platform.platform()}"
    )


def check_torch(what: str) -> Check:
    """PyTorch with torchvision, whose compiled parts must fit each other."""
    import torch
    import torchvision

    boxes, scores = torch.tensor([[0.0, 0.0, 1.0, 1.0]]), torch.ones(1)
    torchvision.ops.nms(boxes, scores, 0.5)  # raises where the two do not fit
    threads = torch.get_num_threads()
    return _fine(
        what, f"torch {torch.__version__}, torchvision {torchvision.__version__}, {threads} threads"
    )


def check_device(what: str) -> Check:
    """What the network can run on."""
    import torch

    cpu = f"cpu ({os.cpu_count()} cores)"
    if torch.cuda.is_available():
        names = [torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count())]
        torch.ones(1, device="cuda").add(1).cpu()  # a driver may be there and not work
        return _fine(what, ", ".join([*(f"cuda:{i} {n}" for i, n in enumerate(names)), cpu]))
    if torch.backends.mps.is_available():
        return _fine(what, f"mps (Apple), {cpu}")
    if Path("/proc/driver/nvidia/version").exists():
        built = torch.version.cuda or "none"
        return Check(
            what,
            Health.NOTE,
            f"{cpu}; an NVIDIA driver is here but PyTorch (built for CUDA {built}) cannot use it",
            "Install the PyTorch that fits the driver: https://pytorch.org/get-started/locally",
        )
    return _fine(what, f"{cpu}; no CUDA device, no MPS")


def check_screen(what: str) -> Check:
    """The display and the system libraries that Qt needs for it."""
    if problem := screen_problem(os.environ):
        return Check(what, Health.BROKEN, problem.cause, problem.remedy)
    shown = [
        name for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM") if name in os.environ
    ]
    return _fine(what, ", ".join(f"{name}={os.environ[name]}" for name in shown) or sys.platform)


def check_qt(what: str) -> Check:
    """Whether Qt really starts here; in a process of its own, since a failing Qt aborts."""
    if not _installed("PyQt6"):
        return Check(what, Health.BROKEN, "PyQt6 is not installed", "pip install PyQt6")
    if screen_problem(os.environ):
        return Check(what, Health.NOTE, "not tried: there is no screen")
    try:
        ran = subprocess.run(
            [sys.executable, "-c", QT_PROGRAM],
            capture_output=True,
            text=True,
            timeout=QT_TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return Check(
            what,
            Health.BROKEN,
            f"Qt did not start within {QT_TIMEOUT_S} s",
            "Check that the screen answers: xdpyinfo",
        )
    if ran.returncode == 0:
        return _fine(what, f"PyQt6 {metadata.version('PyQt6')}, {ran.stdout.strip()}")
    said = [line.strip() for line in ran.stderr.splitlines() if line.strip()]
    said = said or [f"Qt ended with code {ran.returncode}"]
    return Check(
        what,
        Health.BROKEN,
        said[-1] if said[0].startswith("Traceback") else said[0],
        "Reinstall: pip install --force-reinstall PyQt6 PyQt6-Qt6",
    )


def check_opencv(what: str) -> Check:
    """OpenCV, once: two of its packages, or its own Qt plugins, break the window."""
    found = [name for name in CV2_PACKAGES if _installed(name)]
    if len(found) > 1:
        return Check(
            what,
            Health.BROKEN,
            f"{' and '.join(found)} are both installed and overwrite each other",
            f"pip uninstall -y {' '.join(found)} && pip install opencv-python",
        )
    plugins = os.environ.get("QT_QPA_PLATFORM_PLUGIN_PATH", "")
    if "cv2" in Path(plugins).parts:
        return Check(
            what,
            Health.BROKEN,
            f"QT_QPA_PLATFORM_PLUGIN_PATH points Qt at OpenCV's plugins: {plugins}",
            "unset QT_QPA_PLATFORM_PLUGIN_PATH",
        )
    from deepvis_app.frames.cv import cv2

    if os.environ.get("QT_QPA_PLATFORM_PLUGIN_PATH", "") != plugins:
        raise RuntimeError("importing OpenCV pointed Qt at OpenCV's plugins")
    return _fine(what, f"OpenCV {cv2.__version__} ({', '.join(found) or 'not from pip'})")


def check_cameras(what: str) -> Check:
    """Cameras that can be listed; none is no fault."""
    from deepvis_app.frames import list_cameras

    locked = [str(path) for path in sorted(Path("/dev").glob("video*")) if not _may_use(path)]
    if locked:
        return Check(
            what,
            Health.NOTE,
            f"no permission to use {', '.join(locked)}",
            "sudo usermod -aG video $USER, then log out and in",
        )
    cameras = list_cameras()
    if cameras:
        return _fine(what, ", ".join(camera.spec for camera in cameras))
    return Check(
        what,
        Health.NOTE,
        "none found; the demo is shown instead",
        "Plug a camera in, or name another source: deepvis --source clip.mp4",
    )


def _may_use(device: Path) -> bool:
    return os.access(device, os.R_OK | os.W_OK)


def check_folders(what: str) -> Check:
    """Folders that deepvis writes to, and how full the cache is."""
    if problem := keeping_problem():
        return Check(what, Health.BROKEN, problem.cause, problem.remedy)
    cache = paths.cache_dir()
    size = sum(file.stat().st_size for file in cache.rglob("*") if file.is_file())
    return _fine(what, f"cache {cache} ({size / 2**20:.0f} MiB), settings {paths.config_dir()}")


def check_settings_file(what: str) -> Check:
    """The user's settings as they stand; nothing is changed."""
    messages = check_settings()
    if messages:
        return Check(what, Health.NOTE, "; ".join(messages), f"Mend or delete {settings_path()}")
    return _fine(what, str(settings_path()))


def check_bundled_network(what: str) -> Check:
    """The bundled network gives one answer."""
    import torch

    from deepvis_app.nets import load_network

    network = load_network("pocket")
    with torch.no_grad():
        logits = network.forward(torch.zeros(1, *network.input_shape)).logits
    if logits is None or not bool(torch.isfinite(logits).all()):
        raise UserError(
            "The bundled network gives no numbers",
            "Reinstall: pip install --force-reinstall deepvis",
        )
    return _fine(what, f"{network.name}, {len(network.layers)} layers")


def _installed(package: str) -> bool:
    try:
        metadata.version(package)
    except metadata.PackageNotFoundError:
        return False
    return True


CHECKS: dict[str, Callable[[str], Check]] = {
    "Program": check_python,
    "PyTorch": check_torch,
    "Device": check_device,
    "Screen": check_screen,
    "Qt": check_qt,
    "OpenCV": check_opencv,
    "Cameras": check_cameras,
    "Folders": check_folders,
    "Settings": check_settings_file,
    "Bundled network": check_bundled_network,
}
