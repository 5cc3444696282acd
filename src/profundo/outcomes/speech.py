"""A voice's answers: how surprised it is by each unit of a sound, and sounds of its own."""

import io
import wave
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from ..answers import Answers
from ..baselines import BaselineResult
from ..data.dataset import Data
from ..data.griffin_lim import sound_of
from ..data.shown import coloured, png
from ..data.spectrogram import RANGE, decibels
from ..data.spoken import SPEAKER, Spoken, spectrum
from ..errors import UsageError, unknown
from ..networks.speaker import Speaker
from ..plan import Plan
from ..run import Run
from ..schema import BEGINNING, END, FILLING, NEVER_SEEN, RESERVED, Audio, Category, Schema
from ..tasks.language import surprise
from . import language
from .outcome import Learnt, Made, Outcome
from .sampling import drawn

if TYPE_CHECKING:
    import pandas as pd

TEMPERATURE = 0.9
TRIES = 6  # drafts of each sound: the one that is clearest to the network itself is kept
EACH = 10  # sounds made of each label for the card
SHOWN = 2  # of them in the report
NO_SOUND = [FILLING, NEVER_SEEN, BEGINNING]


@dataclass(frozen=True)
class Said:
    """A sound that was made: int16 samples, the codes of its units, and what it is to be."""

    samples: np.ndarray
    known: Mapping[str, str]
    seconds: float
    codes: np.ndarray


def audio_of(schema: Schema) -> tuple[str, Audio]:
    """Return the name and the kind of the sound."""
    return next((name, kind) for name, kind in schema.targets.items() if isinstance(kind, Audio))


def label_of(schema: Schema) -> tuple[str, Category]:
    """Return the name and the kind of the label, which is the first condition."""
    name, kind = next(iter(schema.inputs.items()))
    assert isinstance(kind, Category)
    return name, kind


@torch.no_grad()
def units(network: Any, known: Tensor, longest: int, temperature: float, generator: torch.Generator) -> list[Tensor]:
    """Say the units of sounds, given the codes of their conditions (B, conditions): a tensor of codes each."""
    assert isinstance(network, Speaker)
    network.eval()
    code, state = torch.full((len(known), 1), BEGINNING), None
    said, ended = [], torch.zeros(len(known), dtype=torch.bool)
    for step in range(longest):
        scores, state = network.go_on(torch.cat([known, code], 1).float(), state)
        scores = scores[:, -1].float()
        scores[:, [*NO_SOUND, END] if step < 2 else NO_SOUND] = -torch.inf
        code = drawn(scores, temperature, generator)[:, None].where(~ended[:, None], torch.tensor(END))
        ended |= code[:, 0] == END
        if bool(ended.all()):
            break
        said.append(code)
    together = torch.cat(said, 1)
    return [row[row != END] for row in together]


def say(learnt: Learnt, wanted: Sequence[Mapping[str, str]], temperature: float, seed: int) -> list[Said]:
    """Make a sound for each of the conditions: {"label": "7", "speaker": "jackson"}."""
    _, kind = audio_of(learnt.schema)
    codes = [[coded(learnt.schema, name, each[name]) for name in learnt.schema.inputs] for each in wanted]
    generator = torch.Generator().manual_seed(seed)
    known = torch.tensor(codes).repeat_interleave(TRIES, 0)
    drafts = units(learnt.network, known, kind.frames, temperature, generator)
    made = clearest(learnt, known, drafts)
    sounds = [sound_of(spectrum(row.numpy(), kind), kind, seed)[0].numpy() for row in made]
    return [
        Said(sound, each, len(sound) / kind.rate, row.numpy())
        for sound, each, row in zip(sounds, wanted, made, strict=True)
    ]


@torch.no_grad()
def clearest(learnt: Learnt, known: Tensor, drafts: Sequence[Tensor]) -> list[Tensor]:
    """Return of each TRIES drafts the one of which the network itself would guess the label most surely.

    By Bayes: the likelihood of the units under their label among those under every label.
    """
    y = torch.zeros(len(drafts), 1 + max(map(len, drafts)), dtype=torch.int64)
    for row, draft in zip(y, drafts, strict=True):
        row[: len(draft)], row[len(draft)] = draft, END
    begun = torch.cat([torch.full((len(y), 1), BEGINNING), y[:, :-1]], 1)
    begun = begun.where(begun != END, FILLING)
    nats = []
    for label in range(len(label_of(learnt.schema)[1].labels)):
        x = torch.cat([torch.full((len(y), 1), label), known[:, 1:], begun], 1).float()
        nats.append(surprise(learnt.network(x), y).sum(1))
    sure = (-torch.stack(nats, 1)).log_softmax(1).gather(1, known[:, :1]).view(-1, TRIES)
    return [drafts[place * TRIES + int(best)] for place, best in enumerate(sure.argmax(1))]


