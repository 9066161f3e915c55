"""Parts of the map's page without a window: words, offers, reasons, its session, its job."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from torch import nn

from deepvis_app.corpus.codes import Codes
from deepvis_app.corpus.map.embedding import Laid, embed_codes
from deepvis_app.corpus.map.selecting import Shared
from deepvis_app.corpus.map.settings import MapSettings
from deepvis_app.corpus.measure import Score
from deepvis_app.engine import JobState
from deepvis_app.engine.jobs.kinds.embedding import EmbeddingRequest, EmbeddingStatus
from deepvis_app.engine.kept.corpora import CorpusInfo
from deepvis_app.errors import UserError
from deepvis_app.known.map_facts import MapFacts, MapWish, ReadCodes
from deepvis_app.known.map_members import Members
from deepvis_app.nets import Network, Unit
from deepvis_app.state.map import MapColour, MapMethod, MapOptions, MapTool, MapView, SavedSelection
from deepvis_app.ui.panels.map import telling
from deepvis_app.ui.panels.map.colouring import Colouring
from deepvis_app.ui.panels.map.laying import MOST_UNASKED, Laying
from deepvis_app.ui.panels.map.offers import FOLLOW, colour_offer, corpus_offer, layer_offer
from deepvis_app.ui.panels.map.reasons import AGAIN, FOLDER, LAYER, SCAN, reason
from deepvis_app.ui.panels.map.session import MOST, MapSession, left_off, restore
from tests.ui.small import small_network

if TYPE_CHECKING:
    from deepvis_app.engine.jobs import JobStatus

COUNT = 20
TSNE, PCA = MapSettings(), MapSettings("pca")


def plan_of(count: int) -> Any:
    names = [f"folder/picture {number}.png" for number in range(count)]
    labels = np.arange(count) % 3 - 1  # every third has none
    classes = ("cat\u202ex", "dog")
    title = lambda row: classes[labels[row]] if labels[row] >= 0 else Path(names[row]).stem  # noqa: E731
    return SimpleNamespace(names=names, labels=labels, classes=classes, title=title)


def facts_of(settings: MapSettings = PCA, wanted: MapSettings | None = None, count: int = COUNT):
    chance, rows = np.random.default_rng(0), np.arange(count)
    values = chance.random((count, 8)).astype(np.float16)
    plan = plan_of(count)
    codes = Codes("conv5", rows.astype(np.uint64), rows, values, plan.labels, plan.classes, 2)
    embedding = embed_codes(codes, PCA)
    embedding = replace(embedding, settings=settings)
    of = ReadCodes(codes, plan, Path("/pictures"), "/pictures", "mine", Score.MAX)
    wish = MapWish(Path("/corpora/mine"), "conv5", wanted or settings)
    return MapFacts(wish, of, embedding, embedding.placer)


def info(name: str = "mine", **more: Any) -> CorpusInfo:
    usual = {
        "source": f"/pictures/{name}", "network": "Tiny", "layers": ("conv2", "relu2"),
        "scanned": COUNT, "total": COUNT,
    }  # fmt: skip
    return CorpusInfo(Path("/corpora") / name, name, **{**usual, **more})


# Words


def test_the_head_says_how_many_and_what_is_left_out() -> None:
    assert telling.head_words(facts_of()) == (
        "20 pictures, 8 numbers each · PCA · 2 left out: NaN or infinite"
    )
    assert telling.head_words(facts_of(), is_short=True) == "20 pictures"


def test_pictures_are_called_by_class_else_file_and_each_name_once() -> None:
    facts = facts_of()
    assert telling.names_text(facts, [0, 2, 5, 3]) == "picture 0 · dog · picture 3"
    assert telling.picture_tip(facts, 2) == "dog\npicture 2.png"
    assert telling.picture_tip(facts, 0) == "picture 0.png"
    assert "\u202e" not in telling.picture_tip(facts, 1)


def test_of_the_frame_it_is_said_what_is_out_of_the_usual() -> None:
    facts = facts_of()
    placed = facts.placer(facts.codes.values[3])
    assert telling.nearest_detail(facts, placed, left_out=False) == "cosine distance"
    assert telling.nearest_detail(facts, placed, left_out=True) == "itself left out"
    assert telling.live_words(placed, 500) == "this frame"
    odd = replace(placed, distance=placed.limit + 1)
    assert telling.nearest_detail(facts, odd, left_out=False) == "unlike all"
    assert telling.live_words(odd, 500) == "unlike all 500 pictures"


def members(count: int, main: str = "", **more: Any) -> Members:
    usual = {"others": 0, "shared": (Shared(3, 2.345, 7.0),), "main_count": 2}
    return Members(np.arange(count), main=main, **{**usual, **more})


def test_of_chosen_pictures_it_is_said_what_they_are_and_share() -> None:
    assert telling.members_words(members(1)) == "1 picture"
    assert telling.members_words(members(1, "dogs")) == "1 picture of dogs"
    assert telling.members_words(members(4, "dogs", others=3)) == (
        "4 pictures, 2 dogs · 3 not in this map"
    )
    assert telling.units_words(members(4), 20) == "units shared"
    assert "no others" in telling.units_words(members(20), 20)
    assert telling.units_words(members(0, shared=()), 20).startswith("None of the chosen pictures")
    assert telling.units_words(members(4, shared=()), 20).startswith("No unit")
    assert telling.unit_text(Shared(3, 2.345, 7.0)) == "3 +2.3σ"
    assert "conv5 · unit 3 (dog): on these 7.00 on average" in telling.unit_tip(
        "conv5", Shared(3, 2.345, 7.0), "dog"
    )


# Offers


def keys(offer) -> list[str]:
    return [choice.key for group in offer.groups for choice in group.choices]


def test_layers_that_were_scanned_are_offered_and_the_picked_one_followed() -> None:
    options, network = MapOptions(), small_network()
    offer = layer_offer(options, "relu1", info(), network)
    assert (offer.current, offer.title) == (FOLLOW, "relu1")
    assert keys(offer)[-3:] == [FOLLOW, "conv2", "relu2"]
    details = {c.key: c.detail for group in offer.groups for c in group.choices}
    assert details["conv2"] == "12 units"
    assert details[":method:tsne"] == "in use"
    options.layer, options.method = "conv2", MapMethod.PCA
    offer = layer_offer(options, "relu1", info(), network)
    assert (offer.current, offer.title) == ("conv2", "conv2")
    assert layer_offer(MapOptions(), "", None, None).title == "none"


def test_a_colouring_that_cannot_be_says_why() -> None:
    options = MapOptions(colour=MapColour.UNIT)
    offer = colour_offer(options, Unit("conv2", 7), {MapColour.PREDICTION: "no scores"})
    (group,) = offer.groups
    told = {choice.key: choice for choice in group.choices}
    assert (offer.title, told["unit"].detail) == ("unit 7", "conv2 · 7")
    assert (told["prediction"].enabled, told["prediction"].tip) == (False, "no scores")
    assert told["class"].enabled


def test_corpora_are_offered_by_their_folders() -> None:
    offer = corpus_offer((info(), info("yours")), info("yours"))
    assert keys(offer) == ["/corpora/mine", "/corpora/yours"]
    assert (offer.current, offer.title) == ("/corpora/yours", "yours")
    assert corpus_offer((), None).groups == ()


# Reasons


def corpora(present: CorpusInfo | None = None, **more: Any) -> Any:
    usual = {"present": present, "is_listed": True, "infos": (), "fault": None, "scan": None}
    return SimpleNamespace(**{**usual, **more})


def maps(fault: UserError | None = None) -> Any:
    return SimpleNamespace(fault=fault)


def ways(told) -> list[str]:
    return [way.key for way in told.ways]


def test_why_there_is_no_map_is_said_with_ways_out() -> None:
    network = small_network()
    assert reason(None, corpora(), maps(), "").text == "No network"
    nothing = reason(network, corpora(), maps(), "relu1")
    assert nothing.text == "No pictures scanned for this network"
    assert ways(nothing) == [FOLDER]
    assert "Looking" in reason(network, corpora(is_listed=False), maps(), "relu1").text
    fault = UserError("The folder cannot be read", "Check its permissions")
    told = reason(network, corpora(is_listed=False, fault=fault), maps(), "relu1")
    assert (told.text, told.remedy) == (str(fault.cause), str(fault.remedy))
    other = reason(network, corpora(infos=(info(), info("yours"))), maps(), "relu1")
    assert other.text == "What is scanned is of other networks, not of small"
    assert "mine (Tiny), yours (Tiny)" in other.remedy
    assert ways(other) == [f"{SCAN}:/pictures/mine", f"{SCAN}:/pictures/yours", FOLDER]
    damaged = reason(network, corpora(info(problem="It is damaged")), maps(), "relu1")
    assert (damaged.text, ways(damaged)) == ("It is damaged", [FOLDER])
    assert (
        reason(network, corpora(info()), maps(), "conv2").text == "Reading what conv2 gave on mine…"
    )


def test_of_a_layer_that_was_not_scanned_the_nearest_ones_that_were_are_offered() -> None:
    network = small_network()
    one = info(layers=("conv1", "relu2", "pool", "logits"))
    told = reason(network, corpora(one), maps(), "conv2")
    assert told.text == "conv2 was not scanned with mine"
    assert "4 layers were scanned" in told.remedy
    assert ways(told) == [
        f"{LAYER}:relu2",
        f"{LAYER}:conv1",
        f"{LAYER}:pool",
        f"{SCAN}:/pictures/mine",
    ]


def test_too_few_pictures_are_listed_unless_more_are_being_scanned() -> None:
    network, few = small_network(), info(scanned=2, total=2)
    fault = UserError("mine has 2 pictures that were scanned, a map needs 10", "Scan more pictures")
    told = reason(network, corpora(few), maps(fault), "conv2", ["a.png", "b.png"])
    assert told.text == str(fault.cause)
    assert told.remedy == "Scan more pictures. It has a.png, b.png."
    assert ways(told) == [AGAIN, FOLDER]
    worded = UserError("No map", "Use --metric", in_window="Choose another layer")
    told = reason(network, corpora(info()), maps(worded), "conv2")
    assert told.remedy == "Choose another layer"  # there are no options in the window
    part = info(scanned=0, total=500)
    told = reason(network, corpora(part), maps(fault), "conv2")
    assert told.text == "0 of 500 pictures of mine are scanned"
    assert [way.text for way in told.ways] == ["Scan the rest", "Choose a folder…"]
    scan = SimpleNamespace(step=4, total=500)
    told = reason(network, corpora(few, scan=scan), maps(fault), "conv2")
    assert told.text == "Scanning mine: 4 of 500 pictures"


@pytest.mark.parametrize(
    ("outputs", "why_not"), [(1, "The network has one output: there is nothing to choose"), (2, "")]
)
def test_one_output_is_no_class_to_colour_by(outputs: int, why_not: str) -> None:
    network = Network(nn.Sequential(nn.Flatten(), nn.Linear(12, outputs)), (3, 2, 2))
    present = SimpleNamespace(layers=tuple(info.name for info in network.layers))
    desk: Any = SimpleNamespace(
        options=SimpleNamespace(map=MapOptions(), view=None),
        kept=SimpleNamespace(corpora=SimpleNamespace(present=present)),
        selection=SimpleNamespace(as_unit=lambda: None),
    )
    colouring = Colouring(SimpleNamespace(), desk)  # type: ignore[arg-type]
    colouring.set_network(network)
    assert colouring.why_not().get(MapColour.PREDICTION, "") == why_not


# The session


def desk_of(options: MapOptions) -> Any:
    return SimpleNamespace(options=SimpleNamespace(map=options))


def test_what_was_looked_at_and_chosen_comes_back() -> None:
    options = MapOptions(
        "conv2", MapMethod.PCA, MapColour.UNIT, MapView.GRID, MapTool.LASSO,
        frozenset({2**64 - 1, 7}), (SavedSelection("dogs", frozenset({1, 2**63})),), "typed",
        (0.25, -0.5, 3.0),
    )  # fmt: skip
    session = left_off(desk_of(options))
    kept = MapSession.model_validate_json(session.model_dump_json())
    again = MapOptions()
    restore(desk_of(again), kept)
    assert again == replace(options, find="")
    assert left_off(desk_of(MapOptions())) == MapSession()


def test_a_selection_that_is_too_large_is_not_kept() -> None:
    large = frozenset(range(MOST + 1))
    options = MapOptions(selection=large, saved=(SavedSelection("all", large),))
    session = left_off(desk_of(options))
    assert (session.selection, session.saved) == ("", ())
    most = left_off(desk_of(MapOptions(selection=frozenset(range(MOST)))))
    MapSession.model_validate_json(most.model_dump_json())


@pytest.mark.parametrize("text", ["!", "AAA", "A" * 5])
def test_broken_ids_are_refused(text) -> None:
    with pytest.raises(ValueError, match="selection"):
        MapSession(selection=text)


def test_ids_that_are_cut_off_lose_the_last_alone() -> None:
    options = MapOptions()
    restore(desk_of(options), MapSession(selection="AQAAAAAAAAAC"))
    assert options.selection == {1}


# The job


class FakeJobs:
    """Notes what is asked of it; `state` is that of the one job."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, Any]] = []
        self.told: tuple[JobStatus, ...] = ()

    def submit(self, request: EmbeddingRequest) -> int:
        self.asked.append(("submit", request))
        return 1

    def resume(self, number: int) -> None:
        self.asked.append(("resume", number))

    def cancel(self, number: int) -> None:
        self.asked.append(("cancel", number))

    def statuses(self) -> tuple[JobStatus, ...]:
        return self.told


