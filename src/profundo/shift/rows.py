"""What is measured of each row, old or new: its columns as values, its picture in a few numbers, the network's view."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor, nn

from ..assemble import head_name
from ..data import encode
from ..data.columns import as_rows
from ..data.dataset import Data
from ..data.tokens import encode_texts
from ..data.values import dates, labels, numbers
from ..data.words import terms
from ..schema import Category, Date, Image, Kind, Number, Text, Tokens

if TYPE_CHECKING:
    import pandas as pd

    from ..evaluate import Trained

PIECE = 512  # rows that are measured at a time
WIDEST = 1_024  # features beyond which they are added up, with signs, into so many
WHITE = 255.0


@dataclass(frozen=True)
class Rows:
    """n rows. `numbers` (n,) float64 each, NaN where missing; `categories` (n,) codes each (see `compare_labels`).

    `outputs` are the probabilities (n, labels) or predictions (n, targets) of the network, `features` (n, d) what it
    sees before its last layer (without a network: the encoded columns), brought down to a few directions; both have no
    column where they are not known. `y` are codes or numbers, empty where they are not known.
    """

    numbers: Mapping[str, np.ndarray]
    categories: Mapping[str, np.ndarray]
    outputs: np.ndarray
    features: np.ndarray
    y: np.ndarray

    def __len__(self) -> int:
        return len(self.outputs)

    def take(self, rows: np.ndarray) -> "Rows":
        """Return some of the rows, in that order."""
        return replace(
            self,
            numbers={k: v[rows] for k, v in self.numbers.items()},
            categories={k: v[rows] for k, v in self.categories.items()},
            outputs=self.outputs[rows],
            features=self.features[rows],
            y=self.y[rows] if len(self.y) else self.y,
        )


def measure_columns(
    data: Data, rows: np.ndarray, targets: bool = False
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Return (numbers, categories) of the input columns at these positions, with `targets` of the targets too.

    A picture or a text becomes a few numbers. A column that the frame has not is left out.
    """
    found: dict[str, np.ndarray] = {}
    codes: dict[str, np.ndarray] = {}
    kinds = dict(data.schema.inputs) | (dict(data.schema.targets) if targets else {})
    for name, kind in kinds.items():
        if isinstance(kind, Image):
            found |= {f"{name}: {k}": v for k, v in picture_numbers(data.x, rows).items()}
        elif data.frame is None or name not in data.frame.columns:
            continue
        elif isinstance(kind, Category):
            codes[name] = category_codes(data.frame[name].take(rows), kind)
        else:
            found |= column_numbers(data.frame[name].take(rows), name, kind)
    return found, codes


def column_numbers(series: "pd.Series", name: str, kind: Kind) -> dict[str, np.ndarray]:
    """Return what is compared of a number, a date (seconds since 1970) or a text; no text itself is kept."""
    match kind:
        case Number():
            return {name: numbers(series)[0]}
        case Date():
            return {name: dates(series, kind.format)[0]}
        case Text():
            vocabulary = {w for w in kind.words if " " not in w}
            cut = [terms(text, False) for text in encode.texts_of(series)]
            known = [sum(w in vocabulary for w in words) / len(words) if words else np.nan for words in cut]
            counts = np.array([len(words) for words in cut], np.float64)
            return {f"{name}: words": counts, f"{name}: share of known words": np.array(known, np.float64)}
        case Tokens():
            codes, unseen = encode_texts(kind, encode.texts_of(series))
            counts = np.count_nonzero(codes, axis=1).astype(np.float64)
            with np.errstate(invalid="ignore"):
                return {f"{name}: {kind.unit}": counts, f"{name}: share of known {kind.unit}": 1 - unseen / counts}
    return {}


def category_codes(series: "pd.Series", kind: Category) -> np.ndarray:
    """Return each row's place among the labels, `len(labels)` for a label never seen, -1 for a missing value."""
    codes = encode.encode_labels(kind, series, encode.Unseen())
    missing = labels(series)[0] < 0
    return np.where(missing & (codes == len(kind.labels)), -1, codes)


