"""Video files written with PyAV, each frame at a time of its own and showing its number."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import av
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from av.container import OutputContainer

TICK = Fraction(1, 1000)


def numbered(index: int, size: tuple[int, int] = (160, 120)) -> np.ndarray:
    """Eight bars, black or white: the bits of `index`."""
    width, height = size
    bits = (index >> (np.arange(width) * 8 // width)) & 1
    row = (bits * 255).astype(np.uint8)
    return np.broadcast_to(row[None, :, None], (height, width, 3)).copy()


def write_clip(
    path: Path,
    times_ms: Sequence[int],
    *,
    codec: str = "libx264",
    pixels: str = "yuv420p",
    size: tuple[int, int] = (160, 120),
    last_ms: int = 40,
    tick: Fraction = TICK,
    sound_s: float = 0.0,
    aspect: Fraction | None = None,
    turn: tuple[int, bool, bool] | None = None,
    pictures: Sequence[np.ndarray] | None = None,
    **options: str,
) -> Path:
    """Write a clip whose frame i is shown from `times_ms[i]` on, the last one for `last_ms`."""
    ends = [*times_ms[1:], times_ms[-1] + last_ms] if times_ms else []
    with av.open(str(path), "w") as file:
        video = file.add_stream(codec, rate=25, options=options)
        video.width, video.height, video.pix_fmt = *size, pixels
        video.codec_context.time_base = tick
        if aspect:
            video.codec_context.sample_aspect_ratio = aspect
        if turn:
            video.set_display_rotation(*turn)
        sound = file.add_stream("aac", rate=8000, layout="mono") if sound_s else None
        shown = {
            round(at * TICK / tick): round((end - at) * TICK / tick)
            for at, end in zip(times_ms, ends, strict=True)
        }
        for index, at in enumerate(shown):
            picture = numbered(index, size) if pictures is None else pictures[index]
            kind = "rgba" if picture.shape[2] == 4 else "rgb24"
            frame = av.VideoFrame.from_ndarray(picture, format=kind).reformat(format=pixels)
            frame.pts, frame.time_base = at, tick
            _mux(file, video.encode(frame), shown)
        _mux(file, video.encode(None), shown)
        if sound is not None:
            for start in range(0, round(sound_s * 8000), 1024):
                silence = av.AudioFrame.from_ndarray(
                    np.zeros((1, 1024), np.float32), format="fltp", layout="mono"
                )
                silence.sample_rate, silence.pts = 8000, start
                file.mux(sound.encode(silence))
            file.mux(sound.encode(None))
    return path


def _mux(file: OutputContainer, packets: list[av.Packet], shown: dict[int, int]) -> None:
    for packet in packets:
        packet.duration = shown[packet.pts]  # encoders say 1 / rate
        if len(shown) == 1:
            packet.dts = packet.pts  # of a single frame libx265 gives what lies in memory there
        file.mux(packet)


def shifted(source: Path, target: Path, by_ms: int) -> Path:
    """Copy a clip without decoding it, every time later by `by_ms`."""
    with av.open(str(source)) as old, av.open(str(target), "w") as new:
        stream = old.streams.video[0]
        copy = new.add_stream_from_template(stream)
        ticks = round(by_ms / 1000 / stream.time_base)
        for packet in old.demux(stream):
            if packet.dts is not None:
                packet.pts, packet.dts, packet.stream = (
                    packet.pts + ticks,
                    packet.dts + ticks,
                    copy,
                )
                new.mux(packet)
    return target
