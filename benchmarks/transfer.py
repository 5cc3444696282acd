"""Transfer learning: weights learnt elsewhere against none, each way as `profundo train --transfer WAY` trains it.

`digits`: a convolutional network learns the digits 0 to 4 of MNIST; its convolutions stay frozen, and a new last layer
learns 5 to 9. `ten`: ten pictures a class to learn from (15 % of them choose the epoch), SqueezeNet 1.1's ImageNet
weights, every way. Beside scratch with the same network stands scratch with the network that is usual without weights.
`auto`: which way the race takes on the same pictures, and which was best on the test part. `faces`: eigenfaces (PCA
whitening and an SVM, tuned by cross-validation on the training part) against SqueezeNet's features, 19 people; the head
is chosen by cross-validation on the training part too. Nothing is chosen on a test part.
"""

import argparse
import io
import json
import os
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

os.environ.setdefault("PROFUNDO_DATA", str(Path(__file__).parents[2] / "shared" / "data"))

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import torch

from hardware import hardware
from profundo.assemble import assemble, head_name
from profundo.attended import silent
from profundo.data import folds, load
from profundo.data.dataset import Data
from profundo.extract import Features, features_of
from profundo.learning import learn
from profundo.networks.classical_head import ClassicalHead
from profundo.plan import Plan, complete, wish
from profundo.run import Run
from profundo.transfer import race
from profundo.transferring import start
from record import DATA, NUMBERS, figure, record, show, store, wanted

WAYS: dict[str, dict[str, Any]] = {
    "extract": {"transfer": "extract"},
    "extract + lda": {"transfer": "extract", "head": "lda"},
    "extract + svm": {"transfer": "extract", "head": "svm"},
    "finetune": {"transfer": "finetune"},
    "init": {"transfer": "init"},
    "scratch, squeezenet1_1": {"network": "squeezenet1_1", "transfer": "scratch", "sizes": (96, 160)},
    "scratch, convnet": {"transfer": "scratch"},
}
TASKS = {
    "sign digits": ("sign_digits_100px", "label"),
    "cats and dogs": ("cats_dogs_160px", "label"),
    "faces": ("lfw_people_subset", "person"),
    "CIFAR-10": ("cifar10_jpg", "label"),
}
TESTED = 1_000  # test pictures at most, drawn once
KEPT: list[Path] = []
HEADS = ("lda", "logistic", "svm")


def main() -> None:
    asked = arguments()
    here = hardware()
    KEPT.extend([asked.keep] if asked.keep else [])
    for part in asked.parts:
        for name in asked.tasks if part in ("ten", "auto") else [part]:
            if part == "ten":
                made = ten(name, asked.seeds, asked.ways, asked.out)
            else:
                made = {"digits": digits, "auto": auto, "faces": faces}[part](name, asked.seeds)
            entry = part if name == part else f"{part}: {name}"
            store(asked.out, __doc__, {entry: record(*made[:2], here, **made[2])})
            print(entry)
            show(made[0])


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--parts", nargs="+", default=["digits", "ten", "auto", "faces"])
    parser.add_argument("--tasks", nargs="+", default=list(TASKS))
    parser.add_argument("--ways", nargs="+", default=list(WAYS))
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--keep", type=Path, help="where the networks of the digits 0 to 4 are kept, to be used again")
    parser.add_argument("--out", type=Path, default=NUMBERS / "transfer.json")
    return parser.parse_args()


def few(name: str, seed: int, folder: str, count: int = 10) -> Path:
    """Write so many training pictures a class, and the test part, as a parquet file."""
    file, label = TASKS[name]
    table = pq.read_table(DATA / f"{file}.parquet")
    y = np.array(table[label].to_pylist()).astype(str)
    split = np.array(table["split"].to_pylist())
    order = np.random.default_rng(seed).permutation(np.flatnonzero(split == "train"))
    train = np.concatenate([order[y[order] == c][:count] for c in np.unique(y)])
    test = np.flatnonzero(split == "test")
    if len(test) > TESTED:
        test = np.sort(np.random.default_rng(0).permutation(test)[:TESTED])
    path = Path(folder) / f"{file}-{seed}.parquet"
    rows = np.concatenate([np.sort(train), test])
    pq.write_table(table.select(["image", label, "split"]).take(rows), path)
    return path


