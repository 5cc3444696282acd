"""Networks by name. Each is a plain nn.Module; a family is a file, a variant a row, and `build` makes any of them."""

from .build import EVERY_NETWORK, NETWORKS, build, default, describe
from .initialise import INITIALISATIONS, initialise
from .network import Network

__all__ = ["EVERY_NETWORK", "INITIALISATIONS", "NETWORKS", "Network", "build", "default", "describe", "initialise"]
