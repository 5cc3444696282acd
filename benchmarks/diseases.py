"""The training doctor against planted diseases, healthy runs, its own cures, and the clock.

Twelve diseases are planted in real trainings on real data (planted.py): is the planted one named first? Healthy runs
are the default recipe on built-in and shared data: does any get a warning? A cure is what the finding says to type:
does the training then reach a lower validation loss, without the finding? Cost is the time spent looking as a share
of the training, looking included, in one run. Dead units are counted one by one. Thresholds were chosen on seeds 0 to
4; the figures are of other seeds.
"""

import argparse
import shlex
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from hardware import hardware
from planted import DISEASES, HEALTHY, PLAIN, TABLES, Case, case, healthy, hidden, start
from profundo.doctor import Watcher, diagnose
from profundo.doctor.vitals import silent
from profundo.errors import CheckFailed
from profundo.finder import find
from profundo.findings import Finding
from profundo.flags import literal, wishes
from profundo.loop import training
from profundo.recipe import Recipe
from record import DATA, NUMBERS, figure, record, show, store

CURED = tuple(name for name in DISEASES if name not in ("label noise", "overfitting"))  # those two need better data


@dataclass
class Course:
    """How a training went."""

    vitals: list[dict[str, Any]]
    progress: list[dict[str, Any]]
    facts: dict[str, Any]
    looking: float = 0.0
    seconds: float = 0.0
    findings: list[Finding] = field(default_factory=list)

    @property
    def names(self) -> list[str]:
        """What was found, in order."""
        return [f.name for f in self.findings]

    @property
    def lowest(self) -> float:
        """The lowest validation loss."""
        return min((p["validation_loss"] for p in self.progress), default=float("inf"))


def follow(made: Case) -> Course:
    """Find the learning rate, train, and look now and then, as train.py does; then ask the doctor."""
    recipe = made.plan.recipe
    if recipe.lr is None:
        recipe = replace(recipe, lr=find(made.network, made.data, made.task, recipe).suggestion)
    began = time.perf_counter()
    watcher = Watcher(made.network, made.task, made.data, recipe)
    course = Course([watcher.look(0)], [], facts(made, recipe))
    course.looking, epoch = time.perf_counter() - began, 0
    try:
        for p in training(made.network, made.data, made.task, recipe):
            epoch = p.epoch
            if p.whole:
                course.progress.append(line(p))
            if p.whole and (watcher.due(epoch) or p.stopped):
                begun = time.perf_counter()
                course.vitals.append(watcher.look(epoch))
                course.looking += time.perf_counter() - begun
    except CheckFailed as error:
        course.facts["failure"] = str(error)
        course.vitals.append(watcher.look(epoch + 1))
    course.seconds = time.perf_counter() - began
    course.findings = diagnose(course.vitals, course.progress, course.facts)
    return course


def line(p: Any) -> dict[str, Any]:
    """Return what the rules read of a line of progress.jsonl."""
    return {"epoch": p.epoch, "train_loss": p.train_loss, "validation_loss": p.validation.get("loss"), "lr": p.lr}


def facts(made: Case, recipe: Recipe) -> dict[str, Any]:
    """Return what the rules read of the plan."""
    return {"network_options": dict(made.plan.network_options), "recipe": dict(vars(recipe))}


def planted(seeds: Sequence[int]) -> tuple[list[dict[str, Any]], list[dict[str, Any]], list[dict[str, Any]]]:
    """Plant every disease, and count how often it is named first."""
    rows = []
    for disease, make in DISEASES.items():
        for seed in seeds:
            found = follow(make(seed))
            right = found.names[:1] == [disease]
            severity = found.findings[0].severity if found.findings else ""
            rows.append({"disease": disease, "seed": seed, "right": right, "severity": severity, "found": found.names})
            print(disease, seed, "right" if right else "WRONG", found.names, flush=True)
    every = [float(row["right"]) for row in rows]
    table = [
        {"disease": d, "named first": f"{sum(r['right'] for r in rows if r['disease'] == d)} of {len(seeds)}"}
        for d in DISEASES
    ]
    return [figure("planted disease named first, share", every, at_least=0.9)], rows, table


