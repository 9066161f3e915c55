"""Filming a video from Play: decided without a window, and in the real one."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import av
import numpy as np
import pytest
from PyQt6.QtWidgets import QDialog, QFileDialog

from deepvis_app.engine.jobs import JobState
from deepvis_app.engine.jobs.kinds.filming import Filmed, FilmFrame, FilmRequest, FilmStatus
from deepvis_app.errors import UserError
from deepvis_app.nets import Network
from deepvis_app.state.play import PLAY
from deepvis_app.synth.play import TECHNIQUES, Carry, FilmSpec
from deepvis_app.ui.panels.play.asking import films
from deepvis_app.ui.panels.play.given import Given
from deepvis_app.ui.panels.play.run_state import Doing
from deepvis_app.ui.panels.play.session import PlaySession, left_off, restore
from tests.frames.clips import write_clip
from tests.ui.small import Small
from tests.ui.test_play_presenter import Bench, picture

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from unittest.mock import MagicMock

    from pytestqt.qtbot import QtBot

    from deepvis_app.ui.app import App
    from deepvis_app.ui.panels.play.filming import FilmPresenter
    from deepvis_app.ui.panels.play.panel import PlayPanel

    Start = Callable[..., App]

WAIT_MS = 90_000
FRAMES = 6
SMALL = Network(Small(12).eval(), (3, 48, 48), labels=[f"{k}" for k in range(12)], name="small")


def clip(path: Path, count: int = FRAMES, **more: Any) -> Path:
    noise = np.random.default_rng(0).integers(60, 200, (48, 64 + 2 * count, 3), np.uint8)
    pictures = [np.ascontiguousarray(noise[:, 2 * k : 2 * k + 64]) for k in range(count)]
    return write_clip(path, range(0, 40 * count, 40), size=(64, 48), pictures=pictures, **more)


def frames_in(path: Path) -> int:
    with av.open(str(path)) as file:
        return sum(1 for _ in file.decode(video=0))


# Without a window


@dataclass
class Filming:
    """Play with a video as the source, and what its film's button was told."""

    bench: Bench = field(default_factory=Bench)

    @property
    def film(self) -> FilmPresenter:
        return self.bench.presenter.film

    @property
    def button(self) -> Any:
        return self.bench.view.head.film

    @property
    def asked(self) -> FilmRequest:
        return cast("FilmRequest", self.bench.jobs.asked[-1])

    def source(self, spec: object) -> None:
        status = SimpleNamespace(source=SimpleNamespace(spec=str(spec)))
        self.bench.desk.engine.status = lambda: status  # type: ignore[method-assign,assignment,return-value]

    def tell(self, state: JobState, shown: object = None, **more: Any) -> None:
        previews = {} if shown is None else {self.asked: shown}
        number = len(self.bench.jobs.asked)
        status = FilmStatus(number, "", self.asked, state, previews=previews, **more)
        self.bench.tick(cast("Any", status))

    def shown(self) -> tuple[Any, Any]:
        before, after, _ = self.bench.view.result.pair.set_pictures.call_args.args
        return before, after


@pytest.fixture
def filming(tmp_path: Path) -> Filming:
    made = Filming()
    folder = tmp_path / "pictures"
    folder.mkdir()
    made.bench.desk.options.setting = SimpleNamespace(  # type: ignore[misc]
        settings=SimpleNamespace(pictures_dir=folder)
    )
    made.bench.open()
    made.bench.options.technique = "dream"
    made.source(clip(tmp_path / "clip.mp4"))
    return made


def frame(done: int, frames: int = FRAMES) -> FilmFrame:
    return FilmFrame(picture(10), picture(90), done, frames)


def test_techniques_that_take_whole_pictures_film() -> None:
    assert [key for key, how in TECHNIQUES.items() if films(how)] == ["dream", "style"]


def test_it_is_offered_where_it_can_be_done(filming: Filming) -> None:
    head = filming.bench.view.head
    assert head.set_film.call_args.args == (True, "")
    filming.bench.options.technique = "style"
    offers, why_not = head.set_film.call_args.args
    assert offers
    assert "needs another picture: style" in why_not
    filming.bench.options.technique = "invert"
    assert head.set_film.call_args.args[0] is False


