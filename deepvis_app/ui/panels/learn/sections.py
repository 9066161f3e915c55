"""The pictures of a run below its curves, a line each, from the top."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from deepvis_app.ui.panels.learn.section import SectionInfo

SECTIONS: tuple[SectionInfo, ...] = ()
