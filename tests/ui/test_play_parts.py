"""What is said and offered in Play, as values."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType, SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pytest
from pydantic import Field

from deepvis_app.engine.readers import AsideReading
from deepvis_app.fields import form_fields
from deepvis_app.nets import Network, Unit
from deepvis_app.state.play import PlayOptions, PlayShows, class_count, fitted
from deepvis_app.synth import StopReason
from deepvis_app.synth.play import TECHNIQUES, Played, Role, Spec
from deepvis_app.tiles.difference import MOST, amplified, difference
from deepvis_app.ui.panels.now.beside import change_words, class_change, unit_change
from deepvis_app.ui.panels.play.asking import barred, frame_role, goes_on, roles_of
from deepvis_app.ui.panels.play.attack import (
    Said,
    attempts,
    linear_words,
    moved_of,
    noise_words,
    outcome,
    paired,
)
from deepvis_app.ui.panels.play.given import Given, GivenPictures
from deepvis_app.ui.panels.play.offers import choosers, offer_of
from deepvis_app.ui.panels.play.session import PlaySession, left_off, restore
from deepvis_app.ui.panels.play.telling import percent, remedy_rate, size_words
from tests.ui.small import Small

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from deepvis_app.synth.play import Technique
    from deepvis_app.ui.desk import Desk

LABELS = ["a", "b", "c", "d"]
NETWORK = Network(Small(4).eval(), (3, 24, 24), labels=LABELS, name="small")
GREY = np.full((24, 24, 3), 128, np.uint8)


class Aims(Spec):
    """Settings that name what a network has."""

    layer: str = Field(default="", title="Layer")
    unit: int = Field(default=-1, ge=-1, title="Unit")
    target: int = Field(default=-1, ge=-1, title="Towards")
    rate: float = 1.5


def technique(*roles: Role, key: str = "other", spec: type[Spec] = Aims) -> Technique[Any]:
    return replace(TECHNIQUES["invert"], key=key, title="Other", roles=roles, spec=spec)


CONTENT, STYLE = Role("content", "Content", "", True), Role("style", "Style", "", True)
GUIDE = Role("guide", "Guide", "", True, optional=True)
WARM = Role("warm", "Start", "", True, optional=True)


# What is asked for


def test_settings_fit_the_network_that_is_there() -> None:
    spec = Aims(layer="of another", unit=99, target=4)
    assert fitted(spec, NETWORK, "conv1") == Aims(layer="conv1", unit=-1, target=-1)
    assert fitted(spec, NETWORK, "") == Aims(layer="", unit=99, target=-1)
    good = Aims(layer="conv2", unit=11, target=3)
    assert fitted(good, NETWORK, "conv1") is good
    assert class_count(NETWORK) == 4


class One(Spec):
    """Settings that name one unit."""

    layer: str = Field(default="", title="Layer")
    index: int = Field(default=0, ge=0, title="Unit")


def test_one_unit_is_the_picked_one_while_its_layer_is() -> None:
    assert fitted(One(), NETWORK, "conv2", 7) == One(layer="conv2", index=7)
    chosen = One(layer="conv1", index=5)
    assert fitted(chosen, NETWORK, "conv2", 7) is chosen
    fields = {each.path: each for each in form_fields(One)}
    assert choosers(form_fields(One)) == ("layer", "index")
    follows = offer_of(fields["index"], One(), One(layer="conv2", index=7), NETWORK)
    assert (follows.title, follows.detail, follows.current) == ("unit 7", "picked unit", "7")
    assert len(follows.groups[0].choices) == 12
    assert offer_of(fields["index"], chosen, chosen, NETWORK).detail == "unit"


def test_the_first_picture_that_is_needed_is_the_frame() -> None:
    both = technique(CONTENT, STYLE, GUIDE, WARM)
    assert frame_role(both, Aims()) == "content"
    assert [role.key for role in roles_of(both)] == ["content", "style", "guide"]
    assert goes_on(both)
    assert not goes_on(technique(CONTENT, WARM, key="dream"))  # it would grow with every change
    assert not goes_on(technique(CONTENT))


def test_a_class_that_is_not_named_is_looked_for_in_the_frame() -> None:
    how = technique(Role("input", "Input", "", optional=True))
    assert frame_role(how, Aims()) == "input"
    assert frame_role(how, Aims(target=2)) == ""


def test_why_it_cannot_be_run() -> None:
    how, given = technique(CONTENT, STYLE), GivenPictures()
    no = barred(how, Aims(), None, given, has_frame=True)
    assert no.startswith("No network")
    assert barred(how, Aims(), NETWORK, given, has_frame=False).startswith("No frame")
    assert barred(how, Aims(), NETWORK, given, has_frame=True) == (
        "Other needs another picture: style"
    )
    given.give("style", Given(GREY, "style.png"))
    assert barred(how, Aims(), NETWORK, given, has_frame=True) == ""
    maps = Network(Small(4).conv1, (3, 24, 24), name="maps")
    assert "no classes" in barred(how, Aims(), maps, given, has_frame=True)


def test_a_role_gets_the_whole_picture_or_what_the_network_sees() -> None:
    given, image = GivenPictures(), np.arange(40 * 60 * 3, dtype=np.uint32).reshape(40, 60, 3)
    picture = (image % 251).astype(np.uint8)
    given.give("content", Given(picture, "one", mirror=True))
    whole = given.of(CONTENT, NETWORK)
    seen = given.of(Role("content", "", ""), NETWORK)
    assert whole is not None
    assert seen is not None
    assert np.array_equal(whole.values, picture[:, ::-1])
    assert np.array_equal(seen.values, NETWORK.view(picture, None, True)[0])
    assert given.of(CONTENT, NETWORK) is whole  # made once
    assert given.of(STYLE, NETWORK) is None


def test_choosers_offer_what_the_network_has() -> None:
    fields = form_fields(Aims)
    assert choosers(fields) == ("layer", "unit", "target")
    by_path = {each.path: each for each in fields}
    wanted = Aims(layer="", unit=2, target=1)
    used = fitted(wanted, NETWORK, "conv1")
    layers = offer_of(by_path["layer"], wanted, used, NETWORK)
    assert (layers.title, layers.detail, layers.current) == ("conv1", "picked layer", "")
    keys = [choice.key for group in layers.groups for choice in group.choices]
    assert keys == ["", *(info.name for info in NETWORK.layers)]
    units = offer_of(by_path["unit"], wanted, used, NETWORK)
    assert (units.title, len(units.groups[1].choices)) == ("unit 2", 8)
    classes = offer_of(by_path["target"], wanted, used, NETWORK)
    assert (classes.title, classes.current) == ("b", "1")
    assert [choice.title for choice in classes.groups[1].choices] == LABELS
    none = offer_of(by_path["target"], Aims(), fitted(Aims(), NETWORK, ""), NETWORK)
    assert (none.title, none.current) == ("any other class", "-1")


# What comes back


def desk(options: PlayOptions) -> Desk:
    return cast("Desk", SimpleNamespace(options=SimpleNamespace(play=options)))


def test_technique_settings_and_view_come_back() -> None:
    left = PlayOptions(shows=PlayShows.BESIDE)
    left.change("steps", 77)
    kept = PlaySession.model_validate_json(left_off(desk(left)).model_dump_json())
    assert kept.specs == {"invert": {"steps": 77}}  # what is usual is not written
    found = PlayOptions()
    restore(desk(found), kept)
    assert (found.technique, found.shows) == ("invert", PlayShows.BESIDE)
    assert found.spec == left.spec


def test_what_of_a_session_is_not_known_costs_only_itself() -> None:
    found = PlayOptions()
    specs: dict[str, Any] = {"gone": {"a": 1}, "invert": {"steps": -5, "smoothness": 0.25}}
    restore(desk(found), PlaySession(technique="gone", specs=specs))
    assert found.technique == "invert"
    assert found.spec == TECHNIQUES["invert"].spec(smoothness=0.25)


# What is said


@pytest.mark.parametrize(
    ("share", "words"), [(0.142, "14%"), (0.0903, "9.0%"), (0.0021, "0.21%"), (0.0, "0%")]
)
def test_a_share_in_percent(share: float, words: str) -> None:
    assert percent(share) == words


def test_size_and_remedy() -> None:
    assert size_words((227, 227, 3), 2.0) == "227 × 227 · shown at 2.0×"
    assert size_words((384, 512, 3), 0.8867) == "512 × 384 · shown at 0.89×"
    assert size_words(None, 0.0) == ""
    assert remedy_rate(Aims()) == 0.5
    assert remedy_rate(Spec()) is None


def reading(maximum: float, scores: list[float]) -> AsideReading:
    values = np.array([[maximum]], np.float32)
    return AsideReading(Unit("conv1", 0), values, maximum, (0, 0), 1, np.array(scores, np.float32))


def test_what_became_of_a_unit_and_of_the_class() -> None:
    sure, other = reading(1390.0, [0.99, 0.01, 0, 0]), reading(962.0, [0.2, 0.75, 0.05, 0])
    assert change_words(1390.0, 962.0) == "−31%"
    assert change_words(1390.0, 1391.0) == "±0%"
    assert change_words(0.0, 3.0) == ""
    assert change_words(2.0, 3.0) == "+50%"
    assert unit_change(sure, other) == "The unit lost strength."
    assert (
        unit_change(sure, reading(1391.0, [1, 0, 0, 0]))
        == "The unit fires as it does on the input."
    )
    assert unit_change(reading(0.0, []), other).startswith("The unit was silent")
    assert (
        class_change(sure, other, NETWORK)
        == "The network says b 0.75; of the input it says a 0.99."
    )
    assert class_change(sure, sure, NETWORK) == "The network still says a: 0.99, on the input 0.99."
    mute = replace(sure, scores=None)
    assert class_change(mute, mute, NETWORK) == ""


# What two pictures differ in


def test_a_difference_is_amplified_as_far_as_it_can_be_told_apart() -> None:
    change = np.zeros((20, 20, 3), np.float32)
    change[3, 4], change[5, 6] = 2.0, -2.0
    change[7] = 1.0
    shown, times = amplified(change)
    assert times == 32  # the next power, 64, would be beyond black and white
    assert (shown[3, 4] == 128 + 64).all()
    assert (shown[5, 6] == 128 - 64).all()
    assert (shown[0, 0] == 128).all()
    assert amplified(np.zeros((2, 2, 3), np.float32))[1] == MOST


def test_a_difference_is_signed_though_pictures_are_not() -> None:
    before, after = np.full((4, 4, 3), 200, np.uint8), np.full((4, 4, 3), 100, np.uint8)
    shown, times = difference(before, after)
    assert times == 1
    assert (shown == 28).all()


# Attacks


def attacked(**facts: float | str) -> Played:
    arrays: dict[str, NDArray[Any]] = {
        "scores_before": np.array([0.9, 0.06, 0.03, 0.01], np.float32),
        "scores_after": np.array([0.2, 0.1, 0.65, 0.05], np.float32),
        "noise_scores": np.array([0.89, 0.06, 0.04, 0.01], np.float32),
        "layers_moved": np.array([0.04, 0.63], np.float32),
        "layers_noise": np.array([0.03, 0.12], np.float32),
    }
    known: dict[str, float | str] = {
        "label": 0, "target": -1, "epsilon": 2 / 255, "success": 1, "success_8bit": 1,
        "w_x": 22.3, "w_eta": -175.0, "dimensions": 150528, "layers": "conv1\nfire9", "needed": "",
    }  # fmt: skip
    x = np.zeros((3, 24, 24), np.float32)
    curve = np.zeros(1, np.float32)
    return Played(GREY, x, curve, StopReason.FINISHED, MappingProxyType(known | facts), arrays)


def test_paired_scores_begin_with_the_class_that_is_said_now() -> None:
    said = Said.of(attacked())
    assert said is not None
    rows = paired(said, NETWORK)
    assert [row.name for row in rows] == ["c", "a", "b", "d"]
    assert (rows[0].before, rows[0].after, rows[0].is_strong) == ("0.03", "0.65", True)
    assert (rows[1].start, rows[1].end) == (pytest.approx(0.9), pytest.approx(0.2))
    aimed = Said.of(attacked(target=3))
    assert aimed is not None
    assert [row.name for row in paired(aimed, NETWORK)][:2] == ["d", "a"]


def test_attempts_begin_at_the_picture_itself() -> None:
    small, large = Said.of(attacked(epsilon=1 / 255)), Said.of(attacked(epsilon=4 / 255))
    assert small is not None
    assert large is not None
    weak = replace(small, after=np.array([0.7, 0.1, 0.15, 0.05], np.float32))
    found = attempts({4.0: large, 1.0: weak}, large, NETWORK)
    assert found.levels == (0.0, 1.0, 4.0)
    assert found.was == pytest.approx((0.9, 0.7, 0.2))
    assert found.is_now == pytest.approx((0.03, 0.15, 0.65))
    assert (found.was_name, found.now_name, found.at) == ("a", "c", pytest.approx(4.0))


def test_layers_beside_noise_and_the_linear_argument() -> None:
    played = attacked()
    moved = moved_of(played)
    assert [(m.name, round(m.change), round(m.noise)) for m in moved] == [
        ("conv1", 4, 3), ("fire9", 63, 12),
    ]  # fmt: skip
    assert "a stays 0.89" in noise_words(played, NETWORK)
    words = linear_words(played)
    assert "w·x = 22.3" in words
    assert "w·η = −175" in words
    assert "150\u2009528 dimensions" in words


def test_what_was_not_found_offers_twice_the_size() -> None:
    assert outcome(attacked(), NETWORK) == ("", None)
    words, size = outcome(attacked(success=0, needed="0.0156863"), NETWORK)
    assert words == "Not found within ε = 2 of 255"
    assert size == pytest.approx(4 / 255, rel=1e-4)
    assert outcome(attacked(success=0, needed="0.1"), NETWORK)[1] == pytest.approx(0.1)
    assert outcome(attacked(success=0, needed=""), NETWORK)[1] is None  # it is all that there is
    words, size = outcome(attacked(success=0, method="noise", needed=""), NETWORK)
    assert "ε" not in words
    assert size is None
    words, size = outcome(attacked(success_8bit=0), NETWORK)
    assert "8 bits" in words
    assert "still says a" in words
    assert size is None