def well(seeds: Sequence[int]) -> tuple[list[dict[str, Any]], list[dict[str, Any]], list[dict[str, Any]]]:
    """Train the default recipe, and count the runs with a warning or worse."""
    rows = []
    for name in HEALTHY:
        for seed in seeds:
            found = follow(healthy(name, seed))
            alarms = [f.name for f in found.findings if f.severity != "minor"]
            rows.append({"data": name, "seed": seed, "alarms": alarms, "found": found.names})
            print(name, seed, alarms or "well", found.names, flush=True)
    shares = [float(bool(row["alarms"])) for row in rows]
    return [figure("healthy runs with a warning or worse, share", shares, at_most=0.05)], rows, []


def cured(seeds: Sequence[int]) -> tuple[list[dict[str, Any]], list[dict[str, Any]], list[dict[str, Any]]]:
    """Type what the first finding says, and train again."""
    rows = []
    for disease in CURED:
        for seed in seeds:
            if disease == "loss never started falling" and seed % 3:  # mixed-up labels have no cure to be typed
                continue
            before = follow(DISEASES[disease](seed))
            named = next((f for f in before.findings if f.name == disease), None)
            if named is None:
                continue
            after = follow(DISEASES[disease](seed, **typed(named.flag)))
            better = after.lowest < before.lowest
            gone = disease == "inputs not normalised" or disease not in after.names  # inputs stay as they are
            row = {
                "disease": disease,
                "seed": seed,
                "typed": named.flag,
                "before": before.lowest,
                "after": after.lowest,
            }
            rows.append(row | {"cured": better and gone, "left": after.names})
            print(row, rows[-1]["cured"], after.names, flush=True)
    shares = [float(row["cured"]) for row in rows]
    return [figure("trainings cured by what the finding says to type, share", shares)], rows, []


def typed(flag: str) -> dict[str, Any]:
    """Read "--lr 0.01 --clip 1" as wishes."""
    words = shlex.split(flag)
    names = [word.removeprefix("--").replace("-", "_") for word in words[::2]]
    values = [value if name == "hidden" else literal(value) for name, value in zip(names, words[1::2], strict=True)]
    return wishes(dict(zip(names, values, strict=True)))


def cost(repetitions: int) -> tuple[list[dict[str, Any]], list[dict[str, Any]], list[dict[str, Any]]]:
    """Measure the share of a training that is spent looking."""
    lenet = {"network": "lenet5", "rows": 12_000, "epochs": 3}
    made = {
        "digits": lambda seed: case("digits", seed, {}),
        "wine_quality.csv": lambda seed: case(
            str(DATA / "tabular" / "wine_quality.csv"), seed, {}, TABLES["wine_quality.csv"]
        ),
        "MNIST, LeNet-5": lambda seed: case(str(DATA / "mnist.npz"), seed, lenet),
    }
    rows, figures = [], []
    for name, make in made.items():
        found = [follow(make(seed)) for seed in range(repetitions)]
        shares = [c.looking / c.seconds for c in found]
        rows += [{"training": name, "looking": c.looking, "seconds": c.seconds} for c in found]
        figures.append(figure(f"looking, share of the training: {name}", shares, at_most=0.05))
        print(name, shares, flush=True)
    return figures, rows, []


