"""Preferred images in the store: found by all that determines them, never by anything else."""

from __future__ import annotations

import io
import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from torch import nn

from deepvis_app import __version__
from deepvis_app.engine.jobs.kinds.synthesis_request import samples_from_data, samples_to_data
from deepvis_app.engine.kept.gallery import Gallery, PictureNote, picture_png, recipe_of_png
from deepvis_app.nets import Network, Preprocessing, Unit
from deepvis_app.store import Damaged, Store
from deepvis_app.synth import (
    PRESETS,
    ChannelObjective,
    DirectionObjective,
    LogitObjective,
    Recipe,
    Sample,
    StopReason,
    SynthesisResult,
    UnitObjective,
    made_together,
    synthesize,
)

if TYPE_CHECKING:
    from deepvis_app.synth import Objective

UNIT = Unit("conv1", 5)
RECIPE = PRESETS["yosinski-3"]


def result_of(
    objective: Unit | Objective = UNIT,
    *,
    recipe: Recipe = RECIPE,
    seed: int = 0,
    steered: bool = False,
    stop: StopReason = StopReason.FINISHED,
) -> SynthesisResult:
    random = np.random.default_rng(seed)
    return SynthesisResult(
        image=random.integers(0, 256, (11, 13, 3), np.uint8),
        x=random.normal(0, 60, (3, 11, 13)).astype(np.float32),
        activation=1 / 3,
        trace=np.array([0.5, math.nan, 2], np.float32),
        best_step=2,
        stop=stop,
        first_top_step=None,
        objective=objective,
        recipe=recipe,
        seed=seed,
        steered=steered,
    )


def test_siblings_are_in_the_key_where_pictures_are_driven_apart(store: Store) -> None:
    gallery, apart = Gallery(store), RECIPE.with_value("objective.diversity", 0.5)
    family = made_together([Sample(UNIT, seed) for seed in (0, 1, 2)], 0.5)
    pair = made_together([Sample(UNIT, seed) for seed in (0, 1)], 0.5)
    assert gallery.key("f", family[0], apart) != gallery.key("f", pair[0], apart)
    assert gallery.key("f", family[0], RECIPE) == gallery.key("f", Sample(UNIT, 0), RECIPE)
    result = replace(result_of(recipe=apart), siblings=family[0].siblings, computed="CPU, 1 thread")
    gallery.keep("f", "small", result)
    assert gallery.find("f", pair[0], apart) is None
    assert gallery.find("f", Sample(UNIT, 0), apart) is None
    found = gallery.find("f", family[0], apart)
    assert found is not None
    assert (found.note.siblings, found.note.computed) == ((1, 2), "CPU, 1 thread")
    (again,) = samples_from_data(samples_to_data(family[:1]))
    assert again == family[0]


def test_what_was_kept_is_found_as_it_was(store: Store) -> None:
    gallery, result = Gallery(store), result_of(seed=7, stop=StopReason.NO_GAIN)
    key = gallery.keep("f" * 64, "small", result, spec="any:small")
    found = gallery.find("f" * 64, Sample(UNIT, 7), RECIPE)
    assert found is not None
    assert found.key == key
    assert np.array_equal(found.image, result.image)
    assert np.array_equal(found.x, result.x)
    assert found.x.dtype == np.float32
    assert np.array_equal(found.trace, result.trace, equal_nan=True)
    assert (found.activation, found.best_step, found.first_top_step) == (1 / 3, 2, None)
    assert (found.stop, found.recipe, found.seed) == (StopReason.NO_GAIN, RECIPE, 7)
    assert (found.objective, found.steered, dict(found.scores)) == (UNIT, False, {})
    for array in (found.image, found.x, found.trace):
        assert not array.flags.writeable


def test_a_real_result_goes_there_and_back(store: Store) -> None:
    torch.manual_seed(0)
    module = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Conv2d(4, 2, 3))
    network = Network(module, (3, 12, 12), Preprocessing(), name="small")
    unit, recipe = Unit("2", 1, (3, 4)), RECIPE.with_value("stop.steps", 3)
    result = synthesize(network, unit, recipe, seed=2)
    gallery = Gallery(store)
    gallery.keep(network.fingerprint, network.name, result)
    found = gallery.find(network.fingerprint, Sample(UnitObjective(unit), 2), recipe)
    assert found is not None
    assert np.array_equal(found.image, result.image)
    assert np.array_equal(found.x, result.x)
    assert np.array_equal(found.trace, result.trace)
    assert found.activation == result.activation


def test_one_weight_changes_every_key(store: Store) -> None:
    gallery = Gallery(store)
    module = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Conv2d(4, 2, 3))
    network = Network(module, (3, 12, 12))
    samples = [Sample(Unit("0", index), seed) for index in range(4) for seed in range(3)]
    before = {gallery.key(network.fingerprint, sample, RECIPE) for sample in samples}
    with torch.no_grad():
        module[2].weight[1, 3, 2, 0] += 1e-6
    after = {gallery.key(network.fingerprint, sample, RECIPE) for sample in samples}
    assert len(before) == len(after) == 12
    assert not before & after


