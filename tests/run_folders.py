"""Run folders made for the tests of the report, as realistic as they can be without training.

`python tests/run_folders.py FOLDER` writes them with their reports, to be looked at in a browser.
"""

import base64
import io
import json
import sys
from pathlib import Path

import numpy as np

from profundo.files import write_json
from profundo.metrics import classification_scores, multilabel_scores, regression_scores
from profundo.schema import Category, Image, Number, Schema

EVIL = '<script>alert("x")</script>'
EVIL_LABEL = "<img src=x onerror=alert(1)> & \"quoted\" 'too'"


def png(pixels: np.ndarray) -> str:
    from PIL import Image as Picture

    file = io.BytesIO()
    Picture.fromarray(pixels.astype(np.uint8)).save(file, "PNG")
    return base64.b64encode(file.getvalue()).decode()


def softmax(scores: np.ndarray) -> np.ndarray:
    shares = np.exp(scores - scores.max(1, keepdims=True))
    return shares / shares.sum(1, keepdims=True)


def as_json(scores) -> dict:
    return {name: score.to_dict() for name, score in scores.items()}


def shifted(scores: dict, by: float) -> dict:
    moved = {}
    for name, score in scores.items():
        moved[name] = {k: v + by * (abs(v) + 0.1) if isinstance(v, float) else v for k, v in score.items()}
    return moved