def coded(schema: Schema, name: str, value: str) -> int:
    """Return the code of a condition. Raises UsageError with the nearest ones."""
    kind = schema.inputs[name]
    assert isinstance(kind, Category)
    if value not in kind.labels:
        raise UsageError(unknown(name, value, kind.labels))
    return kind.labels.index(value)


def generate(learnt: Learnt, options: Mapping[str, Any]) -> Made:
    """Say a label, or every label, as one of the speakers or as all in turn: a WAV file each."""
    name, kind = label_of(learnt.schema)
    labels = [str(options["label"])] if "label" in options else list(kind.labels)
    count, temperature = int(options.get("count", 1)), float(options.get("temperature", TEMPERATURE))
    if count < 1 or temperature < 0:
        raise UsageError("--count is 1 or more, and --temperature 0 or more.")
    voices = speakers(learnt.schema, options)
    wanted = [{name: label, SPEAKER: voices[i % len(voices)]} for label in labels for i in range(count)]
    said = say(learnt, wanted, temperature, int(options.get("seed", 0)))
    _, sound = audio_of(learnt.schema)
    files, rows = {}, []
    for number, one in enumerate(said):
        who = f"_{one.known[SPEAKER]}" if SPEAKER in learnt.schema.inputs else ""
        file = f"{one.known[name]}{who}_{number % count}.wav"
        files[file] = wav(one.samples, sound.rate)
        known = {key: value for key, value in one.known.items() if key in learnt.schema.inputs}
        rows.append({**known, "seconds": round(one.seconds, 3), "file": file})
    text = "\n".join(f"{', '.join(f'{k} {row[k]}' for k in learnt.schema.inputs)}: {row['seconds']} s" for row in rows)
    return Made(text, rows, files)


def speakers(schema: Schema, options: Mapping[str, Any]) -> list[str]:
    """Return who is to speak: the one that is asked for, or all; [""] where the network knows no speakers."""
    kind = schema.inputs.get(SPEAKER)
    if SPEAKER in options:
        if kind is None:
            raise UsageError("the recordings said no speaker, so there is none to choose. Leave speaker out.")
        coded(schema, SPEAKER, str(options[SPEAKER]))
        return [str(options[SPEAKER])]
    return list(kind.labels) if isinstance(kind, Category) else [""]


def wav(samples: np.ndarray, rate: int) -> bytes:
    """Return int16 samples as the bytes of a WAV file."""
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(2)
        writer.setframerate(rate)
        writer.writeframes(samples.astype("<i2").tobytes())
    return file.getvalue()


def describe(answers: Answers, data: Data, index: int, position: int) -> dict[str, Any]:
    """Describe a sound that surprised."""
    assert isinstance(data, Spoken) and data.sounds is not None and answers.losses is not None
    _, kind = audio_of(data.schema)
    row = int(answers.ids[index])
    assert data.frame is not None
    values = {name: str(data.frame.at[row, name]) for name in data.frame.columns}
    said = ", ".join(str(values[name]) for name in data.schema.inputs)
    picture = png(coloured(decibels(data.sounds[position : position + 1], kind)[0]))
    told = {"true": said, "predicted": f"{answers.losses[index]:.2f} nats a unit", "confidence": None}
    return {"id": row, "loss": float(answers.losses[index]), "picture": picture, "values": values, **told}


def table(data: Data, answers: Answers) -> "pd.DataFrame":
    """Return a row for each sound: how surprising it is."""
    import pandas as pd

    assert data.frame is not None
    rows = data.frame.loc[answers.ids]
    return pd.DataFrame({"row": answers.ids, **{c: rows[c].to_numpy() for c in rows}, "nats a unit": answers.losses})


