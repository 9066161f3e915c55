"""Numbers as a person reads them at a glance."""

from __future__ import annotations

from math import isfinite, isnan

MINUS = "−"


def figure(value: float) -> str:
    """Return three significant digits: 7.08, 0.178, −12.3, 929, 12 400, 3.1e−5, 2.4e6; NaN, ∞."""
    if not isfinite(value):
        return "NaN" if isnan(value) else "∞" if value > 0 else f"{MINUS}∞"
    size = abs(value)
    if size == 0:
        return "0"
    if size < 1e-3 or size >= 1e6:
        mantissa, exponent = f"{size:.1e}".split("e")
        text = f"{mantissa}e{int(exponent)}".replace("-", MINUS)
    elif size >= 99.95:
        text = f"{size:,.0f}".replace(",", "\u2009")
    else:
        digits = 2 if size < 9.995 else 1
        text = f"{size:.{digits}f}" if size >= 1 else f"{size:.3f}"
    return (MINUS if value < 0 else "") + text


def duration(seconds: float) -> str:
    """Return minutes and seconds, with hours where there are some: 0:07, 12:30, 1:02:03."""
    whole = max(int(seconds), 0)
    hours, rest = divmod(whole, 3600)
    minutes, rest = divmod(rest, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
