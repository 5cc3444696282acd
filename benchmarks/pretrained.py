"""SqueezeNet 1.1 with its published ImageNet weights, asked about the cat-and-dog photos of shared/data.

"middle": the photos are prepared as the weights were tested: the shorter side to 256 pixels (bilinear, antialiased),
the middle 224 x 224. "whole": the shorter side to 224 pixels and nothing cut off, since the network is convolutional.
Nothing is trained and nothing chosen, so all 660 photos count. An answer is of the right kind where its ImageNet class
is a cat (281 to 285, the five domestic cats: tabby to Egyptian cat) for a cat, a dog (151 to 268, Chihuahua to Mexican
hairless) for a dog. "cat or dog" compares the kinds by the sum of their classes' probabilities.
"""

import argparse
import io
import os
import time
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import pandas as pd
import torch
from PIL import Image as Picture
from torch import Tensor

from bias import share
from hardware import hardware
from profundo.networks import build
from profundo.pretrained import Pretrained, load_published
from profundo.schema import Category, Image, Schema
from record import DATA, NUMBERS, record, show, store

KINDS = {"cats": range(281, 286), "dogs": range(151, 269)}  # by label: 0 is a cat, 1 a dog
SHORTER = 256  # pixels of the shorter side before the middle is cut out
TOP = 5


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=Path, default=DATA / "cats_dogs_160px.parquet")
    parser.add_argument("--rows", type=int, default=None, help="the first rows only")
    parser.add_argument("--out", type=Path, default=NUMBERS / "pretrained.json")
    asked = parser.parse_args()
    os.environ.setdefault("PROFUNDO_DATA", str(DATA))
    published = load_published("squeezenet1_1")
    frame = pd.read_parquet(asked.photos).head(asked.rows)
    labels = frame["label"].to_numpy()
    settings = {"photos": len(frame), "threads": torch.get_num_threads(), "weights": published.checkpoint.source}
    for how in ("middle", "whole"):
        here = hardware()
        began = time.perf_counter()
        chances = asked_about(published, frame["image"], whole=how == "whole")
        runs = [{"seconds": time.perf_counter() - began}]
        missed = mistakes(chances, labels, published.labels)
        made = record(figures(chances, labels), runs, here, settings=settings, table=missed)
        store(asked.out, __doc__, {f"squeezenet1_1 on cats and dogs, {how} of the photo": made})
        print(how)
        show(made["figures"])


def asked_about(published: Pretrained, photos: pd.Series, *, whole: bool = False) -> np.ndarray:
    """Return the probabilities (n, 1000) of the photos."""
    entry = published.checkpoint
    image = Image(3, entry.pixels, entry.pixels, entry.mean, entry.std)
    schema = Schema({"photo": image}, {"label": Category(published.labels)})
    network = build(entry.network, schema).eval()
    network.load_state_dict(dict(published.state))
    mean, std = (torch.tensor(v)[:, None, None] for v in (entry.mean, entry.std))
    found = []
    with torch.inference_mode():
        for photo in photos:
            x = (prepared(photo, entry.pixels, whole=whole) - mean) / std
            found.append(network(x[None]).softmax(1))
    return torch.cat(found).numpy()


def prepared(photo: bytes, side: int, *, whole: bool = False) -> Tensor:
    """Return a photo (3, H, W) in 0..1: the middle of it, its shorter side first brought to `SHORTER`, or all of it."""
    picture = Picture.open(io.BytesIO(photo)).convert("RGB")
    scale = (side if whole else SHORTER) / min(picture.size)
    width, height = (round(scale * pixels) for pixels in picture.size)
    resized = picture.resize((width, height), Picture.Resampling.BILINEAR)
    if not whole:
        left, upper = (width - side) // 2, (height - side) // 2
        resized = resized.crop((left, upper, left + side, upper + side))
    return torch.from_numpy(np.asarray(resized).copy()).permute(2, 0, 1) / 255


def right_kind(chances: np.ndarray, labels: np.ndarray, top: int) -> np.ndarray:
    """Say for each photo whether one of the `top` likeliest classes is of its kind."""
    best = np.argsort(-chances, 1, kind="stable")[:, :top]
    kinds = [np.isin(best, list(kind)).any(1) for kind in KINDS.values()]
    return np.where(labels == 0, kinds[0], kinds[1])


def figures(chances: np.ndarray, labels: np.ndarray) -> list[dict[str, Any]]:
    """Return the shares of the right kind, of cats, of dogs and of all."""
    every = {"cats": labels == 0, "dogs": labels == 1, "all": labels >= 0}
    cats, dogs = (chances[:, list(kind)].sum(1) for kind in KINDS.values())
    told = np.where(labels == 0, cats > dogs, dogs > cats)
    made = []
    for name, rows in every.items():
        top5, top1 = (right_kind(chances, labels, top)[rows].tolist() for top in (TOP, 1))
        made.append(share(f"{name}: the right kind is among the top {TOP}", top5, at_least=0.90))
        made.append(share(f"{name}: the first answer is of the right kind", top1))
        made.append(share(f"{name}: cat or dog", told[rows].tolist()))
    return made


def mistakes(chances: np.ndarray, labels: np.ndarray, names: tuple[str, ...]) -> list[dict[str, Any]]:
    """Return the commonest first answers for photos whose top 5 has nothing of the right kind."""
    missed = ~right_kind(chances, labels, TOP)
    said = pd.Series([names[i].split(",")[0] for i in chances.argmax(1)])
    rows = []
    for label, kind in enumerate(KINDS):
        counts = said[missed & (labels == label)].value_counts()
        top = ", ".join(f"{name} ({n})" for name, n in counts.head(8).items())
        rows.append({"photos of": kind, "missed": int(counts.sum()), "commonest first answers": top})
    return rows


if __name__ == "__main__":
    main()
