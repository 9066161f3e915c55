"""The columns of the table of units: what each is called, says and shows."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Kind(Enum):
    """How a cell is painted."""

    MAP = "map"  # the unit's live map
    PHOTO = "photo"  # what its best photograph shows there
    PREFERRED = "preferred"  # the picture that was made for it
    UNIT = "unit"
    BAR = "bar"  # a number with a bar of its share of the highest
    NUMBER = "number"
    NAME = "name"  # a word, and a quieter one
    TWIN = "twin"  # another unit, and how alike


@dataclass(frozen=True, slots=True)
class Column:
    """`word` is what a search calls its figure, "" where it has none."""

    key: str
    title: str
    tip: str
    kind: Kind
    width: int  # logical pixels, at least
    grows: int = 0  # its part of what room is left
    word: str = ""
    percent: bool = False
    is_live: bool = False
    is_wide: bool = False  # left out where the window is narrow


COLUMNS = (
    Column("map", "", "What the unit gives on this picture, place by place", Kind.MAP, 36),
    Column(
        "photo",
        "",
        "The part of its best photograph that made the unit fire most",
        Kind.PHOTO,
        36,
    ),
    Column(
        "preferred",
        "",
        "The picture that was made for the unit, by the recipe that is chosen",
        Kind.PREFERRED,
        36,
    ),
    Column("unit", "Unit", "The unit's number in its layer", Kind.UNIT, 48, word="unit"),
    Column("class", "Class", "The class that the unit stands for", Kind.NAME, 96, 2),
    Column(
        "live",
        "Live max",
        "The highest activation of its map on this picture",
        Kind.BAR,
        104,
        2,
        word="live",
        is_live=True,
    ),
    Column(
        "mean",
        "Mean",
        "Mean activation over all places of all photographs",
        Kind.NUMBER,
        56,
        word="mean",
        is_wide=True,
    ),
    Column(
        "zero",
        "Zero",
        "Share of places where it is not above zero, over all photographs",
        Kind.NUMBER,
        52,
        word="zero",
        percent=True,
        is_wide=True,
    ),
    Column(
        "best",
        "Class, photograph",
        "The class that it tells best, and its best photograph's name",
        Kind.NAME,
        80,
        4,
    ),
    Column(
        "selectivity",
        "Select.",
        "Class selectivity (Morcos et al. 2018): 0 all classes alike, 1 one class alone",
        Kind.BAR,
        80,
        word="selectivity",
    ),
    Column(
        "d'",
        "d′",
        "How far the best class lies from all others, in standard deviations",
        Kind.NUMBER,
        48,
        word="d'",
    ),
    Column(
        "auc",
        "AUC",
        "Chance that a photograph of the best class scores above one of the others",
        Kind.NUMBER,
        52,
        word="auc",
    ),
    Column(
        "twin",
        "Twin",
        "The unit of the layer whose scores go with it most, and their correlation r",
        Kind.TWIN,
        80,
        word="r",
    ),
    Column(
        "picture-twin",
        "By pictures",
        "The unit that answers to its best photographs most as to its own, both ways",
        Kind.TWIN,
        84,
        word="shared",
    ),
    Column(
        "weight-twin",
        "By weights",
        "The unit whose weights point where its do, and the cosine between them",
        Kind.TWIN,
        84,
        word="cosine",
    ),
    Column(
        "norm",
        "Norm",
        "Length (L2) of the unit's weights",
        Kind.NUMBER,
        56,
        word="norm",
    ),
    Column(
        "silent",
        "Silent",
        "Share of the photographs on which it is nowhere above zero",
        Kind.NUMBER,
        56,
        word="silent",
        percent=True,
        is_wide=True,
    ),
    Column(
        "dead",
        "Dead",
        "Whether it was never above zero, and on how many photographs at most it fires then",
        Kind.NUMBER,
        64,
        word="dead",
        percent=True,
    ),
    Column(
        "best-score",
        "Highest",
        "The highest score on any photograph",
        Kind.NUMBER,
        64,
        word="highest",
    ),
    Column(
        "shift",
        "Shift",
        "Largest difference between the cumulative distributions of scores in both corpora",
        Kind.NUMBER,
        52,
        word="shift",
    ),
    Column(
        "mean-change",
        "Δ mean",
        "Mean activation in the corpus beside, less that in this one",
        Kind.NUMBER,
        64,
        word="mean-change",
    ),
    Column(
        "silent-change",
        "Δ silent",
        "Share of silent photographs in the corpus beside, less that in this one, in points",
        Kind.NUMBER,
        68,
        word="silent-change",
    ),
)
OF_WEIGHTS = ("weight-twin", "norm")
OF_TWO = ("shift", "mean-change", "silent-change")  # of two corpora beside each other
PICTURES = frozenset({Kind.MAP, Kind.PHOTO, Kind.PREFERRED})
BY_KEY = {column.key: column for column in COLUMNS}
