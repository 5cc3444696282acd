"""Where things are in pictures, read from what people have: COCO, Pascal VOC, YOLO, masks, ids, tables of boxes."""

from .faults import BAD
from .layouts import is_annotations
from .maskpng import decode_map
from .reader import find_annotations, read_annotations, read_found

__all__ = ["BAD", "decode_map", "find_annotations", "is_annotations", "read_annotations", "read_found"]
