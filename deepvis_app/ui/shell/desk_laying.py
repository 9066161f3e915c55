"""Puts together what every panel works with."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from deepvis_app import paths
from deepvis_app.engine.kept.corpora import Corpora, default_folder
from deepvis_app.engine.process import TrainerProcess
from deepvis_app.known.corpora import KnownCorpora
from deepvis_app.known.kept_pictures import KeptPictures
from deepvis_app.known.maps import KnownMaps
from deepvis_app.known.runs import KnownRuns
from deepvis_app.known.trainings import Trainings
from deepvis_app.lab.diagnoses import judged
from deepvis_app.lab.log.read import follow_log
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
from deepvis_app.state.teaching import TeachOptions
from deepvis_app.state.unit_table import TableOptions
from deepvis_app.state.weights import WeightOptions
from deepvis_app.ui.desk import Desk, Kept, Options
from deepvis_app.ui.kit.notices import Notices
from deepvis_app.ui.shell.notices import tell_of_store
from deepvis_app.ui.shell.saving import Saving

if TYPE_CHECKING:
    from deepvis_app.engine import Engine
    from deepvis_app.errors import UserError
    from deepvis_app.state.sight import Sight
    from deepvis_app.ui.desk import Setting
    from deepvis_app.ui.main_window import MainWindow


def lay_desk(
    window: MainWindow,
    engine: Engine,
    sight: Sight,
    setting: Setting,
    store_problem: UserError | None,
) -> Desk:
    """Return a desk with wishes as they are when nobody has wished yet."""
    notices = Notices(window.banners, window.toast, window.undo)
    selection, pictures, learn = Selection(), PictureOptions(), LearnOptions()
    trainings = Trainings(TrainerProcess)
    corpora = KnownCorpora(Corpora(default_folder()), engine.read, pictures)
    return Desk(
        engine=engine,
        jobs=engine.jobs,
        kept=Kept(
            KeptPictures(
                engine.gallery, partial(tell_of_store, notices), store_problem, engine.jobs.look_up
            ),
            corpora,
            KnownMaps(corpora),
            KnownRuns(paths.runs_dir(), engine.read, learn, follow_log, judged, trainings.is_alive),
            trainings,
        ),
        selection=selection,
        options=Options(
            view=Appearance(),
            preferred=PreferredOptions(),
            why=ExplainOptions(),
            pictures=pictures,
            weights=WeightOptions(),
            table=TableOptions(),
            ablation=AblationOptions(),
            play=PlayOptions(),
            learn=learn,
            teaching=TeachOptions(),
            map=MapOptions(),
            shelf=RecipeShelf(paths.config_dir() / "recipes"),
            setting=setting,
        ),
        sight=sight,
        notices=notices,
        files=Saving(window, engine, selection, setting, notices),
    )
