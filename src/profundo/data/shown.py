"""Examples as a person can look at them."""

import base64
import io

import numpy as np
from torch import Tensor


def png(pixels: Tensor) -> str:
    """Return uint8 pixels (channels, height, width) as a PNG, in base64."""
    from PIL import Image as Pillow

    array = pixels.cpu().numpy()
    image = Pillow.fromarray(array[0] if len(array) == 1 else np.moveaxis(array[:3], 0, -1))
    file = io.BytesIO()
    image.save(file, format="PNG")
    return base64.b64encode(file.getvalue()).decode()
