"""The best frames of this session: gathered while the page is open, kept or thrown away."""

from __future__ import annotations

import time
from datetime import datetime
from typing import TYPE_CHECKING

from deepvis_app.engine.readers import BestFramesReader
from deepvis_app.engine.readers.best_frames import Session
from deepvis_app.errors import UserError, in_short
from deepvis_app.files import free_path, write_whole
from deepvis_app.known.patches import crop, field_window
from deepvis_app.ui.panels.pictures.session_frames import COLUMNS
from deepvis_app.ui.panels.pictures.tiles import Tile
from deepvis_app.words.figures import figure
from deepvis_app.words.quantities import time_text

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future
    from pathlib import Path

    from deepvis_app.engine.readers import BestFrame, BestFramesReading
    from deepvis_app.engine.snapshot import Snapshot
    from deepvis_app.nets import LayerInfo, Network
    from deepvis_app.ui.desk import Desk
    from deepvis_app.ui.panel import Asked
    from deepvis_app.ui.panels.pictures.session_frames import SessionFrames

SHOWN_S = 0.5  # between two orders of the frames: one that changes is hard to look at
FAULT = "session-frames"
NONE_YET = "While this page is open, the frames that excite the unit most are gathered here."
STILL = "A picture at rest is no session: choose a camera, a video or a folder that plays."


class GatheringPresenter:
    """Keeps the row in step with the snapshots; `scan` has a folder of pictures scanned."""

    def __init__(
        self,
        view: SessionFrames,
        desk: Desk,
        scan: Callable[[str], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._view, self._desk, self._scan, self._clock = view, desk, scan, clock
        self._network: Network | None = None
        self._shown: BestFramesReading | None = None
        self._shown_s = 0.0
        self._packed: Future[tuple[bytes, ...]] | None = None
        self._written: Future[Path] | None = None
        view.keep_requested.connect(self.keep)
        view.drop_requested.connect(self.drop)
        self._show(None)

    def set_network(self, network: Network | None) -> None:
        self._network = network
        self._show(None)

    def ask(self) -> tuple[Asked, ...]:
        unit, network = self._desk.selection.as_unit(), self._network
        if unit is None or network is None:
            return ()
        known = any(info.name == unit.layer for info in network.layers)
        return (BestFramesReader(unit.layer, unit.index),) if known else ()

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Show another order of frames, not more often than one can look at it."""
        found = snapshot.first(BestFramesReader)
        if found is None or found is self._shown:
            return
        shown, now_s = self._shown, self._clock()
        is_same = shown is not None and (shown.layer, shown.unit) == (found.layer, found.unit)
        if not is_same or now_s - self._shown_s >= SHOWN_S:
            self._shown_s = now_s
            self._show(found)

    def _show(self, found: BestFramesReading | None) -> None:
        self._shown = found
        frames = () if found is None else found.frames
        info = self._info(found)
        tiles = [self._tile(frame, info) for frame in frames[:COLUMNS]]
        kept = 0 if found is None else found.kept
        self._view.set_frames(tiles, f"{kept} frame{'s' * (kept != 1)}" if kept else "")
        self._view.set_words("" if frames else self._why_none(kept))
        self._view.offer(keep=kept > 0)

    def _why_none(self, kept: int) -> str:
        if kept:
            return "The unit fires on none of the frames gathered so far."
        playback = self._desk.engine.status().source.playback
        return STILL if playback is not None and not playback.playing else NONE_YET

    def _info(self, found: BestFramesReading | None) -> LayerInfo | None:
        if found is None or self._network is None:
            return None
        return self._network.layer(found.layer)

    def _tile(self, frame: BestFrame, info: LayerInfo | None) -> Tile:
        size = frame.picture.shape[:2]
        where = (0, 0, *size)
        if info is not None and info.receptive_field is not None:
            field = info.receptive_field
            where = field_window(field.box(frame.position, size), frame.position, field, size)
        ago = time_text(max(self._clock() - frame.captured_at, 0.0))
        said = f"{figure(frame.value)} at {frame.position} · {frame.title} · {ago} before"
        return Tile(crop(frame.picture, where), figure(frame.value), tip=said)

    # Gestures

    def keep(self) -> None:
        """Write the frames to a folder of their own, then have it scanned."""
        if self._packed is None and self._written is None:
            self._packed = self._desk.engine.ask_memory(Session, Session.pictures)

    def drop(self) -> None:
        """Throw the frames away."""
        self._desk.engine.ask_memory(Session, Session.clear)
        self._show(None)

    def tick(self) -> None:
        """Go on with what is being kept."""
        if self._packed is not None and self._packed.done():
            packed, self._packed = self._packed, None
            self._write(packed)
        if self._written is not None and self._written.done():
            written, self._written = self._written, None
            self._tell(written)

    def _write(self, packed: Future[tuple[bytes, ...]]) -> None:
        try:
            pictures = packed.result()
        except UserError as error:
            self._desk.notices.fail(FAULT, error.cause, error.remedy)
            return
        if pictures:
            home = self._desk.options.setting.settings.pictures_dir
            name = f"session {datetime.now():%Y-%m-%d %H.%M}"
            self._written = self._desk.engine.read(
                lambda: write_frames(home, name, pictures), is_order=True
            )

    def _tell(self, written: Future[Path]) -> None:
        try:
            folder = written.result()
        except UserError as error:
            self._desk.notices.fail(FAULT, error.cause, error.remedy)
            return
        self._desk.notices.clear(FAULT)
        self._desk.notices.say(f"Kept in {folder}; it is being scanned")
        self._scan(str(folder))


def write_frames(home: Path, name: str, pictures: tuple[bytes, ...]) -> Path:
    """Write JPEG files to a new folder and return it. Raises `UserError`."""
    folder = free_path(home, name, "")
    try:
        for number, data in enumerate(pictures, 1):
            write_whole(folder / f"{number:04}.jpg", data)
    except OSError as error:
        raise UserError(
            f"The frames cannot be written to {folder}: {in_short(error)}",
            "Make room or make it writable, or choose another folder of pictures in the settings",
        ) from error
    return folder
