"""What Play asks for and shows, decided without a window."""

from __future__ import annotations

import io
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from types import MappingProxyType, SimpleNamespace
from typing import TYPE_CHECKING, Any, cast
from unittest.mock import MagicMock

import numpy as np
import pytest
from PIL import Image

from deepvis_app.engine.jobs import JobState
from deepvis_app.engine.jobs.kinds.playing import PlayRequest, PlayStatus
from deepvis_app.engine.kept.play_png import read_play_note
from deepvis_app.errors import UserError
from deepvis_app.frames import Frame, PictureError
from deepvis_app.nets import Network
from deepvis_app.state.appearance import Appearance
from deepvis_app.state.play import PLAY, PlayOptions, PlayShows
from deepvis_app.state.selection import Selection
from deepvis_app.state.sight import Sight
from deepvis_app.synth import StopReason
from deepvis_app.synth.play import Played
from deepvis_app.ui.panels.play.commands import PlayCommands
from deepvis_app.ui.panels.play.presenter import REST_S, PlayPresenter
from deepvis_app.ui.panels.play.run_state import Doing
from tests.ui.small import Small

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

    from deepvis_app.ui.desk import Desk
    from deepvis_app.ui.panel import Tick

NETWORK = Network(Small(4).eval(), (3, 24, 24), labels=["a", "b", "c", "d"], name="small")


def picture(shade: int, size: tuple[int, int] = (24, 24)) -> NDArray[np.uint8]:
    rows, columns = np.mgrid[: size[0], : size[1]]
    return np.stack([rows * 5, columns * 5, np.full_like(rows, shade)], 2).astype(np.uint8)


@dataclass
class FakeJobs:
    """Takes requests and numbers them."""

    asked: list[PlayRequest] = field(default_factory=list)
    told: list[tuple[str, int]] = field(default_factory=list)

    def submit(self, request: PlayRequest) -> int:
        self.asked.append(request)
        return len(self.asked)

    def pause(self, number: int) -> None:
        self.told.append(("pause", number))

    def resume(self, number: int) -> None:
        self.told.append(("resume", number))

    def cancel(self, number: int) -> None:
        self.told.append(("cancel", number))


class Bench:
    """A presenter with everything around it."""

    def __init__(self) -> None:
        self.jobs, self.view, self.files = FakeJobs(), MagicMock(), MagicMock()
        self.view.page = self.view.result
        self.view.pages = (self.view.result, self.view.attack)
        self.view.result.pair.scale.return_value = 2.0
        self.futures: list[Future[Any]] = []
        self.options, self.selection = PlayOptions(), Selection()
        self.sight = Sight(workspace=PLAY)
        self.desk = cast(
            "Desk",
            SimpleNamespace(
                engine=SimpleNamespace(read=self._read), jobs=self.jobs, selection=self.selection,
                options=SimpleNamespace(play=self.options, view=Appearance()),
                sight=self.sight, files=self.files, notices=MagicMock(),
            ),
        )  # fmt: skip
        self.presenter = PlayPresenter(self.view, self.desk)
        self.now_s = 100.0

    def _read(self, question: Callable[[], Any]) -> Future[Any]:
        future: Future[Any] = Future()
        try:
            future.set_result(question())
        except UserError as error:
            future.set_exception(error)
        self.futures.append(future)
        return future

    def open(self, shade: int = 40, network: Network = NETWORK) -> None:
        self.selection.adopt([(info.name, info.unit_count) for info in network.layers])
        self.presenter.set_network(network)
        self.stream(shade)

    def stream(self, shade: int) -> None:
        """Let a frame come."""
        image = picture(shade)
        frame = Frame(image, 7, 0.0, "demo")
        snapshot = SimpleNamespace(frame=frame, picture=image, first=lambda _: None)
        self.tick(snapshot=snapshot)

    def tick(self, *statuses: PlayStatus, snapshot: object = None, after_s: float = 0.0) -> None:
        self.now_s += after_s
        jobs = statuses or None
        tick = SimpleNamespace(now_s=self.now_s, snapshot=snapshot, jobs=jobs)
        self.presenter.tick(cast("Tick", tick))

    def status(
        self, state: JobState, shown: object = None, curve: tuple[float, ...] = (), **more: Any
    ) -> PlayStatus:
        request = self.jobs.asked[-1]
        previews = {} if shown is None else {request: shown}
        return PlayStatus(
            len(self.jobs.asked), "Invert", request, state, total=request.how.total(request.spec),
            previews=previews, traces={request: curve}, **more,
        )  # fmt: skip

    @property
    def input(self) -> NDArray[np.uint8]:
        values = dict(self.jobs.asked[-1].pictures)["input"].values
        assert values is not None
        return values

    def doing(self) -> Doing:
        return cast("Doing", self.view.page.run.set_state.call_args.args[0])

    def words(self) -> str:
        return str(self.view.page.run.set_state.call_args.args[1])

    def notice(self) -> tuple[str, ...]:
        return cast("tuple[str, ...]", self.view.page.run.notice.set_notice.call_args.args)