def dead_units(seeds: Sequence[int]) -> tuple[list[dict[str, Any]], list[dict[str, Any]], list[dict[str, Any]]]:
    """Kill some ReLUs of trained networks; compare what the probe flags with what all training rows say."""
    rows = []
    for seed in seeds:
        for source in ("digits", "breast_cancer", "diabetes"):
            made = case(source, seed, {"network": "mlp", "hidden": [128, 64], "numbers": "plain", "epochs": 10})
            course = follow(made)
            watcher = Watcher(made.network, made.task, made.data, replace(made.plan.recipe, lr=1e-3))
            chosen, generator = [], torch.Generator().manual_seed(seed)
            with torch.no_grad():
                for layer in hidden(made.network):
                    kill = torch.rand(layer.bias.shape, generator=generator) < 0.2
                    layer.bias[kill] -= 1e3
                    chosen.append(kill)
            looked_at = torch.cat([watcher.probe.x, watcher.fresh.x])
            seen, every = relus(made, looked_at), relus(made, made.data.whole("train").x)
            kill, seen, every = torch.cat(chosen), torch.cat(seen), torch.cat(every)
            caught = float((seen & kill).sum() / kill.sum())
            false = float((seen & ~every).sum() / (~every).sum())
            rows.append({"data": source, "seed": seed, "caught": caught, "false alarms": false, "found": course.names})
            print(rows[-1], flush=True)
    figures = [
        figure("planted dead units flagged, share", [r["caught"] for r in rows], at_least=0.95),
        figure("living units flagged, share", [r["false alarms"] for r in rows], at_most=0.01),
    ]
    return figures, rows, []


@torch.no_grad()
def relus(made: Case, x: torch.Tensor) -> list[torch.Tensor]:
    """Return which ReLUs of an MLP are zero for every x."""
    found = []
    made.network.eval()
    for module in made.network:
        x = module(x)
        if isinstance(module, torch.nn.ReLU):
            found.append(silent(x, -1))
    return found


STARTS = (("tanh", "glorot"), ("relu", "he"), ("tanh", "normal"), ("relu", "normal"))
WIDE = 1024


def thirty_layers(seeds: Sequence[int]) -> tuple[list[dict[str, Any]], list[dict[str, Any]], list[dict[str, Any]]]:
    """Compare the variance of the activations of the last of 30 layers with the first's, at the start.

    All layers are as wide as the inputs, which are normal, mean 0 and variance 1.
    """
    inputs = np.random.default_rng(0).normal(size=(400, WIDE))
    arrays = {"x": inputs.astype(np.float32), "y": (inputs[:, 0] > 0).astype(np.int64)}
    rows, figures = [], []
    with tempfile.TemporaryDirectory() as folder:
        np.savez(Path(folder) / "normal.npz", **arrays)
        for activation, how in STARTS:
            for seed in seeds:
                own = {**PLAIN, "hidden": [WIDE] * 30, "activation": activation, "lr": 1e-3, **start(how)}
                made = case(str(Path(folder) / "normal.npz"), seed, own)
                layers = Watcher(made.network, made.task, made.data, made.plan.recipe).look(0)["layers"]
                ratio = (layers[29]["active_std"] / layers[0]["active_std"]) ** 2
                rows.append({"activation": activation, "start": how, "seed": seed, "ratio": ratio})
    for activation, how in STARTS:
        ratios = [r["ratio"] for r in rows if (r["activation"], r["start"]) == (activation, how)]
        small = how == "normal"
        inside = [float(r < 1e-3 if small else 0.5 <= r <= 2) for r in ratios]
        name = f"30 layers of {activation}, {how}"
        figures.append(figure(f"{name}: variance, last over first", ratios))
        figures.append(figure(f"{name}: share of seeds {'below 1e-3' if small else 'in [0.5, 2]'}", inside))
        print(name, "median", float(np.median(ratios)), "range", min(ratios), max(ratios), flush=True)
    return figures, rows, []


PARTS = {
    "planted diseases": planted,
    "healthy runs": well,
    "cures": cured,
    "dead units": dead_units,
    "thirty layers": thirty_layers,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", choices=[*PARTS, "cost"], default=[*PARTS, "cost"])
    parser.add_argument("--seeds", type=int, nargs="+", default=[10, 11, 12, 13, 14])
    parser.add_argument("--out", type=Path, default=NUMBERS / "diseases.json")
    asked = parser.parse_args()
    for name in asked.parts:
        here = hardware()
        figures, rows, table = cost(len(asked.seeds)) if name == "cost" else PARTS[name](asked.seeds)
        settings = {"seeds": asked.seeds}
        store(asked.out, __doc__, {name: record(figures, rows, here, settings=settings, table=table, notes=[])})
        show(figures)


if __name__ == "__main__":
    main()
