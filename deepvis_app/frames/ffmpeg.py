"""What FFmpeg may open: a positive list of kinds of files, and of ways to get at them.

Some kinds are lists of other files and addresses, which FFmpeg would open one and all: of a file
none is allowed, of a stream those that name further streams, and these by the same ways only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import av

from deepvis_app.frames.mp4_tables import check_tables
from deepvis_app.frames.plain import check_plain

if TYPE_CHECKING:
    from pathlib import Path

    from av.container import InputContainer

# By the names of FFmpeg's demuxers; of the audio ones, because a film's sound may be beside it.
_VIDEOS = (
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpeg,mpegvideo,m4v,h264,hevc,vvc,av1,obu,"
    "ivf,asf,flv,live_flv,ogg,gif,apng,mjpeg,mjpeg_2000,mxf,dv,nut,rm,yuv4mpegpipe,wtv,nsv,"
    "mp3,aac,ac3,eac3,flac,wav,aiff"
)
_STREAMS = f"{_VIDEOS},hls,dash,rtsp,mpjpeg,webvtt"
# By FFmpeg's names of protocols: what an address may lead to, never a file of this machine.
_WAYS = "http,https,httpproxy,rtmp,rtmps,tcp,tls,crypto"


def open_file(path: Path) -> InputContainer:
    """Open a video file as FFmpeg has it, and nothing that it may refer to elsewhere."""
    check_plain(path)
    check_tables(path)
    options = {"protocol_whitelist": "file", "format_whitelist": _VIDEOS}
    # An absolute path, for FFmpeg takes "a:b.mp4" for a protocol.
    return av.open(str(path.absolute()), options=options)


def open_stream(
    url: str, step_within_s: float, silence_s: float, *, has_password: bool
) -> InputContainer:
    """Open what is at an address, in two steps: to connect, and to look at the first pictures.

    Each read from it fails after `silence_s`.
    """
    # Sent on by RTSP, FFmpeg would give the password to whoever asks there; by HTTP it does not.
    options = {
        "protocol_whitelist": _WAYS if has_password else f"{_WAYS},rtsp",
        "format_whitelist": _STREAMS,
        "rtsp_transport": "tcp",
    }
    return av.open(url, options=options, timeout=(step_within_s, silence_s))
