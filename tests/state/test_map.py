"""What is wanted of the map: layer, colours, chosen pictures."""

from __future__ import annotations

from deepvis_app.corpus.map.settings import METHODS, MapSettings
from deepvis_app.state.map import MOST_SAVED, MapMethod, MapOptions


def test_the_layer_is_the_picked_one_until_another_is_chosen() -> None:
    options = MapOptions()
    assert options.shown_layer("conv2") == "conv2"
    options.layer = "conv5"
    assert options.shown_layer("conv2") == "conv5"


def test_every_method_is_one_of_the_science() -> None:
    assert {method.value for method in MapMethod} == set(METHODS)
    options = MapOptions()
    options.method = MapMethod.PCA
    assert options.settings == MapSettings("pca")


def test_pictures_are_chosen_in_place_of_others_or_beside_them_and_it_is_told() -> None:
    options, told = MapOptions(), []
    options.events.selection.connect(lambda *_: told.append(options.selection))
    options.select([1, 2])
    options.select([2, 3], adds=True)
    options.toggle(1)
    options.toggle(9)
    options.select([])
    assert told == [{1, 2}, {1, 2, 3}, {2, 3}, {2, 3, 9}, set()]


def test_selections_are_kept_by_name_and_come_back() -> None:
    options = MapOptions()
    for number in range(MOST_SAVED + 2):
        options.select([number])
        options.save(f"number {number}")
    assert len(options.saved) == MOST_SAVED
    assert options.saved[0].name == f"number {MOST_SAVED + 1}"
    options.recall("number 5")
    assert options.selection == {5}
    options.select([7, 8])
    options.save("number 5")  # one of that name gives way
    assert [one.ids for one in options.saved if one.name == "number 5"] == [{7, 8}]
    options.forget("number 5")
    options.recall("number 5")
    assert options.selection == {7, 8}
    assert len(options.saved) == MOST_SAVED - 1
