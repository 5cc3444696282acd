"""The robustness card: how a classifier of pictures fares as they get harder, in the seven ways that pictures do.

Six are changes of the picture with a severity from 0 to 5 (see `nuisances`). The seventh, variation within a class,
changes nothing: it parts the pictures of each class into fifths, from the most typical to the oddest.
"""

import itertools
import math
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ..data.dataset import Data
from ..data.shown import png
from ..decision import Decision, undecided
from ..errors import UsageError
from ..metrics import compare_classifiers, wilson
from ..tasks.task import Predictive
from .nuisances import NUISANCES, SEVERITIES, Nuisance

SALT = 71
BLOCK = 6_000_000  # numbers of pictures changed at once: 24 MB
SHOWN = {1: 56, 3: 40}  # the longest side of a picture in the card, by its channels
SIDE = 16  # pixels a side at which pictures are compared with the middle of their class
CENTRED = 4_000  # training pictures that the middles of the classes are taken of
FIFTHS = ("most typical", "typical", "middle", "odd", "oddest")
AFFINE = "Train with small turns and changes of size: --augment affine. For larger ones, add pictures that show them."
ADVICE = {
    "viewpoint": AFFINE,
    "scale": AFFINE,
    "deformation": AFFINE,
    "occlusion": "Add training pictures in which things stand before the object.",
    "illumination": "Add training pictures taken in poor and in strong light.",
    "background clutter": "Add training pictures with other things around the object, or cut the object out.",
    "intra-class variation": "Add training pictures like the oddest ones; look at them first, some may be mislabelled.",
}


@torch.no_grad()
def robustness_card(
    network: nn.Module,
    task: Predictive,
    data: Data,
    *,
    decision: Decision | None = None,
    seed: int = 0,
    most: int = 500,
) -> dict[str, Any]:
    """Return the robustness card of a classifier of pictures as plain JSON, from up to `most` test pictures.

    {n, clean, chance, seed, weakest, probes}: `clean` is the accuracy on the pictures as they are, `chance` that of
    always saying the most frequent label. A probe is {name, what, levels, half, sentence, advice}; a level {severity,
    setting, accuracy, drop, shown}: accuracies with their intervals, `drop` {value, low, high, p, n} against severity 0
    on the same pictures, `shown` one of them {picture: base64 PNG, true, predicted}. `half` is the severity at which
    half of the gain over chance is lost, None where it never is. Raises UsageError for data that are not pictures with
    one label each. With a `decision`, the answers are decided as the run's.
    """
    if data.schema.image is None or data.task != "classification":
        raise UsageError("the robustness card is for pictures with one label each. Leave out --robustness.")
    network.eval()
    asked = Asked(network, task, data, decision or undecided("classification"), *chosen(data, seed, most))
    right = asked.clean == asked.truth
    chance = float(np.unique(asked.truth, return_counts=True)[1].max() / len(right))
    probes = [probe(asked, nuisance, seed) for nuisance in NUISANCES]
    changed = [judged(p, chance) for p in probes]
    weakest = min(changed, key=lambda p: sum(level["accuracy"]["value"] for level in p["levels"]))
    return {
        "n": len(right),
        "clean": wilson(int(right.sum()), len(right)).to_dict(),
        "chance": chance,
        "seed": seed,
        "weakest": weakest["name"],
        "probes": [*changed, variation(asked)],
    }


