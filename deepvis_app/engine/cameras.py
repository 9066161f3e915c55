"""Looks for cameras beside the window: a driver may take its time, or never answer."""

from __future__ import annotations

import logging
from concurrent.futures import Future
from threading import Thread

from deepvis_app.frames import CameraInfo, list_cameras

logger = logging.getLogger(__name__)


def look_for_cameras() -> Future[tuple[CameraInfo, ...]]:
    """Return at once what will have the cameras; none where they cannot be listed."""
    found: Future[tuple[CameraInfo, ...]] = Future()

    def look() -> None:
        cameras: tuple[CameraInfo, ...] = ()
        try:
            cameras = list_cameras()
        except Exception:  # a driver's border
            logger.info("cameras cannot be listed", exc_info=True)
        finally:
            found.set_result(cameras)

    Thread(target=look, name="deepvis-cameras", daemon=True).start()
    return found
