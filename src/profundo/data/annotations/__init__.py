"""Where things are in pictures, read from what people have: COCO, Pascal VOC, YOLO, masks, ids, tables of boxes."""

from .faults import BAD
from .maskpng import decode_map
from .reader import find_annotations, read_annotations

__all__ = ["BAD", "decode_map", "find_annotations", "read_annotations"]
