"""A label for every pixel, from scratch on two cores: road scenes (CamVid) and nuclei, with U-Net and the three FCNs.

Each is one call of `profundo.train` on the folder as it was unpacked: reading, the data doctor, training, scoring and
the report are in the time. CamVid at 240 x 180 has an official split (367 training, 101 validation, 233 test pictures);
its mean IoU is over 11 classes, pixels without a label left out. `fcn` trains FCN-8s, 16s and 32s with one backbone,
one recipe and as many epochs. `nuclei` learns nucleus against background from the masks of single nuclei. `speed` is
training steps a second of one batch. Settings were chosen on the validation part, where they were chosen at all.
"""

import time

BEGAN = time.monotonic()

import argparse  # noqa: E402
import itertools  # noqa: E402
import json  # noqa: E402
import os  # noqa: E402
import tempfile  # noqa: E402
import zipfile  # noqa: E402
from pathlib import Path  # noqa: E402
from typing import Any  # noqa: E402

os.environ.setdefault("OMP_NUM_THREADS", "2")

import numpy as np  # noqa: E402
import torch  # noqa: E402

import profundo  # noqa: E402
from hardware import hardware  # noqa: E402
from profundo import precision  # noqa: E402
from profundo.batch import Batch  # noqa: E402
from profundo.data import load  # noqa: E402
from profundo.data.dataplan import DataPlan  # noqa: E402
from profundo.metrics import Score, segmentation_scores  # noqa: E402
from profundo.metrics.intervals import bootstrap  # noqa: E402
from profundo.metrics.segmentation import confusions, measure  # noqa: E402
from profundo.networks import build  # noqa: E402
from profundo.pixel_baselines import segmentation_baselines  # noqa: E402
from profundo.schema import Image, Mask, Schema  # noqa: E402
from profundo.tasks import build_task  # noqa: E402
from record import DATA, NUMBERS, figure, record, show, store  # noqa: E402

PARTS = ("camvid", "fcn", "nuclei", "speed", "baselines")
SOURCES = {"camvid": "camvid_seg_240x180.zip", "nuclei": "dsb2018_nuclei_instances.zip"}
RECIPE: dict[str, Any] = {"batch_size": 8, "lr": 5e-3, "weight_decay": 0.02, "average": 0.99, "balance": "weights"}
NETWORKS: dict[str, dict[str, Any]] = {"unet": {}, "fcn8s": {"width": 32}}  # of CamVid
FCNS = ("fcn8s", "fcn16s", "fcn32s")
SPEEDS: list[tuple[str, dict[str, Any]]] = [
    ("unet", {}),
    ("unet", {"width": 32}),
    ("unet", {"stride": 1}),
    ("fcn8s", {}),
    ("fcn8s", {"width": 32}),
    ("fcn8s", {"backbone": "resnet18"}),
]


def main() -> None:
    asked = arguments()
    with tempfile.TemporaryDirectory() as folder:
        for part in asked.parts:
            here = hardware()
            made = globals()[part](asked, Path(folder))
            settings = made.pop("settings", {}) | {"threads": int(os.environ["OMP_NUM_THREADS"])}
            name = f"camvid, {asked.network}" if part == "camvid" else part
            store(asked.out, __doc__, {name: record(**made, machine=here, settings=settings)})
            print(name)
            show(made["figures"])


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--parts", nargs="+", default=PARTS, choices=PARTS)
    parser.add_argument("--epochs", type=int, default=40, help="of CamVid")
    parser.add_argument("--network", choices=NETWORKS, default="fcn8s", help="of CamVid")
    parser.add_argument("--fcn-epochs", type=int, default=8)
    parser.add_argument("--nuclei-epochs", type=int, default=6)
    parser.add_argument("--seeds", type=int, default=3, help="of nuclei and of the FCNs")
    parser.add_argument("--minutes", type=float, default=14.0, help="when the training of CamVid ends at the latest")
    parser.add_argument("--out", type=Path, default=NUMBERS / "segmentation.json")
    return parser.parse_args()


