"""Photos and their masks, paired by the names of their files."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ...errors import DataError
from ..folder import Found, pictures_below
from .index import plain
from .values import read_values

ENDINGS = ("", "_mask", "_masks", "_seg", "_segmentation", "_label", "_labels", "_L", "_gt", "_GT", "_m", "_instances")
CLOSE = 0.9  # of the photos have a mask, where nobody said that they are masks
LOOKED_AT, FEW = 5, 64  # masks looked at, and how many different values each may hold
FLAT = 0.6  # of the pixels have the value of the one before


@dataclass(frozen=True)
class Pairs:
    """Photos with the mask of each, photos without one, and masks without a photo."""

    photos: list[Path]
    masks: list[Path]
    single: list[Path]
    orphans: list[Path]

    @property
    def close(self) -> bool:
        """Say whether nearly every photo has a mask, and nearly every mask a photo."""
        return self.owned and len(self.photos) >= CLOSE * (len(self.photos) + len(self.single))

    @property
    def owned(self) -> bool:
        """Say whether nearly every mask has a photo."""
        return len(self.photos) >= CLOSE * max(1, len(self.photos) + len(self.orphans))


def pair(images: Path, masks: Path) -> Pairs:
    """Pair the pictures below two folders: by path, by name, or with an ending of the mask's name such as `_mask`."""
    photos = [p for p in pictures_below(images, Found()) if masks not in p.parents or masks == images]
    others = [p for p in pictures_below(masks, Found()) if images not in p.parents or masks == images]
    keys = {photo: key(photo, images) for photo in photos}
    wanted = set(keys.values())
    ends = Counter(e for mask in others for e in ENDINGS if e and strip(key(mask, masks), e) in wanted)
    exact = sum(key(mask, masks) in wanted for mask in others)
    end = max(ends, key=ends.__getitem__) if ends and max(ends.values()) > exact else ""
    by_key: dict[str, Path] = {}
    for mask in others:
        by_key.setdefault(strip(key(mask, masks), end), mask)
    paired = [p for p in photos if keys[p] in by_key]
    used = {by_key[keys[p]] for p in paired}
    single = [p for p in photos if keys[p] not in by_key]
    return Pairs(paired, [by_key[keys[p]] for p in paired], single, [m for m in others if m not in used])


def key(file: Path, root: Path) -> str:
    """Return the path below a folder, without the ending of the name."""
    return plain(file.relative_to(root).with_suffix("").as_posix())


def strip(name: str, end: str) -> str:
    """Take an ending off a name; "" where it has it not."""
    return name.removesuffix(end) if name.endswith(end) else ""


def looks_like_masks(pairs: Pairs, most: int = FEW) -> bool:
    """Say whether the first masks hold at most so many values, mostly the same as beside them, as no photo does."""
    try:
        return all(is_flat(read_values(mask, mask.name), most) for mask in pairs.masks[:LOOKED_AT])
    except DataError:
        return False


def is_flat(values: np.ndarray, most: int) -> bool:
    """Say whether there are few values, in areas."""
    same = float((values[:, 1:] == values[:, :-1]).mean()) if values.shape[1] > 1 else 1.0
    return same >= FLAT and len(np.unique(values)) <= most