def write_common(run: Path, schema: Schema, seed: int, metric: str, best: float) -> None:
    """Write what every run has: schema, plan, code, progress, finder, weights."""
    random = np.random.default_rng(seed)
    write_json(run / "schema.json", schema.to_dict())
    (run / "plan.toml").write_text(
        f'source = "{run.name}"\nseed = {seed}\nepochs = 30\n\n[optimizer]\nname = "adamw"\n'
    )
    (run / "code.txt").write_text(
        "profundo 0.1.0\ntorch 2.13.0\npython 3.11.9\nmachine 2 cores, CPU\nprecision float32\n"
    )
    lines = []
    for epoch in range(1, 31):
        lr = 0.01 * (epoch / 6 if epoch < 6 else 0.5 + 0.5 * np.cos(np.pi * (epoch - 6) / 24))
        train = 2.2 * np.exp(-epoch / 6) + 0.02
        validation = 2.2 * np.exp(-epoch / 5) + 0.10 + 0.004 * max(epoch - 18, 0) + 0.01 * random.random()
        score = best * (1 - 0.7 * np.exp(-epoch / 4)) + 0.002 * random.random()
        lines.append(
            {
                "epoch": epoch,
                "step": epoch * 23,
                "seconds": 0.4 * epoch,
                "train_loss": train,
                "validation_loss": validation,
                "lr": lr,
                "validation": {metric: score},
            }
        )
    (run / "progress.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    rates = np.geomspace(1e-6, 3, 80)
    losses = 2.3 - 1.4 / (1 + (3e-3 / rates) ** 1.5) + (rates / 0.35) ** 3
    write_json(run / "finder.json", {"lr": rates.tolist(), "loss": losses.tolist(), "suggestion": 0.0105})
    (run / "best.safetensors").write_bytes(bytes(220_000))
    (run / "weights.safetensors").write_bytes(bytes(220_000))
    (run / "lock").write_text("")


def digits_run(folder: Path) -> Path:
    """Handwritten digits, classified by the nearest class mean."""
    from sklearn.datasets import load_digits

    run = folder / "digits"
    run.mkdir(parents=True)
    x, y = load_digits(return_X_y=True)
    order = np.random.default_rng(3).permutation(len(y))
    x, y = x[order], y[order]
    means = np.stack([x[:1437][y[:1437] == k].mean(0) for k in range(10)])
    shares = softmax(-((x[1437:, None] - means) ** 2).sum(2) / 90)
    true = y[1437:]
    given = shares.argmax(1)
    labels = tuple("0123456789")
    schema = Schema({"image": Image(1, 8, 8, (0.3,), (0.37,))}, {"digit": Category(labels)})
    write_common(run, schema, 7, "accuracy", 0.97)
    scores = as_json(classification_scores(true, shares, labels))
    np.savez(run / "answers.npz", ids=order[1437:], y=true, prediction=given, probabilities=shares, best_baseline=given)
    loss = -np.log(shares[np.arange(len(true)), true])
    worst = np.argsort(-loss)[:24]
    examples = [
        {
            "id": int(order[1437 + i]),
            "true": labels[true[i]],
            "predicted": labels[given[i]],
            "loss": float(loss[i]),
            "confidence": float(shares[i].max()),
            "picture": png(x[1437 + i].reshape(8, 8) * 15.9),
            "values": None,
        }
        for i in worst
    ]
    write_json(run / "examples.json", examples)
    names = [
        "random forest",
        "gradient boosting",
        "logistic regression",
        "k-nearest neighbours",
        "SVM",
        "decision tree",
    ]
    baselines = [
        {"name": n, "seconds": 0.3 * (i + 1), "scores": shifted(scores, d), "validation_scores": {}, "note": ""}
        for i, (n, d) in enumerate(zip(names, [0.015, -0.01, -0.03, 0.03, 0.035, -0.14], strict=True))
    ]
    baselines.append({"name": "dummy", "seconds": 0.01, "scores": shifted(scores, -0.8), "note": "the commonest label"})
    baselines.append({"name": "naive Bayes", "seconds": None, "scores": None, "note": "not run: out of time (60 s)"})
    random = np.random.default_rng(0)
    seeds = [
        {"seed": s, "scores": {n: v["value"] + 0.006 * random.standard_normal() for n, v in scores.items()}}
        for s in range(5)
    ]
    accuracy = [s["scores"]["accuracy"] for s in seeds]
    spread = {
        "accuracy": {
            "value": np.mean(accuracy),
            "low": np.mean(accuracy) - 0.006,
            "high": np.mean(accuracy) + 0.006,
            "n": 5,
        }
    }
    write_json(
        run / "scores.json",
        {
            "run": str(run),
            "task": "classification",
            "network": "convnet",
            "parameters": 55978,
            "seconds": 12.31,
            "epochs": 30,
            "stopped": "the validation loss had not fallen for 12 epochs; the weights of epoch 18 were kept.",
            "scores": scores,
            "baselines": baselines,
            "seeds": seeds,
            "spread": spread,
            "verdict": "The network (accuracy 0.889) is not distinguishable from the best baseline, SVM (0.923): "
            "the difference -0.034 has a 95 % interval from -0.070 to 0.002 (paired, n = 360).",
        },
    )
    top = [[label, int((y[:1149] == k).sum())] for k, label in enumerate(labels)]
    write_json(
        run / "data.json",
        {
            "name": "digits",
            "fingerprint": "sha256:3f1a9c",
            "task": "classification",
            "counts": {"train": 1149, "validation": 288, "test": 360},
            "notes": [
                {
                    "subject": "split",
                    "text": "20 % of the rows are the test part, stratified by digit.",
                    "flag": "--split 0.7,0.1,0.2",
                    "warning": False,
                }
            ],
            "columns": {
                "image": {"kind": "image", "role": "input", "missing": 0, "distinct": None},
                "digit": {"kind": "category", "role": "target", "missing": 0, "distinct": 10, "top": top},
            },
        },
    )
    return run


def table_run(folder: Path) -> Path:
    """Two labels, with hostile names everywhere that a name can be."""
    run = folder / "table & co"
    run.mkdir(parents=True)
    random = np.random.default_rng(1)
    true = (random.random(800) < 0.24).astype(int)
    logit = 2.6 * true - 2.2 + 1.3 * random.standard_normal(800)
    shares = np.stack([1 / (1 + np.exp(logit)), 1 / (1 + np.exp(-logit))], 1)
    schema = Schema(
        {EVIL: Number(), "city": Category(("Reus", EVIL_LABEL))}, {"income": Category(("<=50K", EVIL_LABEL))}
    )
    write_common(run, schema, 3, "accuracy", 0.86)
    labels = np.array(["<=50K", EVIL_LABEL])
    np.savez(
        run / "answers.npz",
        ids=np.arange(800),
        y=labels[true],
        prediction=labels[shares.argmax(1)],
        probabilities=shares,
    )
    scores = as_json(classification_scores(true, shares, labels))
    counts, edges = np.histogram(random.gamma(3, 12, 2000), bins=20)
    write_json(
        run / "scores.json",
        {
            "task": "classification",
            "network": EVIL,
            "parameters": 9000,
            "seconds": 200.0,
            "epochs": 30,
            "stopped": EVIL,
            "verdict": EVIL,
            "scores": scores,
            "definitions": {"accuracy": EVIL},
            "baselines": [{"name": EVIL_LABEL, "seconds": 1.0, "scores": scores, "note": EVIL}],
        },
    )
    write_json(
        run / "data.json",
        {
            "name": EVIL,
            "fingerprint": EVIL,
            "counts": {"train": 2000, "validation": 500, "test": 800},
            "notes": [
                {"subject": "kinds", "text": f"{EVIL} is taken for a number.", "flag": f"--kind {EVIL}=category"},
                {"subject": "warning", "text": "12 rows occur twice.", "flag": "", "warning": True},
            ],
            "columns": {
                EVIL: {
                    "kind": "number",
                    "role": "input",
                    "missing": 12,
                    "distinct": 1800,
                    "min": 0.4,
                    "max": 120.25,
                    "mean": 36.0,
                    "median": 31.5,
                    "histogram": {"edges": edges.tolist(), "counts": counts.tolist()},
                },
                "city": {
                    "kind": "category",
                    "role": "input",
                    "missing": 0,
                    "distinct": 9,
                    "top": [["Reus", 900], [EVIL_LABEL, 700], ["", 3]],
                },
                "sold": {"kind": "date", "role": "input", "min": 0.0, "max": 951782400.0, "median": 8.64e4},
                "row_number": {
                    "kind": "number",
                    "role": "left out",
                    "reason": "every value is different: it looks like an id",
                },
                EVIL_LABEL: {"kind": "text", "role": "left out", "reason": EVIL, "flag": f"--keep {EVIL}"},
                "income": {
                    "kind": "category",
                    "role": "target",
                    "distinct": 2,
                    "top": [["<=50K", 1500], [EVIL_LABEL, 500]],
                },
            },
        },
    )
    write_json(
        run / "examples.json",
        [
            {
                "id": 5,
                "true": "<=50K",
                "predicted": EVIL_LABEL,
                "confidence": 0.9996,
                "loss": 7.8,
                "picture": None,
                "values": {EVIL: EVIL, "city": EVIL_LABEL},
            }
        ],
    )
    return run


def regression_run(folder: Path, rows: int = 3000) -> Path:
    """Numbers, with no pictures, no finder and no seeds."""
    run = folder / "houses"
    run.mkdir(parents=True)
    random = np.random.default_rng(2)
    true = random.gamma(4, 52_000, rows)
    given = true * random.normal(1, 0.14, rows) + random.normal(0, 15_000, rows)
    write_common(run, Schema({"area": Number(), "rooms": Number()}, {"price": Number()}), 5, "r2", 0.87)
    (run / "finder.json").unlink()
    np.savez(run / "answers.npz", ids=np.arange(rows), y=true, prediction=given)
    scores = as_json(regression_scores(true, given))
    counts, edges = np.histogram(true, bins=24)
    baselines = [
        {"name": n, "seconds": s, "scores": as_json(regression_scores(true, given + e)), "note": ""}
        for n, s, e in [("linear regression", 0.02, 30_000), ("gradient boosting", 2.5, 4000)]
    ]
    write_json(
        run / "scores.json",
        {
            "task": "regression",
            "network": "mlp",
            "parameters": 4097,
            "seconds": 8.2,
            "epochs": 30,
            "main": "rmse",
            "stopped": "30 epochs were done.",
            "verdict": "The network is better.",
            "scores": scores,
            "baselines": baselines,
        },
    )
    write_json(
        run / "data.json",
        {
            "name": "houses.csv",
            "counts": {"train": 9000, "test": rows},
            "columns": {
                "area": {"kind": "number", "role": "input", "min": 20, "max": 400, "median": 81},
                "price": {
                    "kind": "number",
                    "role": "target",
                    "histogram": {"edges": edges.tolist(), "counts": counts.tolist()},
                },
            },
        },
    )
    worst = np.argsort(-np.abs(given - true))[:10].tolist()
    write_json(
        run / "examples.json",
        [
            {
                "id": i,
                "true": true[i],
                "predicted": given[i],
                "confidence": None,
                "picture": None,
                "loss": (given[i] - true[i]) ** 2,
                "values": {"area": "81", "rooms": None},
            }
            for i in worst
        ],
    )
    return run


def multilabel_run(folder: Path) -> Path:
    """Three yes-or-no targets."""
    run = regression_run(folder)
    random = np.random.default_rng(4)
    y = random.random((200, 3)) < [0.3, 0.5, 0.7]
    shares = np.clip(0.5 * y + 0.5 * random.random((200, 3)), 0, 1)
    names = ("red", "round", "sweet")
    write_json(run / "schema.json", Schema({"a": Number()}, dict.fromkeys(names, Category(("no", "yes")))).to_dict())
    np.savez(run / "answers.npz", ids=np.arange(200), y=y.astype(float), prediction=shares > 0.5, probabilities=shares)
    scores = as_json(multilabel_scores(y.astype(float), shares, names))
    write_json(run / "scores.json", {"task": "multilabel", "scores": scores})
    return run


RUNS = {"digits": digits_run, "table": table_run, "regression": regression_run, "multilabel": multilabel_run}


if __name__ == "__main__":
    from profundo.report import write_report

    for name, make in RUNS.items():
        print(write_report(make(Path(sys.argv[1]) / name)))
