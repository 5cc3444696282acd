"""Rows as numbers of about the same size, for the looks that compare rows or predict from them."""

from collections.abc import Collection

import numpy as np
import torch

from ..data.columns import as_rows
from ..data.counted import token_rows
from ..data.dataset import Data
from ..schema import feature_names, place

SIDE = 16  # larger pictures are averaged down to so many pixels a side
LARGE = 32
WIDEST = 1_000  # columns kept, those that vary most
ONE_HOT = 50  # the most frequent labels of an embedded category that get a column
LEAST = 0.3  # the least standard deviation that is divided by, so that rare labels do not rule


def features(data: Data, rows: np.ndarray, without: Collection[str] = ()) -> np.ndarray:
    """Return (len(rows), k) float32: centred, each number with standard deviation 1, pixels with 1 over all of them.

    `without` names source columns that are not to be used.
    """
    if data.schema.takes == "tokens":
        table = words(data, rows, without)
    elif data.schema.takes not in ("image", "table"):
        table = as_rows(data, torch.from_numpy(rows))
    else:
        x = data.x.index_select(0, torch.from_numpy(rows)).cpu()
        if data.schema.image is not None:
            return pixels(x)
        table = one_hot(x.numpy(), data, without)
    table -= table.mean(0)
    deviation = table.std(0)
    if table.shape[1] > WIDEST:
        kept = np.sort(np.argsort(-deviation, kind="stable")[:WIDEST])
        table, deviation = table[:, kept], deviation[kept]
    varies = deviation > 1e-6
    return table[:, varies] / np.maximum(deviation[varies], LEAST)


def pixels(x: torch.Tensor) -> np.ndarray:
    """Return pixels (n, k), averaged down where there are many."""
    small = x.float()
    if max(x.shape[2:]) > LARGE:
        small = torch.nn.functional.adaptive_avg_pool2d(small, SIDE)
    table = small.reshape(len(x), -1).numpy()
    table = table - table.mean(0)
    return table / max(float(table.std()), 1e-6)


def words(data: Data, rows: np.ndarray, without: Collection[str]) -> np.ndarray:
    """Return texts as how often they have each word, with the columns beside them; those `without` say nothing."""
    x = data.x.index_select(0, torch.from_numpy(rows)).cpu()  # a copy
    x[:, [i for i, owner in enumerate(owners_of(data)) if owner in without]] = 0
    return one_hot(token_rows(data.schema, x).numpy(), data, ())


def one_hot(x: np.ndarray, data: Data, without: Collection[str]) -> np.ndarray:
    """Return the columns of x with embedded codes, which are last, as one-hot columns of their most frequent labels."""
    owners = owners_of(data)
    plain = x.shape[1] - len(data.schema.embedded)
    columns = [x[:, [i for i in range(plain) if not without or owners[i] not in without]]]
    for i in (i for i in range(plain, x.shape[1]) if not without or owners[i] not in without):
        codes = x[:, i].astype(np.int64)
        frequent = np.argsort(-np.bincount(codes), kind="stable")[:ONE_HOT]
        columns.append((codes[:, None] == frequent).astype(np.float32))
    return np.hstack(columns)


def owners_of(data: Data) -> list[str]:
    """Return the source column of each column of x."""
    kinds = sorted(data.schema.inputs.items(), key=lambda pair: place(pair[1]))  # stable
    return [name for name, kind in kinds for _ in feature_names(name, kind)]
