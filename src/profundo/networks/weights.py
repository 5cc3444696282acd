"""Published weights by name (weights.toml), and how a file of weights becomes tensors under our names.

Only .safetensors and .npz are read: they hold arrays, and nothing in them runs. This file never touches the network;
`profundo.pretrained` finds or fetches the file.
"""

import re
import tomllib
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import safetensors
import safetensors.torch
import torch
from torch import Tensor

from ..errors import DataError, UsageError, unknown

SUFFIXES = (".safetensors", ".npz")


@dataclass(frozen=True)
class Checkpoint:
    """Weights that somebody published for one of our networks, and what their pictures have to look like.

    `pixels` is the side of the pictures, `mean` and `std` are of each channel, of pixels in 0..1. `sha256` is "" where
    nobody has checked the file, `url` where there is no place to fetch it from. `labels` is the array of the file with
    the names of the outputs; `rename` are pairs of a regular expression and what takes its place in a name; `flatten`
    are weights that are convolutions in the file and linear layers here; names that begin with `without` are left out.
    """

    name: str
    network: str
    file: str
    url: str
    sha256: str
    bytes: int
    licence: str
    source: str
    pixels: int
    mean: tuple[float, ...]
    std: tuple[float, ...]
    labels: str = ""
    rename: tuple[tuple[str, str], ...] = ()
    flatten: tuple[str, ...] = ()
    without: str = ""


def checkpoint(name: str, fields: dict[str, Any]) -> Checkpoint:
    """Build a checkpoint from its table in weights.toml."""
    rename = tuple((pattern, name) for pattern, name in fields.pop("rename", []))
    values: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in fields.items()}
    return Checkpoint(name=name, rename=rename, **values)


TABLES = tomllib.loads(Path(__file__).with_name("weights.toml").read_text(encoding="utf-8"))
CHECKPOINTS = {name: checkpoint(name, fields) for name, fields in TABLES.items()}


def find(name: str) -> Checkpoint:
    """Return the checkpoint of that name. Raises UsageError with the nearest names."""
    if name not in CHECKPOINTS:
        raise UsageError(unknown("published weights", name, CHECKPOINTS))
    return CHECKPOINTS[name]


def published_for(network: str) -> list[Checkpoint]:
    """Return the checkpoints there are for a network, by its name."""
    return [entry for entry in CHECKPOINTS.values() if entry.network == network]


def arrays(path: Path) -> dict[str, Tensor]:
    """Read the tensors of a .safetensors or .npz file; floating point becomes float32, texts are left out.

    Raises UsageError for another kind of file, DataError for a damaged one.
    """
    if path.suffix not in SUFFIXES:
        raise UsageError(
            f"weights are read from {' or '.join(SUFFIXES)}, and this is {path.name}. Files of other kinds can "
            "run programs when they are opened. Save the weights with safetensors.torch.save_file(state_dict, path)."
        )
    try:
        if path.suffix == ".safetensors":
            found = safetensors.torch.load_file(path)
        else:
            with np.load(path, allow_pickle=False) as stored:
                kept = {name: stored[name] for name in stored.files}
            found = {name: torch.from_numpy(np.array(a)) for name, a in kept.items() if a.dtype.kind in "fiub"}
    except (OSError, ValueError, TypeError, EOFError, zipfile.BadZipFile, safetensors.SafetensorError) as error:
        raise DataError(f"the weights in {path} cannot be read: {error}") from error
    return {name: tensor.float() if tensor.is_floating_point() else tensor for name, tensor in found.items()}


def load(entry: Checkpoint, path: Path) -> dict[str, Tensor]:
    """Read a checkpoint's file as a state dict under our names. Raises DataError for a damaged file."""
    state = {k: v for k, v in arrays(path).items() if not (entry.without and k.startswith(entry.without))}
    for pattern, replacement in entry.rename:
        state = {re.sub(pattern, replacement, name): tensor for name, tensor in state.items()}
    return {name: tensor.flatten(1) if name in entry.flatten else tensor for name, tensor in state.items()}


def labels(entry: Checkpoint, path: Path) -> tuple[str, ...]:
    """Return the names of the outputs, in order; () where the file has none."""
    if not entry.labels:
        return ()
    with np.load(path, allow_pickle=False) as stored:
        return tuple(map(str, stored[entry.labels]))
