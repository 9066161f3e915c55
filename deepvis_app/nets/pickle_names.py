"""What a pickle names: the classes and functions that unpickling would import and call.

The instructions are read one by one; nothing of them is done.
"""

from __future__ import annotations

import io
import pickletools
import re
import zipfile
from pathlib import Path
from typing import IO

_MOST_BYTES, _MOST_STEPS = 64 << 20, 2_000_000  # that are looked at; what follows is left
_MOST_PICKLES = 5  # torch's older files are a mark, a version, a system, the content and keys
_DATA = re.compile(
    r"collections\.(Counter|OrderedDict)|builtins\.(complex|set)|_codecs\.encode"
    r"|torch\.(\w+Storage|Size|Tensor|\w+Tensor|device|[a-z]+\d+\w*|bool|\w+_affine\w*)"
    r"|torch\._utils\._rebuild_\w+|torch\._tensor\._rebuild_from_type_v2"
    r"|torch\.nn\.parameter\.Parameter|torch\.storage\.\w+|torch\.serialization\._get_layout"
    r"|numpy\.(dtype|ndarray|dtypes\.\w+|_?core\.multiarray\.(_reconstruct|scalar))"
)
_NAME = re.compile(r"(?=.{3,200}$)[\w<>]+(\.[\w<>]+)+")  # others are damage
_MODULES = {"__builtin__": "builtins", "copy_reg": "copyreg", "nt": "os", "posix": "os"}


MAKES_ROOM = "builtins.bytearray"  # of as many bytes as a number says, before there is any


def foreign_names(file: Path | IO[bytes]) -> list[str]:
    """Return the names in a file of torch.save, or a plain pickle, that are not those of data.

    As "os.system", each once, in their order; also of a file that is damaged, as far as it goes.
    """
    if isinstance(file, Path):
        with file.open("rb") as opened:
            return foreign_names(opened)
    names = [name for name in dict.fromkeys(_names(_content(file))) if _NAME.fullmatch(name)]
    return [name for name in names if not _DATA.fullmatch(name)]


def makes_room(path: Path) -> bool:
    """Tell whether reading a file could take memory that has nothing to do with its size."""
    with path.open("rb") as file:
        if MAKES_ROOM.rpartition(".")[2].encode() not in _content(file):
            return False
        return MAKES_ROOM in foreign_names(file)


def names_in_words(names: list[str]) -> str:
    """Return "os.system", or "os.system and 2 others"."""
    others = len(names) - 1
    return names[0] + (f" and {others} other{'s' if others > 1 else ''}" if others else "")


def _content(file: IO[bytes]) -> bytes:
    file.seek(0)
    try:
        with zipfile.ZipFile(file) as archive:
            for name in archive.namelist():
                if name.endswith("data.pkl"):
                    with archive.open(name) as part:
                        return part.read(_MOST_BYTES)
    except Exception:  # noqa: BLE001 - of any damage
        pass
    file.seek(0)
    return file.read(_MOST_BYTES)


def _names(content: bytes) -> list[str]:
    stream, found = io.BytesIO(content), _Names()
    try:
        for _ in range(_MOST_PICKLES):
            for step, argument, _ in pickletools.genops(stream):
                found.take(step.name, argument)
    except Exception:  # noqa: BLE001 - of any damage; and no more steps than asked for
        pass
    return found.names


class _Names:
    """Follows the texts that a pickle puts on its stack, from which it takes some of its names."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self._texts: list[str] = []
        self._kept: dict[int, str] = {}
        self._steps = self._count = 0

    def take(self, step: str, argument: object) -> None:
        self._steps += 1
        if self._steps > _MOST_STEPS:
            raise ValueError("a pickle of too many steps")
        if step in ("GLOBAL", "INST"):
            self._add(*str(argument).partition(" ")[::2])
        elif step == "STACK_GLOBAL":
            self._add(*self._texts[-2:])
        elif step == "MEMOIZE":
            self._keep(self._count)
            self._count += 1
        elif step.endswith("PUT"):
            self._keep(int(str(argument)))
        elif step.endswith("GET"):
            self._texts.append(self._kept.get(int(str(argument)), ""))
        elif isinstance(argument, str):
            self._texts.append(argument)

    def _keep(self, place: int) -> None:
        if self._texts:
            self._kept[place] = self._texts[-1]

    def _add(self, module: str, name: str) -> None:
        self.names.append(f"{_MODULES.get(module, module)}.{name}")
