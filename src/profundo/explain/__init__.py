"""Why a network answered as it did: how much each input moved the answer."""

from .attribution import Attribution, Column
from .methods import METHODS, input_x_gradient, integrated_gradients, occlusion
from .run import explain

__all__ = ["METHODS", "Attribution", "Column", "explain", "input_x_gradient", "integrated_gradients", "occlusion"]