def picture_numbers(x: Tensor, rows: np.ndarray) -> dict[str, np.ndarray]:
    """Return a few numbers of each picture, of x (N, channels, height, width) uint8.

    Brightness is the mean, from 0 (black) to 1 (white); contrast the standard deviation; sharpness the mean difference
    of neighbouring pixels; black and white the shares of pixels that are wholly so, which the exposure changes first.
    Coloured pictures have the mean of each channel too, and saturation, the mean distance
    between the strongest and the weakest channel.
    """
    parts = [picture_piece(x[torch.from_numpy(rows[i : i + PIECE])]) for i in range(0, len(rows), PIECE)]
    return {name: np.concatenate([p[name] for p in parts]) for name in parts[0]} if parts else {}


def picture_piece(pixels: Tensor) -> dict[str, np.ndarray]:
    """Measure a few pictures (n, channels, height, width)."""
    x = pixels.cpu().double() / WHITE
    grey = x.mean(1)
    across, down = grey.diff(dim=2).abs().mean((1, 2)), grey.diff(dim=1).abs().mean((1, 2))
    found = {"brightness": grey.mean((1, 2)), "contrast": grey.flatten(1).std(1, False), "sharpness": across + down}
    found |= {name: (grey == value).double().mean((1, 2)) for name, value in (("black", 0), ("white", 1))}
    if x.shape[1] == 3:
        found["saturation"] = (x.amax(1) - x.amin(1)).mean((1, 2))
        found |= {name: x[:, i].mean((1, 2)) for i, name in enumerate(("red", "green", "blue"))}
    return {name: torch.nan_to_num(values).numpy() for name, values in found.items()}


@torch.no_grad()
def network_view(trained: "Trained", data: Data, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return (outputs, features): what the network says of the rows, and what goes into its last layer."""
    network, place = trained.network, next(trained.network.parameters()).device
    seen: list[Tensor] = []
    name = head_name(trained.plan, network) if trained.plan.network else "output"
    last = dict(network.named_modules()).get(name)
    hook = None if last is None else last.register_forward_pre_hook(lambda module, given: seen.append(given[0]))
    outputs, features = [], []
    network.eval()
    try:
        for begin in range(0, len(rows), PIECE):
            batch = data.gather(torch.from_numpy(rows[begin : begin + PIECE]).to(data.x.device))
            said = trained.task.predict(network, batch.x.to(place))
            values = said.values if said.probabilities is None else said.probabilities
            outputs.append(np.asarray(values, np.float64).reshape(len(batch), -1))
            given = seen[0].flatten(1).cpu().numpy() if seen else outputs[-1]
            seen.clear()
            features.append(folded(given))
    finally:
        if hook is not None:
            hook.remove()
    return np.concatenate(outputs), np.concatenate(features)


def encoded_view(data: Data, rows: np.ndarray) -> np.ndarray:
    """Return the encoded columns (n, width) without the codes of embedded categories; pictures are shrunk to 8 x 8."""
    places = torch.from_numpy(rows).to(data.x.device)
    if data.schema.image is not None:
        return folded(nn.functional.adaptive_avg_pool2d(data.gather(places).x, 8).flatten(1).cpu().numpy())
    x = as_rows(data, places)
    return folded(x[:, : x.shape[1] - len(data.schema.embedded)])


def folded(features: np.ndarray) -> np.ndarray:
    """Return at most 1,024 features: of more, those that are 1,024 apart are added with random but fixed signs."""
    n, width = features.shape
    if width <= WIDEST:
        return features.astype(np.float32)
    signs = np.random.default_rng([width, 0xF0]).choice(np.array([-1, 1], np.float32), width)
    padded = np.pad(features * signs, ((0, 0), (0, -width % WIDEST)))
    return padded.reshape(n, -1, WIDEST).sum(1).astype(np.float32)
