"""All that a panel gets to work with; never the window."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from deepvis_app.engine import Engine, Jobs
    from deepvis_app.known.corpora import KnownCorpora
    from deepvis_app.known.kept_pictures import KeptPictures
    from deepvis_app.known.maps import KnownMaps
    from deepvis_app.known.runs import KnownRuns
    from deepvis_app.known.trainings import Trainings
    from deepvis_app.settings import Settings
    from deepvis_app.state.ablating import AblationOptions
    from deepvis_app.state.appearance import Appearance
    from deepvis_app.state.explaining import ExplainOptions
    from deepvis_app.state.learn import LearnOptions
    from deepvis_app.state.map import MapOptions
    from deepvis_app.state.pictures import PictureOptions
    from deepvis_app.state.play import PlayOptions
    from deepvis_app.state.preferred import PreferredOptions
    from deepvis_app.state.recipes import RecipeShelf
    from deepvis_app.state.selection import Selection
    from deepvis_app.state.sight import Sight
    from deepvis_app.state.teaching import TeachOptions
    from deepvis_app.state.unit_table import TableOptions
    from deepvis_app.state.weights import WeightOptions
    from deepvis_app.ui.kit.notices import Notices


class Setting(Protocol):
    """The settings, and who is to know when they change."""

    @property
    def settings(self) -> Settings:
        """The settings in force."""

    def follow(self, part: Callable[[Settings], object], act: Callable[[Settings], None]) -> None:
        """Call `act` now, and whenever `part` of the settings is another."""

    def set(self, group: str, name: str, value: object) -> None:
        """Change one value. Raises `UserError` when it is not valid."""


class Files(Protocol):
    """Where what is shown becomes files, and a file is what is shown."""

    def show(self, path: Path) -> None:
        """Open a file in the stream as if the user had: it comes back, and is among the recents."""

    def watch(self, network: str, source: str) -> None:
        """Load a network, and open a source, as if the user had."""

    def stop_recording(self) -> None:
        """End what is being recorded, if anything is."""

    def save_savable(self, key: str, name: str = "") -> None:
        """Write what a panel offers under a key; a name says more of what it is."""

    def save_tile(self) -> None:
        """Write the picked unit's map, large enough to be looked at."""

    def choose_figure(self, key: str = "") -> None:
        """Ask what is saved, what is offered under `key` at first, and how."""

    def save_data(self, key: str, text: str) -> None:
        """Write the numbers of a plot, as CSV."""

    def save_bytes(self, data: bytes, name: str, suffix: str, what: str) -> None:
        """Write a file that is made already."""


@dataclass(frozen=True, slots=True)
class Options:
    """How the user wants things shown and made, all evented."""

    view: Appearance
    preferred: PreferredOptions
    why: ExplainOptions
    pictures: PictureOptions
    weights: WeightOptions
    table: TableOptions
    ablation: AblationOptions
    play: PlayOptions
    learn: LearnOptions
    map: MapOptions
    teaching: TeachOptions
    shelf: RecipeShelf
    setting: Setting


@dataclass(frozen=True, slots=True)
class Kept:
    """What was made before: preferred images, scanned collections, their maps, trainings."""

    pictures: KeptPictures
    corpora: KnownCorpora
    maps: KnownMaps
    runs: KnownRuns
    trainings: Trainings


@dataclass(frozen=True, slots=True)
class Desk:
    """What every panel has before it: the engine, what is known, what the user wants."""

    engine: Engine
    jobs: Jobs
    kept: Kept
    selection: Selection
    options: Options
    sight: Sight
    notices: Notices
    files: Files