def test_the_key_tells_apart_all_that_matters_and_nothing_else(store: Store) -> None:
    key = Gallery(store).key
    different = [
        key("a", Sample(UNIT), RECIPE),
        key("b", Sample(UNIT), RECIPE),
        key("a", Sample(UNIT, 1), RECIPE),
        key("a", Sample(Unit("conv1", 6)), RECIPE),
        key("a", Sample(Unit("conv2", 5)), RECIPE),
        key("a", Sample(Unit("conv1", 5, (0, 0))), RECIPE),
        key("a", Sample(ChannelObjective("conv1", 5)), RECIPE),
        key("a", Sample(LogitObjective(5)), RECIPE),
        key("a", Sample(2 * UnitObjective(UNIT)), RECIPE),
        key("a", Sample(-UnitObjective(UNIT)), RECIPE),
        key("a", Sample(DirectionObjective("conv1", (1.0, 0.0))), RECIPE),
        key("a", Sample(DirectionObjective("conv1", (0.0, 1.0))), RECIPE),
        *(key("a", Sample(UNIT), r) for n, r in PRESETS.items() if n != RECIPE.name),
        key("a", Sample(UNIT), RECIPE.with_value("regularise.decay", 0.0002)),
    ]
    assert len(set(different)) == len(different)
    renamed = RECIPE.with_value("name", "mine").with_value("description", "other words")
    assert key("a", Sample(UNIT), renamed) == key("a", Sample(UNIT), RECIPE)
    assert key("a", Sample(UnitObjective(UNIT)), RECIPE) == key("a", Sample(UNIT), RECIPE)
    assert all(len(k) == 64 and int(k, 16) >= 0 for k in different)


def test_other_weights_find_nothing(store: Store) -> None:
    gallery = Gallery(store)
    gallery.keep("a", "small", result_of())
    assert gallery.find("b", Sample(UNIT), RECIPE) is None
    assert gallery.history("b", UNIT) == ()


def test_a_steered_picture_is_in_the_history_only(store: Store) -> None:
    gallery = Gallery(store)
    keys = [gallery.keep("a", "small", result_of(steered=True)) for _ in range(2)]
    assert len(set(keys)) == 2
    assert gallery.find("a", Sample(UNIT), RECIPE) is None
    assert [p.key for p in gallery.history("a", UNIT)] == keys[::-1]
    assert all(p.steered for p in gallery.history("a", UNIT))
    found = gallery.get(keys[0])
    assert found is not None
    assert np.array_equal(found.image, result_of().image)
    assert [entry.kind for entry in store.find()] == ["steered", "steered"]


def test_the_history_is_of_one_unit_newest_first(store: Store) -> None:
    gallery = Gallery(store)
    fourier = PRESETS["fourier"]
    at = Unit("conv1", 5, (1, 2))
    keys = [
        gallery.keep("a", "small", result_of()),
        gallery.keep("a", "small", result_of(seed=1)),
        gallery.keep("a", "small", result_of(recipe=fourier)),
        gallery.keep("a", "small", result_of(at)),
        gallery.keep("a", "small", result_of(ChannelObjective("conv1", 5))),
    ]
    gallery.keep("a", "small", result_of(Unit("conv1", 6)))
    gallery.keep("a", "small", result_of(LogitObjective(5)))
    gallery.keep("b", "small", result_of())
    assert [p.key for p in gallery.history("a", UNIT)] == keys[::-1]
    assert [p.key for p in gallery.history("a", UNIT, 2)] == keys[:2:-1]
    assert [p.key for p in gallery.history("a", at)] == [keys[3]]
    assert [p.recipe.name for p in gallery.history("a", UNIT)][2] == "fourier"


def test_damaged_pictures_are_made_again(store: Store) -> None:
    gallery = Gallery(store)
    key = gallery.keep("a", "small", result_of())
    entry = store.get(key)
    assert entry is not None
    (entry.folder / "picture.png").write_bytes(b"")
    assert gallery.history("a", UNIT) == ()
    assert gallery.find("a", Sample(UNIT), RECIPE) is None
    gallery.keep("a", "small", result_of())
    assert gallery.find("a", Sample(UNIT), RECIPE) is not None


def test_x_of_a_picture_that_went_meanwhile(store: Store) -> None:
    gallery = Gallery(store)
    key = gallery.keep("a", "small", result_of())
    picture = gallery.get(key)
    store.clear()
    assert picture is not None
    with pytest.raises(Damaged):
        picture.x  # noqa: B018 - reads it


