"""On which machine figures were measured, in one line."""

from __future__ import annotations

import os
import platform
import re
from pathlib import Path


def describe_machine() -> str:
    """Return processor, memory, accelerator and versions."""
    import torch

    parts = [f"{_processor()}, {os.cpu_count()} cores"]
    if memory := _memory_gib():
        parts.append(f"{memory:.0f} GiB")
    if torch.cuda.is_available():
        parts.append(torch.cuda.get_device_name(0))
    parts.append(f"{platform.system()}, Python {platform.python_version()}")
    parts.append(f"torch {torch.__version__}, {torch.get_num_threads()} threads")
    return "; ".join(parts)


def _processor() -> str:
    try:
        told = Path("/proc/cpuinfo").read_text()
    except OSError:
        told = ""
    named = re.search(r"^model name\s*:\s*(.+)$", told, re.MULTILINE)
    return named[1].strip() if named else platform.processor() or platform.machine()


def _memory_gib() -> float | None:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    except (AttributeError, ValueError, OSError):  # not on this system
        return None
