"""Drawings: how likely the held-out ones are, beside Gaussians, and new ones as pictures."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import nn

from ..answers import Answers
from ..baselines import BaselineResult
from ..data.dataset import Data
from ..data.drawings import lengths
from ..data.shown import png
from ..data.strokes import decoded, drawn
from ..errors import UsageError, unknown
from ..metrics import Score
from ..metrics.drawing import drawing_scores
from ..pen_baselines import pen_baselines
from ..plan import Plan
from ..run import Run
from ..schema import Category, Schema, Strokes
from ..sketches import page, sheet
from ..tasks.drawing import Drawing, up_to_the_end
from ..tasks.mixture import Mixture
from ..tasks.task import Prediction, Predictive
from .outcome import Learnt, Made, Outcome, rightness

if TYPE_CHECKING:
    import pandas as pd

AT_ONCE = 256  # drawings that are asked about, or made, together
COUNT = 16  # drawings that are made where no number is asked for
TEMPERATURE = 0.6
CARD = 24  # drawings of each sort in the report
PICTURE = 96  # pixels of the side of one in the table of examples


def kind_of(schema: Schema) -> Strokes:
    """Return the kind of the drawings."""
    return next(k for k in schema.targets.values() if isinstance(k, Strokes))


@torch.no_grad()
def ask(network: nn.Module, task: Predictive, data: Data, split: str) -> Answers:
    """Measure how likely every drawing of a split is; `y` are its moves, the prediction its nats a move."""
    assert isinstance(task, Drawing)
    place = next(network.parameters()).device
    network.eval()
    moves, nats, ids = [], [], []
    for batch in data.batches(split, size=AT_ONCE):
        y = up_to_the_end(batch.y).to(place)
        nats.append(torch.stack(task.sums(network(batch.x.to(place), y), y)).sum(0))
        moves.append(lengths(y))
        ids.append(batch.ids)
    count, total = torch.cat(moves).cpu().numpy(), torch.cat(nats).double().cpu().numpy()
    each = total / np.maximum(count, 1)
    return Answers(torch.cat(ids).cpu().numpy(), Prediction(each), each, count, total / task.usual, {"nats": total})


def score(answers: Answers, task: str, **how: Any) -> dict[str, Score]:
    """Measure drawings."""
    assert answers.y is not None
    return drawing_scores(answers.y, answers.more["nats"], **how)


def describe(answers: Answers, data: Data, index: int, position: int) -> dict[str, Any]:
    """Describe one drawing: what it is of, and how unlikely the network holds it to be."""
    assert answers.y is not None and answers.losses is not None
    moves = decoded(data.y[position].cpu().numpy())
    return {
        "id": int(answers.ids[index]),
        "loss": float(answers.losses[index]),
        "confidence": None,
        "true": name_of(data, position) or "a drawing",
        "predicted": f"{answers.prediction.values[index]:.2f} nats a move, {int(answers.y[index])} moves",
        "picture": png(torch.from_numpy(255 - drawn(moves, PICTURE))[None]),
        "values": {},
    }


def name_of(data: Data, position: int) -> str:
    """Return the label of a drawing, "" where there are none."""
    for column, kind in enumerate(data.schema.inputs.values()):
        code = int(data.x[position, column])
        if isinstance(kind, Category) and code < len(kind.labels):
            return kind.labels[code]
    return ""


def table(data: Data, answers: Answers) -> "pd.DataFrame":
    """Return a row for each drawing: its moves, and how unlikely the network holds it to be."""
    import pandas as pd

    return pd.DataFrame({"row": answers.ids, "moves": answers.y, "nats a move": answers.prediction.values})


def rivals(plan: Plan, data: Data) -> Iterator[BaselineResult]:
    """Yield what plain Gaussians make of the same drawings."""
    usual = kind_of(data.schema).usual
    rows = {split: data.positions(split) for split in data.splits}
    for name, seconds, answer in pen_baselines(data.y[rows["train"]].cpu()):
        found = {split: answer(data.y[rows[split]].cpu()) for split in ("validation", "test")}
        moves = {split: lengths(data.y[rows[split]]).cpu().numpy() for split in found}
        scores = {s: drawing_scores(moves[s], found[s], seed=plan.data.seed) for s in found}
        yield BaselineResult(
            name,
            seconds,
            scores["test"],
            scores["validation"],
            -float(found["validation"].sum() / moves["validation"].sum()),
            prediction=found["test"] / usual,
        )


@torch.no_grad()
def draw(
    network: Any, x: torch.Tensor, kind: Strokes, *, temperature: float, longest: int, generator: torch.Generator
) -> np.ndarray:
    """Draw with a network, given its conditions x (B, columns): (B, points, 5), as the schema's drawings are."""
    network.eval()
    points = min(longest, kind.points - 1)
    y = torch.zeros((len(x), points + 1, 5))
    y[:, :, 4] = 1
    last, states = x.new_tensor([0.0, 0, 1, 0, 0]).expand(len(x), 1, 5), None
    ended = torch.zeros(len(x), dtype=torch.bool)
    for step in range(points):
        said, states = network.go_on(x, last, states)
        if not step:
            said[..., -1] = -torch.inf  # no drawing is nothing
        move = Mixture.of(said[:, -1]).draw(temperature, generator)
        ended |= move[:, 4] > 0.5
        if bool(ended.all()):
            break
        y[:, step] = torch.where(ended[:, None], y[:, step], move)
        last = move[:, None]
    return y.numpy()


