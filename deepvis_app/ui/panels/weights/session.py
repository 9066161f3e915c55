"""What of the weights comes back at the next start."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict

from deepvis_app.state.weights import FilterOrder

if TYPE_CHECKING:
    from deepvis_app.ui.desk import Desk


class WeightsSession(BaseModel):
    """How weights are shown."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    by_weight: bool = False
    filter_order: FilterOrder = FilterOrder.NUMBER
    shared_scale: bool = False


def left_off(desk: Desk) -> WeightsSession:
    options = desk.options.weights
    return WeightsSession(
        by_weight=options.by_weight,
        filter_order=options.filter_order,
        shared_scale=options.shared_scale,
    )


def restore(desk: Desk, session: WeightsSession) -> None:
    options = desk.options.weights
    options.by_weight = session.by_weight
    options.filter_order = session.filter_order
    options.shared_scale = session.shared_scale
