"""Round numbers along an axis, and their words."""

from __future__ import annotations

from math import ceil, floor, isfinite, log10
from typing import TYPE_CHECKING

from deepvis_app.words.figures import MINUS

if TYPE_CHECKING:
    from deepvis_app.ui.kit.plots.drawing import Span

    Ticks = tuple[tuple[float, str], ...]

STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)
RAISED = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")


def power(value: float) -> str:
    """Return a number with a power of ten where it is long: 5·10⁶, 3.2·10⁻⁴, 0.02, 1.5."""
    if not isfinite(value) or value == 0 or 1e-3 <= abs(value) < 1e4:
        digits = f"{value:.0f}" if abs(value) >= 999.5 else f"{value:.3g}"
        return digits.replace("-", MINUS).replace("inf", "∞").replace("nan", "NaN")
    mantissa, exponent = f"{value:.1e}".split("e")
    raised = str(int(exponent)).translate(RAISED)
    digits = mantissa.removesuffix(".0").replace("-", MINUS)
    return f"10{raised}" if digits == "1" else f"{digits}·10{raised}"


def ticks(span: Span, most: int) -> Ticks:
    """Return at most `most` round values within a span, evenly spaced."""
    low, high = span
    if not high > low or most < 1:
        return ()
    step = _step((high - low) / most)
    first, last = ceil(low / step - 1e-9), floor(high / step + 1e-9)
    if last - first + 1 > most:
        step = _step(step * 1.001)
        first, last = ceil(low / step - 1e-9), floor(high / step + 1e-9)
    decimals = max(0, -floor(log10(step) + 1e-9) + (step / 10 ** floor(log10(step)) == 2.5))
    return tuple((k * step, _plain(k * step, decimals)) for k in range(first, last + 1))


def log_ticks(span: Span, most: int) -> Ticks:
    """Return the same for a span of logarithms to base 10: powers, or 1, 2 and 5 between them."""
    low, high = span
    whole = range(ceil(low - 1e-9), floor(high + 1e-9) + 1)
    if len(whole) >= 2:
        every = ceil(len(whole) / max(most, 1))
        return tuple((float(k), power(10.0**k)) for k in whole[::every])
    values = [m * 10.0**k for k in range(floor(low), ceil(high) + 1) for m in (1, 2, 3, 5, 7)]
    found = [(log10(v), power(v)) for v in values if low <= log10(v) <= high]
    return tuple(found[:: ceil(len(found) / max(most, 1))]) if found else ()


def _step(least: float) -> float:
    """Return the smallest round step that is not less."""
    size = 10.0 ** floor(log10(least))
    return next(size * step for step in STEPS if size * step >= least * (1 - 1e-9))


def _plain(value: float, decimals: int) -> str:
    if abs(value) >= 1e6:
        return power(value)
    return f"{value + 0.0:,.{decimals}f}".replace(",", "\u2009").replace("-", MINUS)