class FakeHead:
    def __init__(self) -> None:
        self.stop_requested = self.again_requested = SimpleNamespace(connect=lambda _: None)
        self.words, self.doing = "", ()

    def set_words(self, words: str) -> None:
        self.words = words

    def set_doing(self, *doing: Any, **more: Any) -> None:
        self.doing = (*doing, *more.values())


def laying_of(facts: MapFacts | None, *, current: bool = True):
    jobs, head = FakeJobs(), FakeHead()
    known = SimpleNamespace(
        wish=facts and facts.wish, is_current=current, looked=0,
    )  # fmt: skip
    known.look_again = lambda: setattr(known, "looked", known.looked + 1)
    laying = Laying(SimpleNamespace(head=head), jobs, known)  # type: ignore[arg-type]
    return laying, jobs, head, known


def status(state: JobState, facts: MapFacts, **more: Any) -> EmbeddingStatus:
    wish = facts.wish
    request = EmbeddingRequest(str(wish.corpus), wish.layer, wish.settings)
    return EmbeddingStatus(id=5, title="", request=request, state=state, **more)


def stand_in() -> MapFacts:
    return facts_of(PCA, TSNE)


def test_a_map_that_is_not_there_is_asked_for_once() -> None:
    facts = stand_in()
    laying, jobs, _, _ = laying_of(facts)
    laying.tick(facts)
    laying.tick(facts)
    expected = EmbeddingRequest("/corpora/mine", "conv5", TSNE)
    assert jobs.asked == [("submit", expected)]
    assert jobs.asked[0][1].name == "mine"
    final = facts_of(TSNE)
    laying, jobs, _, _ = laying_of(final)
    laying.tick(final)
    assert jobs.asked == []
    laying.show()


