"""The pictures of a run below its curves, a line each, from the top."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deepvis_app.ui.panels.learn.picture_topics import (
    HEAT,
    JUDGEMENT,
    REGIONS,
    RIDGES,
    SUSPECTS,
    WEIGHTS,
)
from deepvis_app.ui.panels.learn.section import SectionInfo
from deepvis_app.ui.panels.learn.watch_topics import LESSON, TIMELINE

if TYPE_CHECKING:
    from deepvis_app.ui.desk import Desk
    from deepvis_app.ui.panels.learn.section import Section


def _heat(desk: Desk) -> Section:
    from deepvis_app.ui.panels.learn.heat_section import HeatSection

    return HeatSection(desk)


def _ridges(desk: Desk) -> Section:
    from deepvis_app.ui.panels.learn.ridges_section import RidgesSection

    return RidgesSection(desk)


def _judgement(desk: Desk) -> Section:
    from deepvis_app.ui.panels.learn.judgement_section import JudgementSection

    return JudgementSection(desk)


def _weights(desk: Desk) -> Section:
    from deepvis_app.ui.panels.learn.then_now_section import ThenNowSection

    return ThenNowSection(desk)


def _plane(desk: Desk) -> Section:
    from deepvis_app.ui.panels.learn.plane_section import PlaneSection

    return PlaneSection(desk)


def _wall(desk: Desk) -> Section:
    from deepvis_app.ui.panels.learn.wall_section import WallSection

    return WallSection(desk)


def _lesson(desk: Desk) -> Section:
    from deepvis_app.ui.panels.learn.lesson_section import LessonSection

    return LessonSection(desk)


def _timeline(desk: Desk) -> Section:
    from deepvis_app.ui.panels.learn.timeline_section import TimelineSection

    return TimelineSection(desk)


SECTIONS: tuple[SectionInfo, ...] = (
    SectionInfo("heat", _heat, HEAT),
    SectionInfo("ridges", _ridges, RIDGES, is_for_wide=True),
    SectionInfo("plane", _plane, REGIONS),
    SectionInfo("judgement", _judgement, JUDGEMENT),
    SectionInfo("wall", _wall, SUSPECTS),
    SectionInfo("weights", _weights, WEIGHTS),
    SectionInfo("lesson", _lesson, LESSON),
    SectionInfo("timeline", _timeline, TIMELINE),
)