def unpacked(name: str, folder: Path) -> Path:
    """Unpack a data set once."""
    place = folder / name
    if not place.is_dir():
        with zipfile.ZipFile(DATA / SOURCES[name]) as file:
            file.extractall(place)
    return place


def trained(source: Path, out: Path, **wishes: Any) -> dict[str, Any]:
    """Train as `profundo train` does and return its account, with the answers to the test part."""
    began = time.monotonic()
    run = profundo.train(source, out=out, baselines=False, **{**RECIPE, **wishes})
    told = json.loads(run.path("scores.json").read_text(encoding="utf-8"))
    lines = [json.loads(line) for line in run.path("progress.jsonl").read_text(encoding="utf-8").splitlines()]
    with np.load(run.path("answers.npz"), allow_pickle=False) as stored:
        truth, found = stored["y"], stored["prediction"]
    return {
        "network": told["network"],
        "parameters": told["parameters"],
        "seed": told["seed"],
        "epochs": len(lines),
        "training_seconds": told["training_seconds"],
        "seconds": time.monotonic() - began,
        "validation": [line["validation"]["mean IoU"] for line in lines],
        "scores": told["scores"],
        "maps": (truth, found),
    }


def scored(name: str, score: dict[str, Any], **wanted: float) -> dict[str, Any]:
    """Describe one score with its bootstrap interval over the test pictures."""
    made = figure(name, [score["value"]], **wanted)
    return made | {k: score[k] for k in ("low", "high", "n")} | {"interval": "bootstrap over test pictures"}


