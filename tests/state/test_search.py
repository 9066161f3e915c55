from __future__ import annotations

import pytest

from deepvis_app.state.search import matching_units

LABELS = ["tench", "goldfish", "Border collie", "collie", "mug"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", None),
        (" , ", None),
        ("3", (3,)),
        ("5", ()),  # units count from 0
        ("1-3", (1, 2, 3)),
        ("3 – 9", (3, 4)),
        ("4,0", (4, 0)),
        ("collie", (2, 3)),
        ("COLLIE, 0", (2, 3, 0)),
        ("collie, 2", (2, 3)),  # once each
        ("zebra", ()),
    ],
)
def test_search(text: str, expected: tuple[int, ...] | None) -> None:
    assert matching_units(text, 5, LABELS) == expected


def test_a_layer_without_labels_knows_only_numbers() -> None:
    assert matching_units("collie", 5) == ()