def test_very_many_pictures_are_laid_out_when_that_is_asked_for(monkeypatch) -> None:
    facts = stand_in()
    monkeypatch.setattr("deepvis_app.ui.panels.map.laying.MOST_UNASKED", COUNT - 1)
    assert MOST_UNASKED > 5000
    laying, jobs, head, _ = laying_of(facts)
    laying.tick(facts)
    laying.show()
    assert jobs.asked == []
    assert head.doing == ("", None, "Lay out by t-SNE")
    laying.begin()
    assert len(jobs.asked) == 1


def test_it_grows_and_is_looked_for_when_it_is_done() -> None:
    facts = stand_in()
    laying, _, head, known = laying_of(facts)
    laying.tick(facts)
    points = np.ones((COUNT, 2), np.float32)
    request = status(JobState.RUNNING, facts).request
    going = status(
        JobState.RUNNING, facts, step=30, total=750, seconds_left=4.0,
        previews={request: Laid(30, 750, points)},
    )  # fmt: skip
    assert laying.take((going,))
    assert not laying.take((going,))
    assert laying.points is points
    laying.show()
    assert head.words == "20 pictures"
    assert head.doing == ("laying out conv5", 0.04, "4\u2009% · 4 s")
    done = status(JobState.DONE, facts)
    laying.take((done,))
    laying.take((done,))
    assert (laying.points, known.looked) == (None, 1)


