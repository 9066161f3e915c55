"""Writing event files that TensorBoard reads while a network learns."""

from __future__ import annotations

import os
import socket
import time
import warnings
from itertools import count
from typing import TYPE_CHECKING

import numpy as np

from deepvis_app.errors import UserError, in_short
from deepvis_app.files import plain_name
from deepvis_app.lab.events import wire
from deepvis_app.lab.events.buckets import to_proto
from deepvis_app.lab.log.bins import NON_FINITE
from deepvis_app.lab.log.framing import framed

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

FLUSH_S = 1.0  # what is written waits this long at most: TensorBoard's two minutes are not live
FLUSH_BYTES = 1 << 20
NON_FINITE_TAG = "{}/non-finite"  # beside a histogram, in which such values have no place

_VERSION = "brain.Event:2"
_PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"
_RGB, _COLORSPACES = 3, {0: 1, 2: 3, 3: 3, 4: 2, 6: 4}  # of TensorFlow, by PNG's colour type


class EventWriter:
    """Appends to an event file of its own in a folder.

    Once it is made it raises nothing for what the disk does: where that is full or the folder gone,
    it stops, keeps why in `fault`, and warns once. Not for more than one thread.
    """

    def __init__(self, folder: Path) -> None:
        """Make the folder and the file. Raises `UserError` where that cannot be."""
        self.folder = folder
        self.fault = ""
        self._waiting: list[bytes] = []
        self._size = 0
        self._flushed = time.monotonic()
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._file = _new_file(folder)
        except OSError as error:
            raise UserError(
                f"Event files cannot be written to {folder}: {in_short(error)}",
                "Choose a folder that you may write to",
            ) from error
        self._put([wire.text(3, _VERSION)], 0, None)

    def scalars(self, step: int, values: Mapping[str, float], at: float | None = None) -> None:
        """Write numbers of a step, `at` being seconds since 1970; they are kept as float32."""
        parts = [_value(tag, wire.single(2, float(value))) for tag, value in values.items()]
        if parts:
            self._put([wire.text(5, parts)], step, at)

    def histogram(
        self, tag: str, step: int, bins: NDArray[np.integer], counts: NDArray[np.int64],
        at: float | None = None,
    ) -> None:  # fmt: skip
        """Write a histogram, its bins those of `lab.log.bins`, each with its count.

        Of values that are not finite their number is written as a scalar, "TAG/non-finite".
        """
        parts = [_value(tag, wire.text(5, to_proto(bins, counts)))]
        bad = int(counts[np.isin(bins, NON_FINITE)].sum())
        if bad:
            parts.append(_value(NON_FINITE_TAG.format(tag), wire.single(2, bad)))
        self._put([wire.text(5, parts)], step, at)

    def image(self, tag: str, step: int, png: bytes, at: float | None = None) -> None:
        """Write a picture. Raises `ValueError` for what is no PNG."""
        if not png.startswith(_PNG) or len(png) < 26:
            raise ValueError("a picture has to be a PNG")
        width, height = (int.from_bytes(png[at : at + 4], "big") for at in (16, 20))
        colorspace = _COLORSPACES.get(png[25], _RGB)
        image = [
            wire.whole(1, height),
            wire.whole(2, width),
            wire.whole(3, colorspace),
            wire.text(4, png),
        ]
        self._put([wire.text(5, [_value(tag, wire.text(4, image))])], step, at)

    def _put(self, fields: list[bytes], step: int, at: float | None) -> None:
        if self.fault or self._file < 0:
            return
        when = time.time() if at is None else at
        record = framed(b"".join((wire.double(1, when), wire.whole(2, step), *fields)))
        self._waiting.append(record)
        self._size += len(record)
        if time.monotonic() - self._flushed > FLUSH_S or self._size > FLUSH_BYTES:
            self.flush()

    def flush(self) -> None:
        """Write what waits."""
        records, self._waiting, self._size = self._waiting, [], 0
        self._flushed = time.monotonic()
        try:
            for record in records:  # whole, each at one stroke
                if os.write(self._file, record) != len(record):
                    raise OSError("no space left on the disk")
        except OSError as error:
            self.fault = f"Event files in {self.folder} are written no more: {in_short(error)}"
            warnings.warn(f"{self.fault}. The training goes on.", RuntimeWarning, stacklevel=3)

    def close(self) -> None:
        """Write what waits and let go of the file. A second call does nothing."""
        if self._file >= 0:
            self.flush()
            os.close(self._file)
            self._file = -1


def _value(tag: str, content: bytes) -> bytes:
    return wire.text(1, [wire.text(1, tag), content])


def _new_file(folder: Path) -> int:
    """Make a file whose name comes after those that are there, as TensorBoard's do."""
    host = plain_name(socket.gethostname(), "localhost")
    for number in count():
        name = f"events.out.tfevents.{int(time.time()):010d}.{host}.{os.getpid()}.{number}"
        try:
            return os.open(folder / name, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_APPEND, 0o666)
        except FileExistsError:
            continue
    raise AssertionError("numbers do not end")