def rivals(plan: Plan, data: Data) -> Iterator[BaselineResult]:
    """Yield how surprised counting is: units by themselves, and pairs of units of each label."""
    labels = data.x[:, 0].long()
    train = data.positions("train")
    size, count = data.schema.outputs, len(label_of(data.schema)[1].labels)
    y = data.y[train]
    alone = torch.bincount(y[y != FILLING], minlength=size) + 0.1
    single = alone / alone.sum()
    before = torch.cat([torch.full((len(data.y), 1), BEGINNING), data.y[:, :-1]], 1)
    places = (labels[:, None] * size + before) * size + data.y
    pairs = torch.bincount(places[train][y != FILLING], minlength=count * size * size).view(count, size, size)
    paired = (pairs + 5 * single) / (pairs.sum(2, keepdim=True) + 5)  # five sounds' worth of the single units
    for name, found in (("unit frequencies", single[data.y]), ("pairs of units", paired.flatten()[places])):
        losses = {}
        for split in ("validation", "test"):
            rows = data.positions(split)
            scored = data.y[rows] != FILLING
            losses[split] = (-(found[rows].log()) * scored).sum(1) / scored.sum(1)
        yield baseline(name, losses, data)


def baseline(name: str, losses: Mapping[str, Tensor], data: Data) -> BaselineResult:
    """Return a baseline with the score of its losses on the test part."""
    from ..metrics import mean_score

    test = losses["test"].double().numpy()
    scores = {"nats": mean_score(test, seed=data.seed)}
    return BaselineResult(name, 0.0, scores, validation=-float(losses["validation"].mean()), prediction=test, note="")


def cards(run: Run, learnt: Learnt, data: Data, answers: Answers) -> dict[str, Any]:
    """Say every label a few times, let a judge that knows only real sounds tell which it is, and store pictures."""
    assert isinstance(data, Spoken) and data.sounds is not None
    name, labels = label_of(learnt.schema)
    _, kind = audio_of(learnt.schema)
    voices = speakers(learnt.schema, {})
    wanted = [{name: label, SPEAKER: voices[i % len(voices)]} for label in labels.labels for i in range(EACH)]
    said = say(learnt, wanted, TEMPERATURE, learnt.plan.data.seed)
    truth = np.array([labels.labels.index(each[name]) for each in wanted])
    right, real = judged(data, kind, [one.codes for one in said], truth)
    shown = [
        {
            "known": ", ".join(filter(None, one.known.values())),
            "picture": png(coloured(decibels(as_batch(one), kind)[0])),
        }
        for number, one in enumerate(said)
        if number % EACH < SHOWN
    ]
    sentence = (
        f"An SVM that learnt from the units of the real training sounds recognises {right:.3f} of {len(said)} sounds "
        f"that the network made, and {real:.3f} of the {data.count('test')} real test sounds."
    )
    run.write(
        "speech.json", {"units": len(kind.units), "sentence": sentence, "made": right, "real": real, "shown": shown}
    )
    return {"speech": {"sentence": sentence, "made": right, "real": real, "n": len(said)}}


def as_batch(one: Said) -> Tensor:
    """Return a sound as a batch of one."""
    return torch.from_numpy(one.samples)[None]


def judged(data: Spoken, kind: Audio, made: Sequence[np.ndarray], truth: np.ndarray) -> tuple[float, float]:
    """Return which share of made sounds, and of the real test ones, an SVM on the training part's units recognises."""
    from sklearn.svm import SVC

    labels = data.x[:, 0].long().numpy()
    train, test = (data.positions(split).numpy() for split in ("train", "test"))
    codes = data.y.numpy()
    seen, held = (heard([row[row >= RESERVED] for row in codes[rows]], kind) for rows in (train, test))
    judge = SVC(C=10).fit(seen, labels[train])
    right = judge.predict(heard(made, kind)) == truth
    return float(right.mean()), float((judge.predict(held) == labels[test]).mean())


def heard(codes: Sequence[np.ndarray], kind: Audio) -> np.ndarray:
    """Return what the judge hears: the spectrograms of units, 0 to 1, shrunk or stretched to 16 x 16 (n, 256)."""
    levels = [1 + spectrum(each, kind).unsqueeze(1) / RANGE for each in codes]
    return torch.cat([F.interpolate(part, size=(16, 16), mode="bilinear").flatten(1) for part in levels]).numpy()


OUTCOME = Outcome(
    ask=language.ask,
    score=language.score,
    describe=describe,
    table=table,
    store=language.store,
    cards=cards,
    rivals=rivals,
    measure="nats",
    generate=generate,
    options={
        "label": "what is to be said; without it, every label",
        "speaker": "who speaks; without it, each of the speakers in turn (--option speaker=NAME)",
        "temperature": f"how varied: 0 says the likeliest, 1 as varied as the recordings ({TEMPERATURE})",
        "count": "how many of each label (1)",
        "seed": "of the random choices (0)",
    },
)