@pytest.fixture
def play() -> Bench:
    return Bench()


def result(shade: int = 90, stop: StopReason = StopReason.FINISHED, **facts: float | str) -> Played:
    x = np.zeros((3, 24, 24), np.float32)
    curve = np.array([1.0, 0.5], np.float32)
    return Played(picture(shade), x, curve, stop, MappingProxyType(facts))


def test_a_run_takes_the_frame_that_is_shown_and_keeps_it(play: Bench) -> None:
    play.open(shade=40)
    play.presenter.press()
    assert np.array_equal(play.input, picture(40))
    assert play.jobs.asked[-1].names == (("input", "demo · frame 8"),)
    assert play.jobs.asked[-1].technique == "invert"
    play.stream(200)
    play.tick(play.status(JobState.DONE, result()))
    play.options.change("steps", 9)
    play.presenter.press()
    assert np.array_equal(play.input, picture(40))  # pinned, while the stream went on
    play.presenter.take_frame()
    assert np.array_equal(play.input, picture(200))


def test_a_frame_that_is_wished_for_before_one_is_there_is_the_next(play: Bench) -> None:
    play.selection.adopt([(info.name, info.unit_count) for info in NETWORK.layers])
    play.presenter.set_network(NETWORK)
    play.presenter.take_frame()
    assert not play.jobs.asked
    play.stream(77)
    assert np.array_equal(play.input, picture(77))
    play.stream(78)
    assert len(play.jobs.asked) == 1


def test_the_layer_is_the_picked_one_until_one_is_chosen(play: Bench) -> None:
    play.open()
    play.selection.pick_layer("relu1")
    play.presenter.press()
    assert play.jobs.asked[-1].spec.layer == "relu1"  # type: ignore[attr-defined]
    play.presenter.settings.change("layer", "conv2")
    play.selection.pick_layer("conv1")
    play.tick(after_s=REST_S)
    assert play.jobs.asked[-1].spec.layer == "conv2"  # type: ignore[attr-defined]


def test_the_button_stops_and_goes_on(play: Bench) -> None:
    play.open()
    assert play.doing() is Doing.READY
    play.presenter.press()
    running = play.status(JobState.RUNNING, picture(60), (1.0, 0.9), step=2, seconds_left=9.0)
    play.tick(running)
    assert play.doing() is Doing.RUNNING
    assert play.words() == f"2 of {running.total} steps · 9 s left"
    play.presenter.press()
    assert play.jobs.told == [("pause", 1)]
    play.tick(play.status(JobState.PAUSED, picture(60), (1.0, 0.9)))
    assert play.doing() is Doing.HELD
    assert play.options.pair is not None  # what is at rest can be compared
    play.presenter.press()
    assert play.jobs.told[-1] == ("resume", 1)
    assert len(play.jobs.asked) == 1


def test_a_change_is_acted_on_once_the_hand_rests(play: Bench) -> None:
    play.open()
    play.presenter.settings.change("steps", 50)
    play.tick(after_s=10 * REST_S)
    assert not play.jobs.asked  # nothing was run yet
    play.presenter.press()
    play.presenter.settings.change("steps", 51)
    play.tick(after_s=0.6 * REST_S)
    play.presenter.settings.change("steps", 52)
    play.tick(after_s=0.6 * REST_S)
    assert len(play.jobs.asked) == 1
    play.tick(after_s=0.6 * REST_S)
    assert [request.spec.steps for request in play.jobs.asked] == [50, 52]  # type: ignore[attr-defined]
    assert play.jobs.told == [("cancel", 1)]
    play.tick(after_s=10 * REST_S)
    assert len(play.jobs.asked) == 2


