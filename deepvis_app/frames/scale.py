"""Numbers of any range as levels of grey, by a rule that can be told."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

_BITS = (8, 10, 12, 14, 16)  # what cameras and scanners count in
_SAMPLE = 1_000_000  # values looked at for the ends of a range
_CORE = 8  # a range this many times wider than the middle 99.8 % of the values is of outliers


@dataclass(frozen=True, slots=True)
class Scale:
    """`low` is shown black and `high` white; `kind` says what the numbers are."""

    kind: str
    low: float
    high: float
    is_cut: bool = False  # outliers lie beyond

    def joined(self, other: Scale) -> Scale:
        """Return the scale that holds both."""
        return replace(
            self,
            low=min(self.low, other.low),
            high=max(self.high, other.high),
            is_cut=self.is_cut or other.is_cut,
        )

    def levels(self, values: NDArray[Any]) -> NDArray[np.uint8]:
        """Return `values` as 0..255, rounded; what lies beyond is black or white, NaN black."""
        wide = values.dtype.itemsize > 2 and values.dtype != np.float32
        numbers: NDArray[Any] = values.astype(np.float64 if wide else np.float32)
        span = self.high - self.low
        if span <= 0:
            return np.full(values.shape, 128, np.uint8)
        with np.errstate(invalid="ignore", over="ignore"):
            numbers -= self.low
            numbers *= 255 / span
            numbers += 0.5
        np.nan_to_num(numbers, copy=False, nan=0.0, posinf=255.0, neginf=0.0)
        return np.clip(numbers, 0, 255, out=numbers).astype(np.uint8)

    def note(self, values: NDArray[Any], own: Scale) -> str:
        """Say the rule, and what it does to these values, whose own scale is `own`."""
        if self.high <= self.low:
            return f"{self.kind}: every value is {_told(self.low)}, shown grey"
        words = f"{self.kind} {_told(self.low)} … {_told(self.high)} shown as black … white"
        if self.is_cut:
            words += ", outliers cut"
        if own.high - own.low < (self.high - self.low) / 2:
            words += f"; this picture {_told(own.low)} … {_told(own.high)}"
        elif (own.high > self.high or own.low < self.low) and not self.is_cut:
            words += f"; this picture {_told(own.low)} … {_told(own.high)}, cut"
        if values.dtype.kind == "f" and not all(np.isfinite(band).all() for band in _bands(values)):
            words += "; NaN black"
        return words


def natural_scale(values: NDArray[Any]) -> Scale:
    """Return the scale for `values` seen alone.

    * Whole numbers up to 65535: the full range of 8, 10, 12, 14 or 16 bits, the least that holds
      them. So a 12-bit camera's pictures are as bright as they were taken.
    * Floats within 0..1: that range. Others, and wider or signed whole numbers: from the least
      to the greatest, from 0 where the least is near it (a tenth of the greatest).
    * Where that range is eight times that of the middle 99.8 %, outliers are cut off.
    """
    kind = _kind(values.dtype)
    sample = values.flat[:: max(1, values.size // _SAMPLE)]
    ends = [_ends(band) for band in _bands(values)]
    low, high = min(end[0] for end in ends), max(end[1] for end in ends)
    if low > high:
        return Scale(f"{kind} without a finite value:", 0.0, 1.0)
    if values.dtype.kind in "ui" and low >= 0 and high <= 65535:
        bits = next(bits for bits in _BITS if high < 1 << bits)
        return Scale(f"{bits} of {kind}" if f"{bits} bits" != kind else kind, 0.0, (1 << bits) - 1)
    if values.dtype.kind == "f" and low >= 0 and high <= 1:
        return Scale(kind, 0.0, 1.0)
    finite = sample[np.isfinite(sample)] if values.dtype.kind == "f" else sample
    if finite.size:
        least, most = (float(v) for v in np.quantile(finite.astype(np.float64), (0.001, 0.999)))
        if 0 < most - least < (high - low) / _CORE:
            return Scale(kind, least, most, is_cut=True)
    return Scale(kind, 0.0 if 0 <= low < high / 10 else low, high)


def _bands(values: NDArray[Any]) -> Iterator[NDArray[Any]]:
    """Yield all values in pieces, for large pictures leave no room for a copy."""
    step = max(1, _SAMPLE * len(values) // max(values.size, 1))
    for first in range(0, max(len(values), 1), step):
        yield values[first : first + step]


def _ends(values: NDArray[Any]) -> tuple[float, float]:
    """Return the least and the greatest finite value; (inf, -inf) where there is none."""
    finite = values
    if values.dtype.kind == "f" and not (is_finite := np.isfinite(values)).all():
        finite = values[is_finite]
    return (float(finite.min()), float(finite.max())) if finite.size else (np.inf, -np.inf)


def _told(number: float) -> str:
    return f"{number:g}".replace("-", "−")


def _kind(dtype: np.dtype[Any]) -> str:
    bits = dtype.itemsize * 8
    return {"f": "float", "i": f"signed {bits} bits", "u": f"{bits} bits"}[dtype.kind]


class Scales:
    """What the pictures of one folder or stack agree on, so that they can be compared.

    One scale for each kind of numbers; the first ones to `learn` decide, and later pictures are
    shown by it whatever their own range.
    """

    def __init__(self) -> None:
        self._known: dict[str, Scale] = {}

    def learn(self, values: NDArray[Any], own: Scale) -> None:
        """Let the scale of numbers such as `values` hold theirs, `own`."""
        key = values.dtype.kind
        self._known[key] = self._known[key].joined(own) if key in self._known else own

    def of(self, values: NDArray[Any], own: Scale) -> Scale:
        """Return the agreed scale; the first picture of its kind decides."""
        return self._known.setdefault(values.dtype.kind, own)