def test_it_is_stopped_and_begun_again() -> None:
    facts = stand_in()
    laying, jobs, head, _ = laying_of(facts)
    laying.tick(facts)
    laying.take((status(JobState.RUNNING, facts),))
    laying.stop()
    jobs.told = (status(JobState.CANCELLED, facts),)
    laying.take(jobs.told)
    laying.tick(facts)
    laying.show()
    assert [what for what, _ in jobs.asked] == ["submit", "cancel"]
    assert head.doing[-1] == "Lay out by t-SNE"
    laying.begin()
    assert [what for what, _ in jobs.asked] == ["submit", "cancel", "submit"]


def test_what_was_left_the_last_time_goes_on() -> None:
    facts = stand_in()
    laying, jobs, _, _ = laying_of(facts)
    laying.take((status(JobState.OFFERED, facts),))
    laying.tick(facts)
    assert jobs.asked == [("resume", 5)]


def test_what_another_window_has_made_meanwhile_is_offered_no_more() -> None:
    final = facts_of(TSNE)
    laying, jobs, _, _ = laying_of(final)
    laying.take((status(JobState.OFFERED, final),))
    laying.tick(final)
    assert jobs.asked == [("cancel", 5)]
    laying.tick(final)
    assert len(jobs.asked) == 1


def test_a_failure_is_told_while_the_other_map_stays() -> None:
    facts = stand_in()
    laying, _, head, known = laying_of(facts)
    laying.tick(facts)
    error = UserError("The map came apart: t-SNE gave NaN", "Try another perplexity")
    laying.take((status(JobState.FAILED, facts, error=error),))
    assert laying.fault == str(error)
    known.is_current = False
    laying.show()
    assert head.doing == ("reading conv5", None)