def made(
    learnt: Learnt, labels: Sequence[str], *, temperature: float = TEMPERATURE, longest: int = 10**6, seed: int = 0
) -> list[np.ndarray]:
    """Make a drawing for each of the labels ("" where there are none): moves (n, 3) in the units of the source."""
    kind = kind_of(learnt.schema)
    network = learnt.network.cpu()
    generator = torch.Generator().manual_seed(seed)
    found: list[np.ndarray] = []
    for begin in range(0, len(labels), AT_ONCE):
        x = conditions(learnt.schema, labels[begin : begin + AT_ONCE])
        drawings = draw(network, x, kind, temperature=temperature, longest=longest, generator=generator)
        found += [decoded(one, kind.scale) for one in drawings]
    return found


def conditions(schema: Schema, labels: Sequence[str]) -> torch.Tensor:
    """Return x (B, columns) of drawings to be made. Raises UsageError for a label that was not learnt."""
    known = next((k.labels for k in schema.inputs.values() if isinstance(k, Category)), ())
    for label in labels:
        if known and label not in known:
            raise UsageError(unknown("label", label, known))
        if label and not known:
            raise UsageError("these drawings were learnt without labels. Leave out --label.")
    codes = [[known.index(label)] if known else [] for label in labels]
    return torch.tensor(codes, dtype=torch.float32).reshape(len(labels), len(schema.inputs))


def generate(learnt: Learnt, options: Mapping[str, Any]) -> Made:
    """Make drawings: a sheet of them as SVG, or as PNG with `form`; of every label in turn where none is asked for."""
    known = next((k.labels for k in learnt.schema.inputs.values() if isinstance(k, Category)), ())
    count, label = int(options.get("count", 1 if "label" in options else COUNT)), options.get("label")
    temperature = float(options.get("temperature", TEMPERATURE))
    if temperature <= 0:
        raise UsageError("the temperature must be above 0: 0.1 draws what is likeliest, 1 as the network thinks.")
    form = str(options.get("form", "svg"))
    if form not in ("svg", "png"):
        raise UsageError(unknown("form", form, ("svg", "png")))
    labels = [label if label is not None else known[i % len(known)] if known else "" for i in range(count)]
    drawings = made(
        learnt,
        labels,
        temperature=temperature,
        longest=int(options.get("length", 10**6)),
        seed=int(options.get("seed", 0)),
    )
    rows = [{"label": name, "moves": m.round(3).tolist()} for name, m in zip(labels, drawings, strict=True)]
    content = sheet(drawings, labels).encode() if form == "svg" else page(drawings)
    moves = sum(map(len, drawings))
    text = f"{count} drawing{'s' if count > 1 else ''} of {moves:,} moves" + (f": {label}" if label else "")
    return Made(text, rows, {f"drawing.{form}": content})


def cards(run: Run, learnt: Learnt, data: Data, answers: Answers) -> dict[str, Any]:
    """Write drawings.json: drawings of the test part, drawn by chance, and as many new ones of the same labels."""
    rng = np.random.default_rng([learnt.plan.data.seed, 0xD2])
    places = data.positions("test").cpu().numpy()
    chosen = np.sort(rng.permutation(places)[:CARD]).tolist()
    labels = [name_of(data, place) for place in chosen]
    scale = kind_of(learnt.schema).scale
    real = [decoded(data.y[place].cpu().numpy(), scale) for place in chosen]
    new = made(learnt, labels, seed=learnt.plan.data.seed)
    rows = {
        name: [{"label": label, "moves": m.round(2).tolist()} for label, m in zip(labels, drawings, strict=True)]
        for name, drawings in (("real", real), ("new", new))
    }
    run.write("drawings.json", {"temperature": TEMPERATURE, **rows})
    return {}


OUTCOME = Outcome(
    score=score,
    describe=describe,
    table=table,
    ask=ask,
    store=rightness,
    cards=cards,
    rivals=rivals,
    measure="nats a move",
    generate=generate,
    options={
        "label": "what is to be drawn, one of the labels",
        "count": f"how many drawings: 1 with a label, {COUNT} without",
        "temperature": f"under 1 safer, over 1 bolder ({TEMPERATURE})",
        "length": "how many moves of the pen at most",
        "form": "svg or png",
        "seed": "the same seed makes the same",
    },
)
