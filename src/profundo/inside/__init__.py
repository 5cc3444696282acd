"""What a network makes of one example, layer by layer: maps, filters, top activations, cells."""

from .look import Inside, inside

__all__ = ["Inside", "inside"]