def test_the_video_that_is_shown_is_filmed_with_the_settings(
    filming: Filming, tmp_path: Path
) -> None:
    filming.film.ask()
    assert filming.button.set_video.call_args.args == ("clip.mp4", str(tmp_path))
    filming.button.open_settings.assert_called_once()
    filming.film.change("carry", "still")
    filming.film.change("blend", 9.0)  # not valid: left out
    filming.film.ask_place()
    proposed = filming.button.ask_place.call_args.args[0]
    assert proposed == tmp_path / "pictures" / "clip-dream.mp4"
    filming.film.begin(tmp_path / "other" / "film.mp4")
    asked = filming.asked
    assert (asked.technique, asked.video) == ("dream", tmp_path / "clip.mp4")
    assert asked.film == FilmSpec(carry=Carry.STILL)
    assert asked.spec == filming.bench.presenter.spec()
    assert asked.stamp.startswith(str((tmp_path / "clip.mp4").stat().st_size))
    (tmp_path / "other").mkdir()
    filming.film.ask_place()  # where the last one went
    assert filming.button.ask_place.call_args.args[0].parent == tmp_path / "other"


def test_the_other_pictures_go_along(filming: Filming, tmp_path: Path) -> None:
    filming.bench.options.technique = "style"
    filming.bench.presenter.given.give("style", Given(picture(200), "wave.jpg"))
    filming.bench.presenter.given.give("content", Given(picture(1), "still.png"))
    filming.film.begin(tmp_path / "film.mp4")
    ((role, known),) = filming.asked.pictures
    assert role == "style"
    assert np.array_equal(known.values, picture(200))
    assert filming.asked.names == (("style", "wave.jpg"),)


@pytest.mark.parametrize("source", ["demo", "camera:0", "gone.mp4", "http://there/clip.mp4"])
def test_without_a_video_one_is_asked_for(filming: Filming, tmp_path: Path, source: str) -> None:
    filming.source(source)
    filming.film.ask()
    filming.button.ask_video.assert_called_once_with("")
    filming.button.open_settings.assert_not_called()
    filming.film.take_video(clip(tmp_path / "chosen.mkv"))
    filming.button.open_settings.assert_called_once()
    filming.film.begin(tmp_path / "film.mp4")
    assert filming.asked.video == tmp_path / "chosen.mkv"


def test_how_far_it_is_and_both_pictures_are_shown(filming: Filming, tmp_path: Path) -> None:
    filming.film.begin(tmp_path / "film.mp4")
    assert filming.bench.words() == "begins in a moment"
    told = frame(2)
    filming.tell(JobState.RUNNING, told, step=20, total=60, seconds_left=40.0)
    assert filming.bench.words() == "2 of 6 frames · 40 s left"
    assert filming.bench.view.page.run.set_state.call_args.args[2] == pytest.approx(1 / 3)
    assert filming.shown() == (told.before, told.picture)
    assert filming.bench.doing() is Doing.RUNNING
    captions = filming.bench.view.result.pair.set_captions.call_args.args[0]
    assert (captions.before, captions.after) == ("clip.mp4", "dreamed · 2 of 6 frames")
    filming.bench.stream(7)  # what streams meanwhile does not push it away
    assert filming.shown()[1] is told.picture
    filming.bench.presenter.press()
    filming.tell(JobState.PAUSED, told, step=20, total=60)
    assert filming.bench.words() == "2 of 6 frames · stopped"
    filming.bench.presenter.press()
    filming.film.end()
    number = len(filming.bench.jobs.asked)
    assert filming.bench.jobs.told == [("pause", number), ("resume", number), ("cancel", number)]
    filming.tell(JobState.CANCELLED, told)
    text, action = filming.bench.notice()
    assert text == f"film.mp4 in {tmp_path} plays up to there"
    assert action == "Show the film"


def test_what_came_of_it_is_said_and_shown(filming: Filming, tmp_path: Path) -> None:
    out = tmp_path / "film.mp4"
    filming.film.begin(out)
    told = frame(5)
    filming.tell(JobState.RUNNING, told)
    filming.tell(JobState.DONE, Filmed(str(out), 6, ("Its sound is left out",), "1 2"))
    assert filming.bench.words() == "6 frames"
    assert filming.shown() == (told.before, told.picture)  # the last there was
    text, _ = filming.bench.notice()
    assert text == f"film.mp4 in {tmp_path} is made. Its sound is left out"
    filming.bench.presenter.mend()  # the button beside it
    filming.bench.files.show.assert_called_once_with(out)
    filming.bench.stream(77)
    assert np.array_equal(filming.shown()[0], picture(77))
    filming.bench.presenter.press()  # a still again
    assert filming.bench.jobs.asked[-1].technique == "dream"
    assert not isinstance(filming.bench.jobs.asked[-1], FilmRequest)
    assert not filming.film.is_shown


