"""Which setting changes what of the window and the engine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deepvis_app.nets import Fit
from deepvis_app.settings import FitChoice
from deepvis_app.ui.shell.engine_making import store_limit

if TYPE_CHECKING:
    from deepvis_app.engine import Engine
    from deepvis_app.settings import Settings
    from deepvis_app.state.appearance import Appearance
    from deepvis_app.store import Store
    from deepvis_app.ui.shell.settings.keeping import SettingsKeeping
    from deepvis_app.ui.shell.sources import Sources


def follow_view(keeping: SettingsKeeping, view: Appearance, sources: Sources) -> None:
    """Let the settings of how things are shown be in force, each when it changes."""

    def set_fit(settings: Settings) -> None:
        fit = settings.capture.fit
        view.fit = None if fit is FitChoice.NETWORK else Fit(fit.value)

    def set_mirror(settings: Settings) -> None:
        if sources.source.startswith("camera"):
            view.mirror = settings.capture.mirror_camera

    keeping.follow(
        lambda s: s.appearance.sequential_palette,
        lambda s: setattr(view, "palette", s.appearance.sequential_palette),
    )
    keeping.follow(
        lambda s: s.appearance.diverging_palette,
        lambda s: setattr(view, "diverging_palette", s.appearance.diverging_palette),
    )
    keeping.follow(
        lambda s: s.live.percentile,
        lambda s: view.change_contrast(percentile=s.live.percentile),
    )
    keeping.follow(lambda s: s.capture.fit, set_fit)
    keeping.follow(lambda s: s.capture.mirror_camera, set_mirror)


def follow_engine(keeping: SettingsKeeping, engine: Engine, store: Store | None) -> None:
    """Let the settings of how much is computed and kept be in force, each when it changes."""

    def set_limit(settings: Settings) -> None:
        if store is not None:
            store.limit_bytes = store_limit(settings)

    keeping.follow(lambda s: s.live.threads, lambda s: engine.set_threads(s.live.threads or None))
    keeping.follow(lambda s: s.live.job_share, lambda s: engine.jobs.set_share(s.live.job_share))
    keeping.follow(lambda s: s.live.store_limit_gb, set_limit)
