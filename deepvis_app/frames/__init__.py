"""Where pictures come from: camera, video, folder, stream, screen, demo."""

from deepvis_app.frames.camera import CameraSource
from deepvis_app.frames.cameras import CAMERA_SIZES, CameraInfo, list_cameras
from deepvis_app.frames.decode import Picture, decode_picture, read_picture
from deepvis_app.frames.listing import PICTURE_SUFFIXES
from deepvis_app.frames.opening import open_source, spec_of
from deepvis_app.frames.source import (
    Frame,
    FrameSource,
    PictureError,
    Playback,
    Policy,
    SourceError,
    SourceInfo,
    SourceLost,
)
from deepvis_app.frames.still import StillSource
from deepvis_app.frames.video import VIDEO_SUFFIXES

__all__ = [
    "CAMERA_SIZES",
    "PICTURE_SUFFIXES",
    "VIDEO_SUFFIXES",
    "CameraInfo",
    "CameraSource",
    "Frame",
    "FrameSource",
    "Picture",
    "PictureError",
    "Playback",
    "Policy",
    "SourceError",
    "SourceInfo",
    "SourceLost",
    "StillSource",
    "decode_picture",
    "list_cameras",
    "open_source",
    "read_picture",
    "spec_of",
]