def planned(source: Path, target: str, seed: int, **wishes: Any) -> tuple[Plan, Data]:
    """Return the plan and the data of one training."""
    wished = wish(source, target, task="classification", seed=seed, **wishes)
    data = load(source, wished.data)
    return complete(wished, data), data


def accuracy(plan: Plan, data: Data) -> dict[str, float]:
    """Train, and return the accuracy on the test part and the seconds."""
    began = time.perf_counter()
    answers = learn(None, plan, data).answer(data, "test")
    right = float((answers.codes == answers.y).mean())
    return {"accuracy": right, "seconds": time.perf_counter() - began}


def ten(name: str, seeds: int, ways: list[str], out: Path) -> Any:
    """Train every way on ten pictures a class; ways that are stored already stay as they are."""
    stored = json.loads(out.read_text()) if out.is_file() else {"entries": {}}
    known = {run["seed"]: run for run in stored["entries"].get(f"ten: {name}", {}).get("repetitions", [])}
    runs = []
    for seed in range(seeds):
        with tempfile.TemporaryDirectory() as folder:
            source = few(name, seed, folder)
            found = {w: accuracy(*planned(source, TASKS[name][1], seed, **WAYS[w])) for w in ways}
            runs.append({"seed": seed, **known.get(seed, {}), **found})
            print(name, {w: round(v["accuracy"], 3) for w, v in runs[-1].items() if w != "seed"}, flush=True)
    every = [w for w in WAYS if all(w in run for run in runs)]
    figures = [figure(f"accuracy, {w}", [r[w]["accuracy"] for r in runs]) for w in every]
    for extract in [w for w in every if w.startswith("extract")]:
        for scratch in [w for w in every if w.startswith("scratch")]:
            gain = [100 * (r[extract]["accuracy"] - r[scratch]["accuracy"]) for r in runs]
            figures.append(figure(f"{extract} over {scratch}", gain, "points", at_least=15.0))
    return figures, runs, {"settings": {"pictures a class": 10, "tested": TESTED, "seeds": seeds}}


def auto(name: str, seeds: int) -> Any:
    """Let the race choose on the pictures of the first seed."""
    with tempfile.TemporaryDirectory() as folder:
        if name == "MNIST 5-9":
            source, target = split_digits(folder)[1], "y"
            wishes: dict[str, Any] = {"weights": str(on_first_half(folder, 0))}
        else:
            source, target, wishes = few(name, 0, folder), TASKS[name][1], {"weights": "squeezenet1_1"}
        plan, data = planned(source, target, 0, transfer="auto", **wishes)
        run = Run.create(Path(folder) / "race")
        began = time.perf_counter()
        race(run, plan, data)
        seconds = time.perf_counter() - began
        found = run.read("transfer.json")
        after = {}
        for row in found["race"] if name == "MNIST 5-9" else []:
            way, _, head = row["entrant"].partition(" + ")
            own = {"transfer": way, **({"head": head} if head else {}), **(wishes if way != "scratch" else {})}
            after[row["entrant"]] = accuracy(*planned(source, target, 0, **own))
            print(row["entrant"], after[row["entrant"]], flush=True)
    rows = [
        {"way": r["entrant"], **(r["score"] or {}), "seconds": r["seconds"], "trained": r["trained"]}
        for r in found["race"]
    ]
    told = {"winner": found["winner"], "n": found["n_judged"], "seconds": seconds, "race": rows, "test": after}
    print(name, told, flush=True)
    return (
        [figure("seconds of the race", [seconds], "s")],
        [told],
        {"table": rows, "notes": [f"takes {told['winner']}"]},
    )


