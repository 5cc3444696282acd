"""A composer's answers: how surprised it is by each step of a piece, and pieces of its own."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn

from ..answers import Answers
from ..baselines import BaselineResult
from ..batch import asking
from ..data.dataset import Data
from ..data.midi import pitch_name, pitch_of, read_midi, to_midi
from ..data.rolls import kind_of, whole_roll
from ..errors import DataError, UsageError
from ..metrics import Score, mean_score
from ..metrics.music import music_scores
from ..networks.recurrent import RecurrentNet
from ..plan import Plan
from ..run import Run
from ..schema import Series
from ..tasks.music import lasting, surprise
from ..tasks.task import Prediction, Predictive
from .outcome import Learnt, Made, Outcome, rightness

if TYPE_CHECKING:
    import pandas as pd

LENGTH = 128  # steps of a piece that is made
TEMPERATURE = 0.5
BEGUN = 16  # steps of a prompt that are listened to at most
SHOWN = 3  # pieces in the report


@torch.no_grad()
def ask(network: nn.Module, task: Predictive, data: Data, split: str) -> Answers:
    """Read the windows of a split; `more` holds of each the sum of -log p, the steps, notes hit and notes wrong."""
    network.eval()
    place = next(network.parameters()).device
    found: list[list[Tensor]] = []
    for batch in data.batches(split, size=asking(data.schema)):
        output, y = network(batch.x.to(place)), batch.y.to(place)
        there = lasting(y, output.shape[1])
        expected, true = (output > 0) & there[..., None], y[:, : output.shape[1]] > 0.5
        each = [surprise(output, y).sum(1), there.sum(1), (expected & true).sum((1, 2)), (expected ^ true).sum((1, 2))]
        found.append([batch.ids, *(t.cpu() for t in each)])
    if not found:
        raise DataError(f"{data.name} has no music in its {split} part: there is nothing to read.")
    ids, nats, steps, hits, wrong = (torch.cat(parts).numpy() for parts in zip(*found, strict=True))
    losses = nats / np.maximum(steps, 1)
    more = {"nats": nats, "steps": steps, "hits": hits, "wrong": wrong}
    return Answers(ids, Prediction(losses), losses, np.zeros(len(ids)), losses, more)


def score(answers: Answers, task: str, **how: Any) -> dict[str, Score]:
    """Measure the surprise at the steps, and the notes that are expected."""
    m = answers.more
    return music_scores(m["nats"], m["steps"], m["hits"], m["wrong"], **how)


def describe(answers: Answers, data: Data, index: int, position: int) -> dict[str, Any]:
    """Describe a window that surprised: where it is, and what sounds in its first steps."""
    assert answers.losses is not None and data.frame is not None
    row = data.frame.iloc[position]
    notes = data.y[position].numpy()
    told = {"id": int(answers.ids[index]), "loss": float(answers.losses[index]), "confidence": None, "picture": None}
    sounding = chords(whole_roll(notes[notes[:, 0] >= 0], kind_of(data.schema)), 8)
    values = {name: str(row[name]) for name in data.frame.columns}
    return told | {"true": sounding, "predicted": f"{answers.losses[index]:.2f} nats a step", "values": values}


def chords(roll: np.ndarray, most: int) -> str:
    """Write the first chords of a roll that differ: "C3 E4 G4 C5 | ..."."""
    texts: list[str] = []
    for step in roll:
        text = " ".join(pitch_name(int(p)) for p in np.flatnonzero(step)) or "rest"
        if not texts or texts[-1] != text:
            texts.append(text)
    return " | ".join(texts[:most]) + (" | ..." if len(texts) > most else "")


def table(data: Data, answers: Answers) -> "pd.DataFrame":
    """Return a row for each window: piece, first step, steps, and how surprising a step is."""
    assert data.frame is not None
    return data.frame.loc[answers.ids].assign(**{"nats a step": answers.losses}).reset_index(drop=True)


def rivals(plan: Plan, data: Data) -> Iterator[BaselineResult]:
    """Yield what counting is worth: how often each pitch sounds, and how often it does after itself."""
    train = data.positions("train")
    before, now = data.x[..., :-1].bool(), data.y
    there = now[..., :1] >= 0
    on = ((now > 0.5) & there)[train]
    steps = there[train].sum()
    share = (on.sum((0, 1)) + 0.5) / (steps + 1)
    after_on = (before[train] & there[train]).sum((0, 1))
    stays = ((on & before[train]).sum((0, 1)) + share) / (after_on + 1)
    starts = ((on & ~before[train]).sum((0, 1)) + share) / (steps - after_on + 1)
    for name, chance in (
        ("pitch frequencies", share.expand_as(now)),
        ("each pitch after itself", torch.where(before, stays, starts)),
    ):
        nats = -(torch.where(now > 0.5, chance, 1 - chance).clamp(1e-6).log() * there).sum(2)
        losses = nats.sum(1) / there[..., 0].sum(1).clamp(min=1)
        test = losses[data.positions("test")].double().numpy()
        validation = -float(losses[data.positions("validation")].mean())
        yield BaselineResult(
            name, 0.0, {"nats": mean_score(test, seed=data.seed)}, validation=validation, prediction=test
        )


@torch.no_grad()
def compose(
    network: nn.Module, kind: Series, begun: np.ndarray, length: int, temperature: float, generator: torch.Generator
) -> np.ndarray:
    """Return a piece (length, pitches) of 0 and 1 that goes on from what has begun (steps, pitches)."""
    if not isinstance(network, RecurrentNet):
        raise UsageError("only a recurrent network composes step by step. Train with --network lstm, gru or rnn.")
    network.eval()
    silent, lasts = torch.zeros(1, 1, begun.shape[1]), torch.ones(1, 1, 1)
    heard = torch.cat([silent, torch.from_numpy(begun).float()[None]], 1)
    piece, state = [*heard[0, 1:]], None
    x = torch.cat([heard, lasts.expand(-1, heard.shape[1], -1)], 2)
    while len(piece) < length:
        scores, state = network.go_on(x, state)
        chance = (scores[0, -1].float() / max(temperature, 1e-6)).sigmoid()
        step = (torch.rand(len(chance), generator=generator) < chance).float()
        piece.append(step)
        x = torch.cat([step[None, None], lasts], 2)
    return torch.stack(piece[:length]).numpy()


def generate(learnt: Learnt, options: Mapping[str, Any]) -> Made:
    """Compose pieces, each a MIDI file; with a prompt, they go on from the beginning of that MIDI file."""
    kind = kind_of(learnt.schema)
    count, length = int(options.get("count", 1)), int(options.get("length", LENGTH))
    temperature = float(options.get("temperature", TEMPERATURE))
    if count < 1 or length < 1 or temperature < 0:
        raise UsageError("--count and --length are 1 or more, and --temperature 0 or more.")
    begun = opening(kind, str(options["prompt"])) if options.get("prompt") else np.zeros((0, len(kind.channels)))
    generator = torch.Generator().manual_seed(int(options.get("seed", 0)))
    files, rows, texts = {}, [], []
    for number in range(1, count + 1):
        roll = whole_roll(compose(learnt.network, kind, begun, length, temperature, generator), kind)
        file = "song.mid" if count == 1 else f"song_{number}.mid"
        files[file] = to_midi(roll, int(kind.frequency))
        texts.append(chords(roll, 16))
        rows.append({"file": file, "steps": len(roll), "chords": texts[-1]})
    return Made("\n".join(texts), rows, files)


def opening(kind: Series, path: str) -> np.ndarray:
    """Return the first steps of a MIDI file in the pitches of a kind."""
    if not Path(path).is_file():
        raise UsageError(f"--prompt is a MIDI file whose beginning is gone on from, and there is no file {path!r}.")
    low = pitch_of(kind.channels[0])
    return read_midi(Path(path), path, int(kind.frequency))[:BEGUN, low : low + len(kind.channels)].astype(np.float32)


def cards(run: Run, learnt: Learnt, data: Data, answers: Answers) -> dict[str, Any]:
    """Store pieces of its own and a true one for the report, and the first as a MIDI file."""
    kind = kind_of(data.schema)
    generator = torch.Generator().manual_seed(learnt.plan.data.seed)
    begun = np.zeros((0, len(kind.channels)), np.float32)
    test = data.y[data.positions("test")[0]].numpy()
    pieces = [{"name": "a piece of the test part", "notes": spans(test[test[:, 0] >= 0])}]
    if isinstance(learnt.network, RecurrentNet):
        for number in range(1, SHOWN):
            made = compose(learnt.network, kind, begun, kind.steps, TEMPERATURE, generator)
            pieces.append({"name": f"made by the network ({number})", "notes": spans(made)})
    run.write("music.json", {"channels": list(kind.channels), "steps": kind.steps, "pieces": pieces})
    return {}


def spans(notes: np.ndarray) -> list[list[int]]:
    """Return [pitch, begin, end] of every note of a roll (steps, pitches), the pitch counted from the lowest."""
    edges = np.diff(np.pad((notes > 0.5).astype(np.int8), ((1, 1), (0, 0))), axis=0).T
    found = []
    for pitch, edge in enumerate(edges):
        begins, ends = np.flatnonzero(edge == 1), np.flatnonzero(edge == -1)
        found += [[pitch, int(b), int(e)] for b, e in zip(begins, ends, strict=True)]
    return found


def store(run: Run, data: Data, answers: Answers, found: Sequence[BaselineResult]) -> dict[str, np.ndarray]:
    """Return the arrays of answers.npz: the mean surprise at a step of each window, and that of each baseline."""
    own = rightness(run, data, answers, found) | {"y": np.zeros(len(answers.ids)), "prediction": answers.codes}
    return own | {f"baseline:{b.name}": b.prediction for b in found if b.prediction is not None}


OUTCOME = Outcome(
    ask=ask,
    score=score,
    describe=describe,
    table=table,
    store=store,
    cards=cards,
    rivals=rivals,
    measure="nats",
    generate=generate,
    options={
        "length": f"steps of a piece ({LENGTH})",
        "count": "how many pieces (1)",
        "temperature": f"how varied: near 0 only what is likeliest, 1 as varied as the pieces heard ({TEMPERATURE})",
        "prompt": "a MIDI file whose first steps are gone on from",
        "seed": "of the random choices (0)",
    },
)
