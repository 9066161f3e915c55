"""Tell by their first bytes what files are that are taken for weights."""

from __future__ import annotations

import tarfile
import zipfile
from typing import TYPE_CHECKING

from deepvis_app.errors import UserError

if TYPE_CHECKING:
    from pathlib import Path

_UNPACK = "Unpack it, and give the file inside"
_PACKED = {
    b"\x1f\x8b": "gzip",
    b"BZh": "bzip2",
    b"\xfd7zXZ": "xz",
    b"7z\xbc\xaf": "7z",
    b"Rar!": "rar",
    b"(\xb5/\xfd": "zstd",
}
_OLD_MARK = b"\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."  # as torch.serialization.MAGIC_NUMBER is pickled
_SWOLLEN = 4, 100 << 20  # an archive unpacks to so many times its bytes at most, and so many more
_ARRAYS = (
    "Save them with torch.save({name: torch.tensor(a) for name, a in np.load(FILE).items()}, "
    '"w.pth")'
)


def is_safetensors(path: Path) -> bool:
    """Tell a safetensors file by its head, the length of a JSON object and that; else by name."""
    with path.open("rb") as file:
        head = file.read(9)
    if head.startswith((b"PK\x03\x04", b"\x80\x02")):  # what torch.save writes, now and before
        return False
    length = int.from_bytes(head[:8], "little")
    has_head = head[8:9] == b"{" and length <= path.stat().st_size - 8
    return has_head or path.suffix.lower() == ".safetensors"


def is_torchs(path: Path) -> bool:
    """Tell what torch.save writes, now and before, by its first bytes; also if it is damaged."""
    with path.open("rb") as file:
        head = file.read(15)
    return head.startswith(b"PK\x03\x04") or (head[:1] == b"\x80" and head[2:] == _OLD_MARK)


def strange_file(path: Path) -> UserError | None:
    """Return what to say of a file that is known not to be weights of PyTorch; else None."""
    with path.open("rb") as file:
        head = file.read(512)
    if head.startswith(b"version https://git-lfs"):
        return UserError(
            f"{path.name} is the pointer that Git LFS leaves in a file's place, not the weights",
            "Fetch them with git lfs pull, or download the file itself from its page",
        )
    if head.lstrip().lower().startswith((b"<!doctype", b"<html", b"<?xml")):
        return UserError(
            f"{path.name} is a web page, saved in place of the weights",
            "Fetch it again by the link of the file itself",
        )
    if head.startswith(b"\x89HDF"):
        return UserError(
            f"{path.name} is an HDF5 file, as Keras writes them, not PyTorch's weights",
            "Give weights of a PyTorch network",
        )
    return _arrays(path, head) or _packed(path, head) or _swollen(path)


def _arrays(path: Path, head: bytes) -> UserError | None:
    if not head.startswith(b"\x93NUMPY") and not any(n.endswith(".npy") for n in inside(path)):
        return None
    return UserError(f"{path.name} holds NumPy arrays, not PyTorch's tensors", _ARRAYS)


def _swollen(path: Path) -> UserError | None:
    """Refuse an archive whose parts claim far more than weights can be packed by."""
    claimed, (times, more) = sum(info.file_size for info in _infos(path)), _SWOLLEN
    if claimed <= times * path.stat().st_size + more:
        return None
    return UserError(
        f"{path.name} is damaged: its parts would take {claimed / 1e9:.3g} GB",
        "Fetch or save it again",
    )


def _packed(path: Path, head: bytes) -> UserError | None:
    kind = next((kind for start, kind in _PACKED.items() if head.startswith(start)), "")
    names = inside(path)
    if not kind and names and not any(name.endswith("data.pkl") for name in names):
        kind = "zip"
    if not kind and head[257:262] == b"ustar" and _is_tar(path):
        kind = "tar"
    return UserError(f"{path.name} is packed ({kind})", _UNPACK) if kind else None


def inside(path: Path) -> list[str]:
    """Return the names in a zip archive, none of another file or a damaged one."""
    return [info.filename for info in _infos(path)]


def _infos(path: Path) -> list[zipfile.ZipInfo]:
    try:
        with zipfile.ZipFile(path) as archive:
            return archive.infolist()
    except Exception:  # noqa: BLE001 - zipfile raises whatever the damage leads it to
        return []


def _is_tar(path: Path) -> bool:
    try:
        return tarfile.is_tarfile(path)
    except Exception:  # noqa: BLE001 - tarfile, too
        return False