def test_the_picture_before_stays_until_there_is_another(play: Bench) -> None:
    play.open()
    play.presenter.press()
    play.tick(play.status(JobState.DONE, result(90)))
    play.presenter.settings.change("steps", 51)
    play.tick(after_s=REST_S)
    play.tick(play.status(JobState.RUNNING))
    assert np.array_equal(play.presenter.showing.after, picture(90))
    play.tick(play.status(JobState.RUNNING, picture(30), (1.0,), step=1))
    assert np.array_equal(play.presenter.showing.after, picture(30))


def test_a_value_that_is_not_valid_is_told_and_not_taken(play: Bench) -> None:
    play.open()
    before = play.options.spec
    play.presenter.settings.change("steps", 0)
    assert play.options.spec == before
    assert play.notice()[0].startswith("Steps must be")  # as the page calls it


def test_again_with_nothing_changed_is_another_seed(play: Bench) -> None:
    play.open()
    play.presenter.press()
    play.tick(play.status(JobState.DONE, result()))
    assert play.doing() is Doing.DONE
    play.presenter.press()
    assert [request.seed for request in play.jobs.asked] == [0, 1]
    assert play.jobs.asked[0].spec == play.jobs.asked[1].spec


def test_a_step_that_was_too_large_has_a_remedy(play: Bench) -> None:
    play.open()
    play.presenter.settings.change("rate", 9.0)
    play.presenter.press()
    play.tick(play.status(JobState.DONE, result(90, StopReason.NOT_FINITE)))
    assert play.notice() == ("Step size too large: the last good picture stays", "Try 3")
    assert np.array_equal(play.presenter.showing.after, picture(90))
    play.presenter.mend()
    play.tick(after_s=REST_S)
    assert play.jobs.asked[-1].spec.rate == 3.0  # type: ignore[attr-defined]


def test_numbers_that_never_were_finite_are_no_step_s_fault(play: Bench) -> None:
    play.open()
    play.presenter.press()
    wild = replace(result(90, StopReason.NOT_FINITE), curve=np.array([np.nan], np.float32))
    play.tick(play.status(JobState.DONE, wild))
    words, action = play.notice()
    assert "weights" in words
    assert action == ""
    assert np.array_equal(play.presenter.showing.after, picture(90))


def test_where_no_gradient_comes_no_larger_change_is_offered(play: Bench) -> None:
    play.open()
    play.presenter.turn_to("adversary")
    play.presenter.press()
    play.tick(play.status(JobState.DONE, result(90, StopReason.ZERO_GRADIENT, success=0)))
    words, action = play.notice()
    assert words.startswith("No gradient reaches the picture")
    assert action == ""


def test_what_is_done_sooner_than_was_known_is_done(play: Bench) -> None:
    play.open()
    play.presenter.press()
    play.tick(play.status(JobState.DONE, result(90), (1.0, 0.5)))
    assert play.words() == "2 steps"
    assert play.view.page.run.set_curve.call_args.args[2] == 2


def test_no_run_begins_unseen_while_every_frame_is_played_with(play: Bench) -> None:
    play.open()
    play.presenter.turn_to("adversary")
    play.options.is_live = True
    play.presenter.press()
    assert play.jobs.asked == []
    play.presenter.take_frame()  # a wish for this one frame ends it
    assert not play.options.is_live
    assert len(play.jobs.asked) == 1


def test_where_no_classes_are_told_apart_no_frame_is_attacked(play: Bench) -> None:
    play.open()
    play.presenter.turn_to("adversary")
    play.options.is_live = True
    assert play.presenter.ask()
    maps = Network(Small(4).relu1, (3, 24, 24), name="maps")
    play.open(network=maps)
    assert not play.options.is_live
    assert play.presenter.ask() == ()
    assert "no classes" in play.view.head.set_live.call_args.args[2]
    play.open()
    assert play.view.head.set_live.call_args.args[2] == ""


def test_what_was_cancelled_stays_and_can_be_saved(play: Bench) -> None:
    play.open()
    play.presenter.press()
    play.tick(play.status(JobState.RUNNING, picture(60), (1.0, 0.9, 0.8), step=3))
    play.tick(play.status(JobState.CANCELLED, picture(60), (1.0, 0.9, 0.8)))
    assert np.array_equal(play.presenter.showing.after, picture(60))
    assert "cancelled" in play.words()
    PlayCommands(play.desk, play.presenter).save()
    data, name, suffix, _ = play.files.save_bytes.call_args.args
    assert (name.split("-")[0], suffix) == ("invert", ".png")
    saved = Image.open(io.BytesIO(data))
    assert np.array_equal(np.asarray(saved), picture(60))
    note = read_play_note(data)
    assert note is not None
    assert note.unfinished.startswith("3 of")
    assert note.settings == play.jobs.asked[-1].spec.facts()