class Asked:
    """A network with the test pictures that it is asked about, (n, C, H, W) uint8, and their true labels (n,)."""

    def __init__(
        self, network: nn.Module, task: Predictive, data: Data, decision: Decision, pixels: Tensor, y: Tensor
    ) -> None:
        self.network, self.task, self.data, self.decision = network, task, data, decision
        self.pixels, self.y = pixels, y.cpu().numpy()
        self.truth = np.array(data.schema.labels)[self.y]
        self.clean = self.answers(pixels)
        self.shown = int((self.clean == self.truth).argmax())  # the first that is right without any change

    def answers(self, pixels: Tensor) -> np.ndarray:
        """Return the network's labels for uint8 pictures."""
        place = next(self.network.parameters()).device
        parts = (self.data.ready(p).to(place) for p in torch.split(pixels, block(pixels)))
        said = (self.task.predict(self.network, part) for part in parts)
        return np.concatenate([self.decision.apply(s, self.task.decode).values for s in said])

    def show(self, place: int, pixels: Tensor | None = None, answer: str | None = None) -> dict[str, Any]:
        """Return the picture at a place for the card, small, with its label and the network's answer.

        `pixels` (C, H, W) uint8 and `answer` are those of the changed picture, where it is changed.
        """
        pixels = self.pixels[place] if pixels is None else pixels
        answer = self.clean[place] if answer is None else answer
        longest = SHOWN.get(len(pixels), min(SHOWN.values()))
        size = [max(1, round(s * min(1.0, longest / max(pixels.shape[1:])))) for s in pixels.shape[1:]]
        small = F.interpolate(pixels[None].float(), size=size, mode="area")[0]
        return {"picture": png(to_bytes(small / 255)), "true": str(self.truth[place]), "predicted": str(answer)}


def chosen(data: Data, seed: int, most: int) -> tuple[Tensor, Tensor]:
    """Return up to `most` test pictures, drawn without replacement, with their codes."""
    rows = data.positions("test")
    if len(rows) > most:
        drawn = np.random.default_rng([seed, SALT]).choice(len(rows), most, replace=False)
        rows = rows[torch.from_numpy(np.sort(drawn)).to(rows.device)]
    return data.x[rows], data.y[rows]