def split_digits(folder: str) -> tuple[Path, Path]:
    """Write the digits 0 to 4 and 5 to 9 of MNIST, with the official split."""
    stored = np.load(DATA / "mnist.npz")
    paths = (Path(folder) / "low.npz", Path(folder) / "high.npz")
    for path, low in zip(paths, (True, False), strict=True):
        kept = {}
        for part in ("train", "test"):
            rows = (stored[f"y_{part}"] < 5) == low
            kept |= {f"x_{part}": stored[f"x_{part}"][rows], f"y_{part}": stored[f"y_{part}"][rows]}
        np.savez(path, **kept)
    return paths


def on_first_half(folder: str, seed: int) -> Path:
    """Train the usual network on the digits 0 to 4; return the folder of its run."""
    from profundo.train import train

    out = (KEPT[0] if KEPT else Path(folder)) / f"low-{seed}"
    if (out / "manifest.json").is_file():
        return out
    bare = {"baselines": False, "robustness": False, "check": False}
    train(split_digits(folder)[0], task="classification", seed=seed, out=out, network="convnet", epochs=2, **bare)
    return out


def digits(name: str, seeds: int) -> Any:
    """Freeze the convolutions learnt on 0 to 4 and learn a last layer for 5 to 9."""
    runs = []
    for seed in range(min(seeds, 3)):
        with tempfile.TemporaryDirectory() as folder:
            weights, source = on_first_half(folder, seed), split_digits(folder)[1]
            found = {}
            for way, wishes in (
                ("extract", {}),
                ("extract + svm", {"head": "svm"}),
                ("extract + lda", {"head": "lda"}),
            ):
                plan, data = planned(source, "y", seed, transfer="extract", weights=str(weights), **wishes)
                found[way] = accuracy(plan, data)
            runs.append({"seed": seed, **found})
            print(runs[-1], flush=True)
    figures = [figure(f"accuracy on 5 to 9, {w}", [r[w]["accuracy"] for r in runs]) for w in runs[0] if w != "seed"]
    figures[0] |= wanted(figures[0]["mean"], 0.99, None)
    figures[1] |= wanted(figures[1]["mean"], 0.99, None)
    return figures, runs, {"settings": {"seeds": len(runs)}}


def faces(name: str, seeds: int) -> Any:
    """Hold SqueezeNet's features against eigenfaces on the official split of the faces."""
    source = DATA / "lfw_people_subset.parquet"
    trials: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder:
        for part, path in (("whole", source), ("middle", middles(Path(folder) / "middle.parquet"))):
            wishes = {"transfer": "extract", "size": 224, "drop": ("gender",)}
            plan, data = planned(path, "person", 0, head=HEADS[0], **wishes)
            features = seen(plan, data)
            for head in HEADS:
                own = replace(plan, head=head)
                trials[f"{head}, {part}"] = (crossed(own, data, features), own, data)
                print(part, head, trials[f"{head}, {part}"][0], flush=True)
    best = max(trials, key=lambda key: trials[key][0])
    _, plan, data = trials[best]
    answers = learn(None, plan, data).answer(data, "test")
    ours = answers.codes == answers.y
    theirs, settings = eigenfaces(trials[f"{HEADS[0]}, whole"][2])
    difference = 100 * (ours.astype(float) - theirs)
    drawn = np.random.default_rng(0).integers(len(ours), size=(10_000, len(ours)))
    low, high = np.quantile(difference[drawn].mean(1), (0.025, 0.975)).tolist()
    gain = figure("SqueezeNet's features over eigenfaces", [float(difference.mean())], "points", at_least=5.0)
    gain |= {"low": low, "high": high, "n": len(ours), "interval": "paired bootstrap over the test pictures"}
    made = [
        figure(f"accuracy, extract + {best}", [float(ours.mean())]),
        figure("accuracy, eigenfaces + SVM", [float(theirs.mean())]),
        gain,
    ]
    table = [{"head, picture": key, "accuracy by 5 folds of the training part": v[0]} for key, v in trials.items()]
    return made, [{"chosen": best, "eigenfaces": settings}], {"table": table, "notes": [f"eigenfaces: {settings}"]}