def test_who_looks_elsewhere_is_told_that_it_is_made(filming: Filming, tmp_path: Path) -> None:
    out, sight = tmp_path / "film.mp4", filming.bench.sight
    offer = cast("MagicMock", filming.bench.desk.notices.offer)
    for workspace, is_narrow, count in ((PLAY, False, 0), (PLAY, True, 1), ("watch", False, 2)):
        sight.workspace, sight.is_narrow = workspace, is_narrow
        filming.film.begin(out)
        filming.tell(JobState.DONE, Filmed(str(out), 6, (), "1 2"))
        assert offer.call_count == count
    text, action, act = offer.call_args.args
    assert (text, action) == (f"film.mp4 in {tmp_path} is made", "Show the film")
    act()
    cast("MagicMock", filming.bench.files.show).assert_called_once_with(out)


def test_what_goes_wrong_is_one_line(filming: Filming, tmp_path: Path) -> None:
    filming.film.begin(tmp_path / "clip.mp4")
    assert not filming.bench.jobs.asked
    fault = filming.bench.view.page.fault.set_notice.call_args.args[0]
    assert "clip.mp4 is the video itself" in fault
    filming.film.begin(tmp_path / "film.mp4")
    error = UserError("There is no space left on the disk", "Make room")
    filming.tell(JobState.FAILED, None, error=error)
    assert filming.bench.words() == "failed"
    assert filming.bench.notice() == (str(error), "")
    assert filming.bench.view.result.pair.set_words.call_args.args == (error.cause, error.remedy)


def test_settings_beside_a_film_make_no_still(filming: Filming, tmp_path: Path) -> None:
    filming.bench.presenter.press()
    filming.film.begin(tmp_path / "film.mp4")
    count = len(filming.bench.jobs.asked)
    filming.bench.presenter.settings.change("steps", 7)
    filming.bench.tick(after_s=9)
    assert len(filming.bench.jobs.asked) == count
    filming.film.ask()
    assert filming.button.set_back.call_args.args == (False,)
    filming.bench.presenter.begin()  # the film goes on behind it
    filming.film.ask()
    assert filming.button.set_back.call_args.args == (True,)
    filming.film.turn_back()
    assert filming.film.is_shown


def test_one_that_goes_on_after_a_restart_is_shown(filming: Filming, tmp_path: Path) -> None:
    how = TECHNIQUES["dream"]
    asked = FilmRequest("dream", how.spec(), FilmSpec(), tmp_path / "v.mp4", "", tmp_path / "o.mp4")
    told = frame(1)
    for state in (JobState.OFFERED, JobState.RUNNING):
        status = FilmStatus(41, "", asked, state, previews={asked: told})
        assert not filming.film.is_shown
        filming.bench.tick(cast("Any", status))
    assert filming.film.is_shown
    assert filming.shown() == (told.before, told.picture)
    filming.bench.presenter.set_network(None)
    assert not filming.film.is_shown


def test_how_films_are_made_comes_back(filming: Filming) -> None:
    filming.bench.options.film = FilmSpec(carry=Carry.NOTHING, blend=0.25)
    kept = left_off(filming.bench.desk)
    filming.bench.options.film = FilmSpec()
    restore(filming.bench.desk, PlaySession.model_validate_json(kept.model_dump_json()))
    assert filming.bench.options.film == FilmSpec(carry=Carry.NOTHING, blend=0.25)
    restore(filming.bench.desk, PlaySession(film={"blend": 7, "carry": "still"}))
    assert filming.bench.options.film == FilmSpec(carry=Carry.STILL)


# In the window


def page(deepvis: App) -> PlayPanel:
    panel: PlayPanel = deepvis.panels["play"]
    return panel


@pytest.fixture
def opened(qtbot: QtBot, start: Start, tmp_path: Path) -> App:
    """Dream is open on a video with sound, before a small network."""
    video = clip(tmp_path / "clip.mp4", sound_s=0.2)
    return dreaming(qtbot, start(net="pocket", device="cpu", source=str(video)))