def test_what_is_finished_is_saved_with_its_recipe(play: Bench) -> None:
    play.open()
    play.presenter.press()
    play.tick(play.status(JobState.DONE, result(90, error=0.14)))
    assert play.view.page.run.set_state.call_args.args[3] == "error 14%"
    PlayCommands(play.desk, play.presenter).save()
    saved = Image.open(io.BytesIO(play.files.save_bytes.call_args.args[0]))
    assert np.array_equal(np.asarray(saved), picture(90))
    assert saved.info["deepvis:technique"] == "invert"
    assert saved.info["deepvis:unfinished"] == ""
    assert '"demo' in saved.info["deepvis:names"]


def test_why_it_failed_stands_in_the_picture_s_place(play: Bench) -> None:
    play.open()
    play.presenter.press()
    error = UserError("relu2 is zero on this picture", "Choose another layer or picture")
    play.tick(play.status(JobState.FAILED, error=error))
    words = play.view.result.pair.set_words.call_args.args
    assert words == (error.cause, error.remedy)
    assert play.doing() is Doing.DONE  # it can be tried again


def test_a_picture_that_cannot_be_read_leaves_the_old_one(play: Bench, tmp_path: Path) -> None:
    play.open(shade=40)
    good, bad = tmp_path / "good.png", tmp_path / "bad.png"
    Image.fromarray(picture(120)).save(good)
    bad.write_bytes(b"no picture")
    play.presenter.take_file("input", good)
    play.tick()
    assert np.array_equal(play.input, picture(120))  # of the first role: it is run at once
    play.presenter.take_file("input", bad)
    play.tick()
    assert isinstance(play.futures[-1].exception(), PictureError)
    (told,) = play.view.page.fault.set_notice.call_args.args
    assert "bad.png" in told
    assert "\n" not in told
    play.presenter.begin()
    assert np.array_equal(play.input, picture(120))


def test_without_a_network_or_a_frame_it_says_what_is_missing(play: Bench) -> None:
    play.presenter.show()
    assert play.doing() is Doing.OFF
    assert play.words().startswith("No network")
    play.presenter.set_network(NETWORK)
    assert play.words().startswith("No frame yet")
    play.stream(40)
    assert play.doing() is Doing.READY
    assert play.view.result.pair.set_words.call_args.args[0]  # what will happen


def test_another_network_lets_go_of_what_was_made(play: Bench) -> None:
    play.open()
    play.presenter.press()
    play.tick(play.status(JobState.DONE, result()))
    assert play.options.pair is not None
    play.presenter.set_network(Network(Small(3).eval(), (3, 24, 24), name="other"))
    assert play.options.pair is None
    assert play.presenter.run is None
    play.stream(50)
    play.presenter.press()
    assert np.array_equal(play.input, picture(40))  # the frame that was taken is still given


def test_the_pair_is_input_and_result_as_the_network_sees_them(play: Bench) -> None:
    play.open(shade=40)
    play.presenter.press()
    whole = Played(
        picture(90, (48, 60)), np.zeros((3, 48, 60), np.float32), np.zeros(1, np.float32),
        StopReason.FINISHED, MappingProxyType({}),
    )  # fmt: skip
    play.tick(play.status(JobState.DONE, whole))
    pair = play.options.pair
    assert pair is not None
    assert np.array_equal(pair.before.values, picture(40))
    assert np.array_equal(pair.after.values, NETWORK.view(whole.image)[0])


def test_ways_to_compare_are_kept_and_difference_says_by_how_much(play: Bench) -> None:
    play.open(shade=40)
    play.presenter.press()
    play.tick(play.status(JobState.DONE, result(42)))
    play.options.shows = PlayShows.DIFFERENCE
    shown = play.presenter.showing.difference
    assert shown is not None
    assert np.array_equal(shown[..., 2], np.full((24, 24), 128 + 2 * 32))  # 2 levels, 32 times
    captions = play.view.result.pair.set_captions.call_args.args[0]
    assert captions.difference == "difference × 32 about grey"
