"""What single cells of a recurrent network do while it reads: their activation at every token, and what it follows.

After Karpathy, Johnson and Fei-Fei 2015 (1506.02078): some cells of a character model switch on inside quotes, or count
how far a line has come.
"""

import re
from html import escape
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from ..data.dataset import Data
from ..data.passages import Passages
from ..data.tokens import decode, encode_stream
from ..errors import DataError, UsageError
from ..networks.recurrent import RecurrentNet
from ..schema import BEGINNING, FILLING, Tokens
from .marks import MARKS, marks

PASSAGES = 64  # of a part that are read for the search
SHOWN = 400  # tokens of a coloured text in the report
CLEAR = 0.3  # correlation from which a cell is said to follow something


@torch.no_grad()
def activations(network: nn.Module, codes: Tensor) -> list[Tensor]:
    """Return what each layer holds after each token of (B, T): (B, T, hidden), tanh of the memory where there is one.

    Raises UsageError for a network without recurrent layers.
    """
    if not isinstance(network, RecurrentNet):
        raise UsageError("only the cells of recurrent networks are coloured: rnn, lstm or gru.")
    sequence, found = network.reader(codes.float()).sequence, []
    for cell in network.recurrent.cells:
        state = cell.start(sequence)  # type: ignore[operator]
        said, held = [], []
        for x in sequence.unbind(1):
            state = cell.step(x, state)  # type: ignore[operator]
            said.append(state[0])
            held.append(torch.tanh(state[1]) if len(state) > 1 else state[0])
        sequence = torch.stack(said, 1)
        found.append(torch.stack(held, 1))
    return found


def traces(network: nn.Module, data: Passages, split: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the activations of all cells (n, cells), layer after layer, and the places (n,) in the stream they are of.

    They are of the first `PASSAGES` passages of a split, without their warm steps.
    """
    starts = data.positions(split)[:PASSAGES]
    batch = data.read(starts, split)
    held = torch.cat(activations(network, batch.x.long()), 2)
    places = data.steps(starts)[:, :-1]  # of the token that was just read
    kept = batch.y != FILLING
    return held[kept].numpy(), places[kept].numpy()


def cells_card(network: nn.Module, data: Data) -> list[dict[str, Any]]:
    """Look for the cell that follows each mark best on the validation part; how well it does is of the test part.

    Marks are what can be read off a text of characters: inside quotes, the place in the line. Empty for other texts.
    """
    kind = next(iter(data.schema.inputs.values()))
    if not isinstance(network, RecurrentNet) or not isinstance(data, Passages) or not isinstance(kind, Tokens):
        return []
    if kind.unit != "characters" or {"validation", "test"} - data.splits.keys():
        return []
    text = characters(kind, data.x.numpy())
    known = marks(text)
    chosen, chosen_at = traces(network, data, "validation")
    judged, judged_at = traces(network, data, "test")
    hidden, found = network.recurrent.hidden, []
    for name, mark in known.items():
        own = correlations(chosen, mark[chosen_at])
        if not np.isfinite(own).any():
            continue
        best = int(np.nanargmax(np.abs(own)))
        r = float(correlations(judged[:, best : best + 1], mark[judged_at])[0])
        if not abs(r) >= CLEAR:
            continue
        layer, unit = best // hidden, best % hidden
        values = [round(float(a), 3) for a in judged[:SHOWN, best]]
        shown = {"tokens": [text[p] for p in judged_at[:SHOWN]], "values": values}
        sentence = f"cell {layer + 1}.{unit} follows {MARKS[name]}: correlation {r:+.2f} on {len(judged):,} characters"
        found.append({"mark": name, "layer": layer + 1, "unit": unit, "r": r, "sentence": sentence, "text": shown})
    return sorted(found, key=lambda f: -abs(f["r"]))


def characters(kind: Tokens, codes: np.ndarray) -> str:
    """Return a character for each code of a stream; a line's end where a text begins or ends."""
    table = np.array(["�", "�", "\n", "\n", *kind.vocabulary])
    return "".join(table[codes])


def correlations(held: np.ndarray, mark: np.ndarray) -> np.ndarray:
    """Return the correlation of each cell (n, cells) with a mark (n,): (cells,), NaN where either does not vary."""
    a, b = held - held.mean(0), mark - mark.mean()
    size = np.sqrt((a**2).sum(0) * (b**2).sum())
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(size > 1e-9, b @ a / size, np.nan)


def colour(network: nn.Module, kind: Tokens, prompt: str, cell: str) -> Any:
    """Colour a text by one cell, "LAYER.UNIT", as a page of HTML; the text shows the activation at every token."""
    from .outcome import Made

    found = re.fullmatch(r"(\d+)\.(\d+)", cell)
    if not prompt:
        raise UsageError("which text is to be coloured? Type it: --prompt 'text'")
    if not isinstance(network, RecurrentNet):
        raise UsageError("only the cells of recurrent networks are coloured: rnn, lstm or gru.")
    layers, hidden = len(network.recurrent.cells), network.recurrent.hidden
    if found is None or not 1 <= int(found[1]) <= layers or not int(found[2]) < hidden:
        raise UsageError(f"there is no cell {cell!r}: LAYER.UNIT, with layers 1 to {layers}, units 0 to {hidden - 1}.")
    codes = torch.from_numpy(encode_stream(kind, prompt).astype(np.int64))
    if not len(codes):
        raise DataError("the prompt holds no token.")
    held = activations(network, codes[None])[int(found[1]) - 1][0, :, int(found[2])].tolist()
    words = [
        decode(kind, [code]) + (" " if kind.unit == "words" else "") for code in codes.tolist() if code != BEGINNING
    ]
    rows = [{"token": word, "activation": round(value, 4)} for word, value in zip(words, held, strict=True)]
    text = "  ".join(f"{row['token']!r} {row['activation']:+.2f}" for row in rows)
    spans = "".join(
        f'<span style="background:{shade(value)}" title="{value:+.2f}">{escape(word)}</span>'
        for word, value in zip(words, held, strict=True)
    )
    head = f'<!doctype html><meta charset="utf-8"><title>cell {cell}</title>'
    page = f'{head}<pre style="white-space:pre-wrap">{spans}</pre>'
    return Made(text, rows, {f"cell-{cell}.html": page.encode()})


def shade(value: float) -> str:
    """Return a colour for an activation from -1 (red) over 0 (white) to 1 (green)."""
    strength = min(1.0, abs(value))
    red, green, blue = (46, 160, 67) if value > 0 else (218, 54, 51)
    return f"rgba({red},{green},{blue},{strength:.2f})"