def block(pixels: Tensor) -> int:
    """Return how many pictures are changed at once."""
    return max(1, BLOCK // math.prod(pixels.shape[1:]))


def to_bytes(x: Tensor) -> Tensor:
    """Return pictures within 0..1 as uint8."""
    return x.mul(255).round().clamp(0, 255).to(torch.uint8)


def probe(asked: Asked, nuisance: Nuisance, seed: int) -> dict[str, Any]:
    """Ask about the pictures at every severity of one change."""
    drawn = nuisance.draw(len(asked.pixels), seed).to(asked.pixels.device)
    levels = []
    for severity in SEVERITIES:
        changed = asked.pixels if severity == 0 else change(asked.pixels, nuisance, severity, drawn)
        answers = asked.clean if severity == 0 else asked.answers(changed)
        right = answers == asked.truth
        levels.append(
            {
                "severity": severity,
                "setting": nuisance.setting(severity),
                "accuracy": wilson(int(right.sum()), len(right)).to_dict(),
                "drop": drop(asked, answers) if severity else None,
                "shown": asked.show(asked.shown, changed[asked.shown], answers[asked.shown]),
            }
        )
    return {"name": nuisance.name, "what": nuisance.what, "levels": levels}


def change(pixels: Tensor, nuisance: Nuisance, severity: int, drawn: Tensor) -> Tensor:
    """Return the pictures changed, uint8; the picture mixed into each is that of a place further on."""
    others = pixels.roll(max(1, len(pixels) // 2), 0)
    done = []
    for x, numbers, other in zip(*(torch.split(t, block(pixels)) for t in (pixels, drawn, others)), strict=True):
        done.append(to_bytes(nuisance.apply(x.float() / 255, severity, numbers, other.float() / 255)))
    return torch.cat(done)


def drop(asked: Asked, answers: np.ndarray) -> dict[str, Any]:
    """Return how much accuracy is lost against the clean pictures, paired, with interval and p."""
    found = compare_classifiers(asked.truth, asked.clean, answers)
    return {"value": found.difference, "low": found.low, "high": found.high, "p": found.p, "n": found.n}


def judged(made: dict[str, Any], chance: float) -> dict[str, Any]:
    """Add to a probe where half of the gain over chance is lost, a sentence and an advice."""
    levels, name = made["levels"], made["name"]
    clean, last, half = levels[0]["accuracy"]["value"], levels[-1], half_lost(levels, chance)
    if last["drop"]["p"] >= 0.05 or last["drop"]["value"] <= 0:
        sentence = f"No loss that can be told from chance, up to severity {last['severity']} ({last['setting']})."
    else:
        sentence = (
            f"Accuracy falls from {clean:.3f} to {last['accuracy']['value']:.3f} at severity {last['severity']} "
            f"({last['setting']}); "
            + (
                "more than half of the gain over chance is kept throughout."
                if half is None
                else f"half of the gain over chance is lost at severity {half:.1f}."
            )
        )
    return made | {"half": half, "sentence": sentence, "advice": ADVICE[name]}


def half_lost(levels: list[dict[str, Any]], chance: float) -> float | None:
    """Return the severity at which the accuracy first is midway between clean and chance, on straight lines."""
    values = [level["accuracy"]["value"] for level in levels]
    middle = (values[0] + chance) / 2
    for step, (above, below) in enumerate(itertools.pairwise(values)):
        if below <= middle < above:
            return step + (above - middle) / (above - below)
    return None


def variation(asked: Asked) -> dict[str, Any]:
    """Part the pictures of each class by their distance to its middle; every fifth has the same share of each class."""
    fifth = (5 * ranks(distances(asked), asked.y)).astype(int)
    levels: list[dict[str, Any]] = []
    for number, setting in enumerate(FIFTHS):
        rows = np.flatnonzero(fifth == number)
        right = asked.clean[rows] == asked.truth[rows]
        score = wilson(int(right.sum()), len(rows)).to_dict()
        shown = asked.show(int(rows[len(rows) // 2])) if len(rows) else None
        levels.append({"severity": number + 1, "setting": setting, "accuracy": score, "drop": None, "shown": shown})
    first, last = levels[0]["accuracy"], levels[-1]["accuracy"]
    sentence = "Too few pictures to part them."
    if first["value"] is not None and last["value"] is not None:
        sentence = f"Accuracy is {first['value']:.3f} on the most typical fifth and {last['value']:.3f} on the oddest."
    what = "Nothing is changed: the pictures of each class, from the most typical fifth to the oddest."
    name = "intra-class variation"
    return {
        "name": name,
        "what": what,
        "levels": levels,
        "half": None,
        "sentence": sentence,
        "advice": ADVICE[name],
    }


def distances(asked: Asked) -> np.ndarray:
    """Return how far each picture lies from the mean training picture of its class, (n,), in shrunk pixels.

    Pixels and not the network's features: those would call odd what the network gets wrong.
    """
    data, found = asked.data, small(asked.pixels)
    rows = data.positions("train") if "train" in data.splits else data.positions("test")
    rows = rows[:: max(1, len(rows) // CENTRED)]
    seen, codes = small(data.x[rows]), data.y[rows]
    away = np.zeros(len(found))
    for code in np.unique(asked.y).tolist():
        own, of_class = np.flatnonzero(asked.y == code), seen[codes == code]
        if len(of_class):
            away[own] = (found[own] - of_class.mean(0)).norm(dim=1).cpu().numpy()
    return away


def small(pixels: Tensor) -> Tensor:
    """Return uint8 pictures as rows of a few numbers, (n, C x 16 x 16)."""
    parts = torch.split(pixels, block(pixels))
    return torch.cat([F.adaptive_avg_pool2d(part.float() / 255, SIDE).flatten(1) for part in parts])


def ranks(values: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """Return the place of each value among those of its class, within 0..1, 1 left out."""
    found = np.zeros(len(values))
    for code in np.unique(codes):
        own = np.flatnonzero(codes == code)
        found[own[np.argsort(values[own], kind="stable")]] = (np.arange(len(own)) + 0.5) / len(own)
    return found


def robustness_lines(card: dict[str, Any]) -> list[str]:
    """Return the card for the terminal, a line for each probe."""
    lines = [f"accuracy {card['clean']['value']:.3f} on {card['n']} clean test pictures; chance {card['chance']:.3f}"]
    for made in card["probes"]:
        values = [level["accuracy"]["value"] for level in made["levels"]]
        shown = " ".join("   -" if v is None else f"{v:.2f}" for v in values)
        lines.append(f"{made['name']:<21} {shown:>29}  {made['sentence']}")
    return lines