def test_a_picture_asked_for_whole_needs_its_files_no_more(store: Store) -> None:
    gallery = Gallery(store)
    key = gallery.keep("a", "small", result_of())
    picture = gallery.get(key, whole=True)
    store.clear()
    assert picture is not None
    assert picture.x_read is not None
    assert np.array_equal(picture.x, result_of().x)


def test_a_picture_of_other_settings_is_not_shown(store: Store) -> None:
    """A recipe that this version cannot read: as if it were not there."""
    gallery = Gallery(store)
    key = gallery.keep("a", "small", result_of())
    entry = store.get(key)
    assert entry is not None
    files = {name: entry.read(name) for name in entry.files}
    info = PngInfo()
    info.add_text("deepvis:recipe", "unheard_of = 1")
    plain = io.BytesIO()
    Image.fromarray(result_of().image).save(plain, "PNG", pnginfo=info)
    store.put(key, entry.kind, files | {"picture.png": plain.getvalue()}, entry.about)
    assert gallery.find("a", Sample(UNIT), RECIPE) is None
    assert gallery.history("a", UNIT) == ()


def test_scores_are_kept_beside_the_picture(store: Store) -> None:
    gallery = Gallery(store)
    key = gallery.keep("a", "small", result_of())
    gallery.keep_scores(key, {"rank": 2, "kept": 0.5, "excess": None})
    gallery.keep_scores(key, {"rank": 1, "kept": 0.75, "excess": None})
    found = gallery.get(key)
    assert found is not None
    assert dict(found.scores) == {"rank": 1, "kept": 0.75, "excess": None}
    (listed,) = gallery.history("a", UNIT)
    assert listed.scores == found.scores


def note_with(**changes: object) -> PictureNote:
    given = {"objective": UNIT, "recipe": RECIPE, "seed": 3, "activation": 1 / 3}
    names = {"fingerprint": "f" * 64, "network_name": "Réseau ☃", "network_spec": "pocket"}
    return PictureNote(**(given | names | changes))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"objective": Unit("a/b:2", 0, (3, 4)), "seed": 0},
        {"objective": UnitObjective(UNIT) - 0.5 * LogitObjective(3)},
        {"steered": True, "activation": -math.inf},
        {"siblings": (0, 1, 8), "computed": "CPU, 2 threads, torch 2.6"},
        {"recipe": RECIPE.with_value("description", "Zeile eins\nZeile \u201ezwei\u201c")},
        {"recipe": PRESETS["maco"]},
    ],
)
def test_a_png_says_how_it_was_made(changes: dict[str, object]) -> None:
    image = result_of().image
    note = note_with(**changes)
    data = picture_png(image, note)
    assert recipe_of_png(data) == note
    with Image.open(io.BytesIO(data)) as file:
        assert np.array_equal(np.asarray(file), image)


def test_a_png_is_readable_to_others() -> None:
    with Image.open(io.BytesIO(picture_png(result_of().image, note_with()))) as file:
        file.load()
        texts = dict(file.info)
    assert Recipe.from_toml(texts["deepvis:recipe"]) == RECIPE
    assert texts["deepvis:seed"] == "3"
    assert texts["deepvis:version"] == __version__
    assert "f" * 64 in texts["deepvis:network"]


def test_the_unit_of_a_note() -> None:
    assert note_with().unit == UNIT
    assert note_with(objective=LogitObjective(3)).unit is None


def test_pictures_that_others_made_say_nothing(shared_like: dict[str, bytes]) -> None:
    for name, data in shared_like.items():
        assert recipe_of_png(data) is None, name


@pytest.fixture
def shared_like() -> dict[str, bytes]:
    """Files of many kinds that are not ours."""
    files = {"nothing": b"", "text": b"hello", "signature": b"\x89PNG\r\n\x1a\n"}
    image = Image.fromarray(result_of().image)
    for kind in ("PNG", "JPEG", "BMP"):
        file = io.BytesIO()
        image.save(file, kind)
        files[kind] = file.getvalue()
    for texts in (
        {"deepvis:recipe": RECIPE.to_toml()},
        {"deepvis:objective": "{}", "deepvis:recipe": ""},
        {"deepvis:objective": "[" * 100_000, "deepvis:recipe": ""},
        {"Software": "other"},
    ):
        info = PngInfo()
        for name, text in texts.items():
            info.add_text(name, text)
        file = io.BytesIO()
        image.save(file, "PNG", pnginfo=info)
        files[str(list(texts))] = file.getvalue()
    return files


def test_no_damage_of_a_png_is_more_than_no_note() -> None:
    data = picture_png(result_of().image, note_with())
    random = np.random.default_rng(0)
    for cut in random.integers(0, len(data), 40):
        assert recipe_of_png(data[:cut]) is None or cut > len(data) - 12
    for place in random.integers(8, len(data), 300):
        damaged = bytearray(data)
        damaged[place] ^= 1 << int(random.integers(8))
        recipe_of_png(bytes(damaged))  # whatever it says, it says without an error