def middles(path: Path) -> Path:
    """Write the faces without what is around them: the middle 125 of 250 pixels, lossless."""
    from PIL import Image

    table = pq.read_table(DATA / "lfw_people_subset.parquet")
    cut = []
    for stored in table["image"].to_pylist():
        file = io.BytesIO()
        Image.open(io.BytesIO(stored)).crop((62, 68, 187, 193)).save(file, "PNG")
        cut.append(file.getvalue())
    pq.write_table(table.set_column(table.schema.get_field_index("image"), "image", pa.array(cut)), path)
    return path


def seen(plan: Plan, data: Data) -> Features:
    """Return what SqueezeNet sees of all that is not the test part."""
    network = assemble(plan, data.schema)
    start(None, plan, network, data, silent)
    return features_of(network, head_name(plan, network), data, plan.recipe)


def crossed(plan: Plan, data: Data, features: Features, count: int = 5) -> float:
    """Return the accuracy of a head over folds of all that is not the test part."""
    own = features.data
    every = features.plain(torch.arange(len(own.x)))
    rows, right = folds.Rows(own.y.numpy()), []
    for number in range(1, count + 1):
        part = folds.divide(f"kfold:{count}/{number}", rows, 0)
        learnt, asked = np.concatenate([part["train"], part["validation"]]), part["test"]
        head = ClassicalHead(plan.head, plan.task, every.shape[1], data.schema.outputs)
        head.take(every[learnt], own.y[learnt])
        right.append((head(every[asked]).argmax(1) == own.y[asked]).numpy())
    return float(np.concatenate(right).mean())


def eigenfaces(data: Data) -> tuple[np.ndarray, dict[str, Any]]:
    """Return which test faces eigenfaces with an SVM get right (n,), tuned on all that is not the test part."""
    from sklearn.decomposition import PCA
    from sklearn.model_selection import GridSearchCV
    from sklearn.pipeline import Pipeline
    from sklearn.svm import SVC

    pixels, y = data.x.float().mean(1).numpy(), data.y.numpy()
    learnt = np.concatenate([data.positions(p).numpy() for p in ("train", "validation")])
    asked = data.positions("test").numpy()
    steps = [("pca", PCA(whiten=True, svd_solver="randomized", random_state=0)), ("svm", SVC(class_weight="balanced"))]
    grid = {
        "pca__n_components": [100, 150],
        "svm__C": [10],
        "svm__gamma": [0.001, 0.003, 0.01],
    }
    tried = {}
    for crop in ("whole", "middle"):  # the middle as scikit-learn's fetch_lfw_people cuts it
        x = pixels if crop == "whole" else pixels[:, pixels.shape[1] * 70 // 250 : pixels.shape[1] * 195 // 250]
        x = x if crop == "whole" else x[:, :, pixels.shape[2] * 78 // 250 : pixels.shape[2] * 172 // 250]
        x = shrunk(x).reshape(len(x), -1) / 255
        found = GridSearchCV(Pipeline(steps), grid, cv=5).fit(x[learnt], y[learnt])
        tried[crop] = (found.best_score_, found.best_params_, found.predict(x[asked]) == y[asked])
        print(crop, tried[crop][:2], tried[crop][2].mean(), flush=True)
    best = max(tried, key=lambda crop: tried[crop][0])
    return tried[best][2], {"picture": best, "by 5 folds": tried[best][0], **tried[best][1]}


def shrunk(x: np.ndarray, side: int = 64) -> np.ndarray:
    """Shrink pictures (n, H, W) so that the longer side has so many pixels."""
    from torch.nn import functional as F

    scale = side / max(x.shape[1:])
    size = [max(1, round(scale * s)) for s in x.shape[1:]]
    return F.interpolate(torch.from_numpy(x)[:, None], size=size, mode="area")[:, 0].numpy()


if __name__ == "__main__":
    main()
