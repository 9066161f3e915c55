"""How activations become colours: between the popup and the options."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from deepvis_app.state.appearance import Appearance
    from deepvis_app.ui.panels.grid.contrast_popup import ContrastPopup


class ContrastPresenter:
    """Takes what is set in the popup, and keeps it in step with what keys and settings set."""

    def __init__(self, popup: ContrastPopup, options: Appearance) -> None:
        self._popup, self._options = popup, options
        popup.changed.connect(lambda fields: options.change_contrast(**fields))
        popup.palette_picked.connect(lambda name: setattr(options, "palette", name))
        popup.diverging_palette_picked.connect(
            lambda name: setattr(options, "diverging_palette", name)
        )
        options.events.connect(self._show)
        self._show()

    def _show(self, *_: object) -> None:
        options = self._options
        self._popup.set_values(options.contrast, options.palette, options.diverging_palette)