def dreaming(qtbot: QtBot, deepvis: App) -> App:
    qtbot.waitUntil(lambda: deepvis.rounds.snapshot is not None, timeout=WAIT_MS)
    deepvis.desk.engine.set_network(SMALL)
    deepvis.desk.options.play.technique = "dream"
    deepvis.desk.sight.workspace = PLAY
    presenter = page(deepvis).presenter
    qtbot.waitUntil(
        lambda: presenter.network is SMALL and presenter._snapshot is not None, timeout=WAIT_MS
    )
    deepvis.desk.selection.pick_unit(3, "conv2")
    for setting, value in (("steps", 2), ("octaves", 1), ("longest_px", 64)):
        deepvis.desk.options.play.change(setting, value)
    return deepvis


def place(monkeypatch: pytest.MonkeyPatch, out: Path) -> None:
    """Let the dialog be answered with a place."""
    monkeypatch.setattr(QFileDialog, "exec", lambda _: QDialog.DialogCode.Accepted)
    monkeypatch.setattr(QFileDialog, "selectedFiles", lambda _: [str(out)])


def test_a_video_is_filmed_and_shown(
    qtbot: QtBot, opened: App, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    panel, out = page(opened), tmp_path / "films" / "film.mp4"
    place(monkeypatch, out)
    button = panel.view.head.film
    assert button.isVisible()
    button.click()
    assert button.popup.isVisible()
    assert button.video() == "clip.mp4"
    button.start.click()
    assert not button.popup.isVisible()
    film = panel.presenter.film
    assert film.run is not None
    qtbot.waitUntil(lambda: film.run is not None and film.run.is_over, timeout=WAIT_MS)
    assert film.run.state is JobState.DONE, film.run.status
    assert frames_in(out) == FRAMES
    controls = panel.view.result.run
    qtbot.waitUntil(lambda: controls.notice.action() == "Show the film", timeout=WAIT_MS)
    assert controls.notice.text() == f"film.mp4 in {out.parent} is made. Its sound is left out"
    assert not controls.end.isVisible()
    before, after, _ = panel.view.result.pair.pictures()
    assert before is not None
    assert after is not None
    assert before.shape == after.shape == (48, 64, 3)
    assert not np.array_equal(before, after)
    controls.notice.acted.emit()
    qtbot.waitUntil(lambda: opened.desk.engine.status().source.spec == str(out), timeout=WAIT_MS)
    qtbot.waitUntil(
        lambda: panel.view.result.pair.captions().before.startswith("film.mp4"), timeout=WAIT_MS
    )


@pytest.mark.slow(seconds=9)
def test_what_is_closed_in_the_middle_plays_and_is_offered_again(
    qtbot: QtBot, start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    video, out = clip(tmp_path / "long.mp4", 40), tmp_path / "film.mp4"
    deepvis = dreaming(qtbot, start(net="pocket", device="cpu", source=str(video)))
    deepvis.desk.options.play.change("steps", 8)
    place(monkeypatch, out)
    film = page(deepvis).presenter.film
    film.ask_place()
    qtbot.waitUntil(
        lambda: film.run is not None and film.run.last is not None and film.run.last.done > 2,
        timeout=WAIT_MS,
    )
    deepvis.window.close()
    made = frames_in(out)
    assert 2 < made < 40
    again = dreaming(qtbot, start(net="pocket", device="cpu", source="demo", keep_session=True))
    qtbot.waitUntil(
        lambda: any(s.state is JobState.OFFERED for s in again.desk.jobs.statuses()),
        timeout=WAIT_MS,
    )
    (offered,) = [s for s in again.desk.jobs.statuses() if s.state is JobState.OFFERED]
    assert isinstance(offered.request, FilmRequest)
    assert (offered.request.video, offered.request.out) == (video, out)
    again.desk.jobs.resume(offered.id)
    film = page(again).presenter.film
    qtbot.waitUntil(lambda: film.run is not None and film.run.is_over, timeout=WAIT_MS)
    assert film.run is not None
    assert film.run.state is JobState.DONE, film.run.status
    assert frames_in(out) == 40


def test_the_dialog_asks_before_it_replaces(qtbot: QtBot, opened: App, tmp_path: Path) -> None:
    seen: list[QFileDialog] = []

    def answer(dialog: QFileDialog) -> int:
        seen.append(dialog)
        assert dialog.acceptMode() is QFileDialog.AcceptMode.AcceptSave
        assert not dialog.testOption(QFileDialog.Option.DontConfirmOverwrite)
        assert dialog.defaultSuffix() == "mp4"
        return int(QDialog.DialogCode.Rejected)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(QFileDialog, "exec", answer)
        page(opened).presenter.film.ask_place()
    assert len(seen) == 1
    assert page(opened).presenter.film.run is None