def camvid(asked: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """Train a network on CamVid within the time, counted from the start of the process."""
    source = unpacked("camvid", folder)
    limit = 60 * asked.minutes - (time.monotonic() - BEGAN)
    options = NETWORKS[asked.network]
    run = trained(source, folder / "run", network=asked.network, epochs=asked.epochs, time_limit=limit, **options)
    minutes = (time.monotonic() - BEGAN) / 60
    run.pop("maps")
    scores = run["scores"]
    pictures = run["epochs"] * 367 / run["training_seconds"]
    return {
        "figures": [
            scored("mean IoU of 11 classes, test", scores["mean IoU"], at_least=0.45),
            scored("pixel accuracy, test", scores["pixel accuracy"]),
            scored("mean Dice, test", scores["mean Dice"]),
            figure("mean IoU, validation, last epoch", run["validation"][-1:]),
            figure("from the start of the process to the report", [minutes], "min", at_most=15),
            figure("training, validation included", [pictures], "images/s"),
            figure("epochs", [run["epochs"]]),
        ],
        "table": [{"class": k[7:], **v} for k, v in scores.items() if k.startswith("IoU of ")],
        "repetitions": [run],
        "settings": RECIPE | options | {"network": asked.network, "epochs": asked.epochs, "minutes": asked.minutes},
    }


def fcn(asked: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """Train the three FCNs alike, and compare them on the same test pictures."""
    source = unpacked("camvid", folder)
    runs: dict[str, list[dict[str, Any]]] = {n: [] for n in FCNS}
    for seed, name in itertools.product(range(asked.seeds), FCNS):
        wishes = {"network": name, "epochs": asked.fcn_epochs, "seed": seed}
        runs[name].append(trained(source, folder / f"{name}{seed}", **wishes))
    values = {n: [measure(confusions(*run.pop("maps"), 11)) for run in own] for n, own in runs.items()}

    def gains(weights: np.ndarray) -> dict[str, np.ndarray]:
        found = {n: np.mean([one(weights)["mean IoU"] for one in own], 0) for n, own in values.items()}
        return {f"{a} - {b}, mean IoU, mean of the seeds": found[a] - found[b] for a, b in itertools.pairwise(FCNS)}

    differences = bootstrap(gains, 233, resamples=2000, cells=3 * asked.seeds * 121)
    figures = [
        figure(f"{n}, mean IoU, test", [r["scores"]["mean IoU"]["value"] for r in own]) for n, own in runs.items()
    ]
    figures += [scored(name, score.to_dict(), at_least=0.0) for name, score in differences.items()]
    figures += [figure(f"{n}, training", [r["training_seconds"] for r in own], "s") for n, own in runs.items()]
    return {
        "figures": figures,
        "repetitions": [run for own in runs.values() for run in own],
        "notes": [
            "The intervals of the differences are over the pictures, with the seeds as they are; one seed may differ."
        ],
        "settings": RECIPE | {"backbone": "convnet", "epochs": asked.fcn_epochs},
    }


def nuclei(asked: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """Tell nuclei from background with U-Net, several seeds."""
    source = unpacked("nuclei", folder)
    runs = []
    for seed in range(asked.seeds):
        wishes = {"task": "segmentation", "network": "unet", "epochs": asked.nuclei_epochs, "seed": seed}
        runs.append(trained(source, folder / f"nuclei{seed}", augment="flip+vflip+scale:0.2+colour:0.3", **wishes))
    for run in runs:
        truth, found = run.pop("maps")
        of_nucleus = confusions(truth, found, 2).sum(0)
        run["dice of nucleus"] = float(2 * of_nucleus[1, 1] / (of_nucleus[1].sum() + of_nucleus[:, 1].sum()))
    name = next(k for k in runs[0]["scores"] if k.startswith("IoU of ") and k != "IoU of background")
    return {
        "figures": [
            figure("Dice of nucleus, test", [r["dice of nucleus"] for r in runs]),
            figure("IoU of nucleus, test", [r["scores"][name]["value"] for r in runs]),
            figure("mean IoU, test", [r["scores"]["mean IoU"]["value"] for r in runs]),
            figure("pixel accuracy, test", [r["scores"]["pixel accuracy"]["value"] for r in runs]),
            figure("from the folder to the report", [r["seconds"] for r in runs], "s"),
        ],
        "repetitions": runs,
        "settings": RECIPE | {"network": "unet", "epochs": asked.nuclei_epochs},
    }


def speed(asked: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """Time training steps, without the optimiser, on batches of 8 pictures of 240 x 180 and 11 labels."""
    schema = Schema(
        {"image": Image(3, 180, 240, (0.5,) * 3, (0.25,) * 3, "pad")}, {"mask": Mask(tuple(map(str, range(11))))}
    )
    task = build_task("segmentation", schema)
    generator = torch.Generator().manual_seed(0)
    y = torch.randint(0, 11, (8, 180, 240), generator=generator, dtype=torch.uint8)
    batch = Batch(torch.randn(8, 3, 180, 240, generator=generator), y, torch.arange(8))
    figures, rows = [], []
    for name, options in SPEEDS:
        network = build(name, schema, **options)
        machine = precision.choose(network, numbers=batch.x.numel())
        precision.apply(machine, network)
        times = []
        for _ in range(8):
            began = time.perf_counter()
            with machine.cast():
                loss = next(task.losses(network, batch)).value
            loss.backward()
            times.append(time.perf_counter() - began)
        words = ", ".join(f"{k}={v}" for k, v in options.items())
        figures.append(figure(f"{name} {words}".strip(), [8 / t for t in times[3:]], "images/s"))
        rows.append({"network": name, "options": words, "precision": machine.precision, "best": 8 / min(times[3:])})
    return {"figures": figures, "repetitions": rows}


def baselines(asked: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """Score what needs no network on CamVid's test part."""
    data = load(unpacked("camvid", folder), DataPlan())
    train, test = data.positions("train"), data.positions("test")
    figures, rows = [], []
    for answers in segmentation_baselines(data.x[train], data.y[train], data.x[test]):
        scores: dict[str, Score] = segmentation_scores(data.y[test].numpy(), answers.found, data.schema.labels)
        figures.append(scored(f"{answers.name}, mean IoU, test", scores["mean IoU"].to_dict()))
        figures.append(scored(f"{answers.name}, pixel accuracy, test", scores["pixel accuracy"].to_dict()))
        rows.append({"name": answers.name, "seconds": round(answers.seconds, 1), "how": answers.note})
    return {"figures": figures, "table": rows, "repetitions": rows}


if __name__ == "__main__":
    main()
