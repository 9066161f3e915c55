"""A network's copy on a device, made ready to be run there again and again."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from deepvis_app.engine.device.packing import pack_again, pack_convolutions
from deepvis_app.nets.written import write_weights

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

    from deepvis_app.engine.device.device import Device
    from deepvis_app.nets.network import Network

logger = logging.getLogger(__name__)


def replica_on(network: Network, device: Device) -> Network:
    """Return a copy on `device`, as that runs fastest, with weights that get no gradients."""
    replica = network.replica(device.place, channels_last=device.channels_last)
    replica.module.requires_grad_(False)  # gradients are of pictures here, never of weights
    if device.packed:
        try:
            pack_convolutions(replica)
        except Exception:  # such as a module of theirs that does not allow it
            logger.info("the network failed while its weights were packed", exc_info=True)
    return replica


def renew(replica: Network, values: Mapping[str, NDArray[np.generic]]) -> None:
    """Put other weights into a replica, in place: recorded passes go on with them."""
    write_weights(replica.module, values, replica.name)
    pack_again(replica)
