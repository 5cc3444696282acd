"""What the network sees: training pictures or sounds as they are, beside random versions of each."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn

from .batch import Batch
from .data import load
from .data.augment import Policy
from .data.shown import coloured
from .errors import DataError
from .files import atomic_write
from .filters import filters_card
from .objects import SIDE, Objects
from .overlay import draw, to_png
from .plan import wish
from .schema import Audio, Boxes, Image, Mask
from .seeds import mix
from .terminal import table

if TYPE_CHECKING:
    from PIL import Image as Pillow

    from .data.dataset import Data

ROWS, VERSIONS, TILE = 8, 7, 224  # pictures, versions of each, and pixels of the longer side of one
CARD = (4, 6, 84)  # the same for the report
GAP, WIDE_GAP = 4, 16  # pixels between pictures, and after the first column


def preview(
    source: Any, target: Any = None, *, out: str | os.PathLike[str] = "augment.png", **wishes: Any
) -> dict[str, Any]:
    """Write a PNG of training pictures or spectrograms, a row for each: as it is, then seven random versions.

    The wishes are those of `train`, such as augment="flip+crop+colour:0.4". Returns {name, policy, rows, versions,
    out}; `policy` is the one that "auto" stands for. Raises DataError where the data are neither pictures nor sounds,
    UsageError for policies that are not known.
    """
    data = load(source, wish(source, target, **wishes).data)
    if not seeable(data):
        raise DataError(
            f"{data.name} holds no pictures and no sounds. Give --augment something to change: a folder of pictures."
        )
    rows = min(ROWS, data.count("train"))
    page = sheet(data, seed=data.seed, rows=rows, versions=VERSIONS, tile=TILE)
    atomic_write(Path(out), to_png(page))
    return {
        "name": data.name,
        "policy": policy_name(data),
        "rows": rows,
        "versions": VERSIONS,
        "out": str(out),
    }


def change_lines(found: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Write the words of --augment as a list."""
    rows = [["word", "usual", "from", "to", "what it does"]]
    for name, entry in found.items():
        strengths = [f"{entry[k]:.3g}" if k in entry else "" for k in ("usual", "least", "most")]
        rows.append([name, *strengths, entry["meaning"]])
    return table(rows, right="usual,from,to")


def augment_card(data: "Data", seed: int = 0) -> bytes | None:
    """Return a small sheet for the report as the bytes of a PNG; None where no picture is changed."""
    if not seeable(data) or data.augment is None or not data.count("train"):
        return None
    rows, versions, tile = CARD
    return to_png(sheet(data, seed=seed, rows=rows, versions=versions, tile=tile))


def seen(network: nn.Module, data: "Data", seed: int = 0) -> dict[str, bytes]:
    """Return what the network saw as PNGs by the names of their files: `augment_card` and `filters_card`."""
    if not seeable(data):
        return {}
    found = {"augment.png": augment_card(data, seed), "filters.png": filters_card(network)}
    return {name: card for name, card in found.items() if card is not None}


def seeable(data: "Data") -> bool:
    """Say whether the data are pictures, or sounds, whose spectrograms are pictures."""
    return isinstance(data.schema.shaped, Image | Audio)


def policy_name(data: "Data") -> str:
    """Name the policy by its words; "none" where there is none."""
    return data.augment.name if isinstance(data.augment, Policy) else "none"


def sheet(data: "Data", *, seed: int, rows: int, versions: int, tile: int) -> "Pillow.Image":
    """Draw training pictures of the first epoch, one a row: as it is, then random versions."""
    batch = data.gather(data.order("train", 0)[:rows])
    columns = [batch, *(changed(data, batch, mix(seed, 0, number)) for number in range(versions))]
    return grid([tiles(data, column, tile) for column in columns])


def changed(data: "Data", batch: Batch, seed: int) -> Batch:
    """Return the batch as the augmentation changes it."""
    if data.augment is None:
        return batch
    drawn = data.augment.draw(len(batch), torch.Generator().manual_seed(seed))
    return data.augment.apply(batch, drawn.to(batch.x.device))


def tiles(data: "Data", batch: Batch, tile: int) -> "list[Pillow.Image]":
    """Draw every picture of a batch with what is known about its places, the longer side `tile` pixels."""
    image, target = data.schema.shaped, data.schema.located
    if isinstance(image, Audio):
        levels = batch.x[:, 0] * image.scale + image.center
        return [resized(draw(coloured(sound).numpy(), None, ()), tile) for sound in levels]
    assert isinstance(image, Image)
    labels = target.labels if target is not None else ()
    drawn = [
        draw(picture, places(y, target, image), labels)
        for picture, y in zip(pixels(batch.x, image), batch.y.cpu().numpy(), strict=True)
    ]
    return [resized(picture, tile) for picture in drawn]


def pixels(x: Tensor, image: Image) -> np.ndarray:
    """Return normalised pictures (B, C, H, W) as uint8."""
    mean, std = (x.new_tensor(v).view(1, -1, 1, 1) for v in (image.mean, image.std))
    return ((x * std + mean) * 255).round().clamp(0, 255).to(torch.uint8).cpu().numpy()


def places(y: np.ndarray, target: Mask | Boxes | None, image: Image) -> Objects | np.ndarray | None:
    """Return where things are in one picture: objects of rows (most, 5 or more), a map of codes, or nothing."""
    if isinstance(target, Mask):
        return y
    if not isinstance(target, Boxes):
        return None
    there = y[y[:, 4] >= 0]
    crops = there[:, 5:].reshape(-1, SIDE, SIDE) if target.masks else None
    return Objects(image.height, image.width_pixels, there[:, :4].astype(float), there[:, 4].astype(int), crops=crops)


def resized(picture: "Pillow.Image", longest: int) -> "Pillow.Image":
    """Bring the longer side to a number of pixels."""
    from PIL import Image as Pillow

    scale = longest / max(picture.size)
    size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    return picture.resize(size, Pillow.Resampling.BOX if scale < 1 else Pillow.Resampling.NEAREST)


def grid(columns: "list[list[Pillow.Image]]") -> "Pillow.Image":
    """Put columns of pictures of one size on white, the first set apart."""
    from PIL import Image as Pillow

    width, height = columns[0][0].size
    across = len(columns) * width + (len(columns) - 2) * GAP + WIDE_GAP
    page = Pillow.new("RGB", (across, len(columns[0]) * (height + GAP) - GAP), "white")
    for number, column in enumerate(columns):
        left = number * (width + GAP) + (WIDE_GAP - GAP if number else 0)
        for row, picture in enumerate(column):
            page.paste(picture, (left, row * (height + GAP)))
    return page
