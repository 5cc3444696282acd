"""Seconds from process start to a trained network of 99.0 % and of 99.5 % test accuracy on MNIST, means over the seeds.

profundo trains its default network, `profundo train mnist`, with the flags of GOALS, fixed beforehand: the clock
stops when the trained weights are on the disk, and the test accuracy is that of scores.json. They count where the mean
accuracy over the seeds reaches the goal. Each peer trains by the recipe of its own documentation: its clock stops at
the end of the first epoch whose test accuracy reaches 99.0 %, and stands still while it looks at the test part.
"""

import argparse
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from statistics import fmean
from typing import Any

from hardware import hardware
from processes import PEERS, PROFUNDO, missing, say, start
from profundo.files import read_json
from record import DATA, NUMBERS, figure, ratio, record, show, store
from speed_vs_peers import KERAS, Peer

GOALS = {  # test accuracy -> the flags that reach it, and the seconds that are allowed
    0.990: (("--steps", "280"), 8.0),
    0.995: (("--steps", "1450"), 25.0),
}
TESTED = 10_000  # the whole official test part; --rows would shrink it
PEERS_GOAL = 0.990
TIMES = 3.0  # the best peer must take at least so many times as long
PEERS_LISTED = (
    Peer("PyTorch, pytorch/examples mnist", "recipe_pytorch.py", ("torch",)),
    Peer("Lightning, Fabric image_classifier", "recipe_lightning.py", ("lightning", "torch")),
    Peer("skorch, MNIST notebook", "recipe_skorch.py", ("skorch", "torch")),
    Peer("Keras on JAX, simple convnet", "recipe_keras.py", ("keras", "jax"), KERAS | {"KERAS_BACKEND": "jax"}),
    Peer(
        "Keras on TensorFlow, simple convnet",
        "recipe_keras.py",
        ("keras", "tensorflow"),
        KERAS | {"KERAS_BACKEND": "tensorflow"},
    ),
)


def main() -> None:
    asked = arguments()
    here, left_out = hardware(), {}
    if asked.peers:
        lacks = {p.name: missing(asked.python_peers, p.packages) for p in PEERS_LISTED}
        left_out = {name: f"not installed: {', '.join(packages)}" for name, packages in lacks.items() if packages}
    rounds: list[dict[str, Any]] = []
    for seed in range(asked.seeds):
        found: dict[str, Any] = {label(goal): ours(goal, seed, asked) for goal in GOALS}
        for library in PEERS_LISTED if asked.peers else ():
            if library.name not in left_out:
                found[library.name] = theirs(library, seed, asked, left_out)
        rounds.append(found)
        entry = "mnist" if asked.peers else "mnist, profundo alone"
        store(asked.out, __doc__, {entry: measured(rounds, asked, here, left_out)})
    show(measured(rounds, asked, here, left_out)["figures"], say)
    say(f"\nwritten: {asked.out}")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--python-peers", default=sys.executable, help="the Python that has the peers")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--limit", type=float, default=900, help="seconds after which a peer ends its epoch and stops")
    parser.add_argument("--peer-epochs", type=int, help="instead of the documented number")
    parser.add_argument("--no-peers", dest="peers", action="store_false", help="ours alone, to choose GOALS")
    parser.add_argument("--data", type=Path, default=DATA, help="the folder of mnist.npz")
    parser.add_argument("--out", type=Path, default=NUMBERS / "mnist_time_to_accuracy.json")
    return parser.parse_args()


def percent(share: float) -> str:
    """Write a share in percent."""
    return f"{100 * share:.1f} %"


def label(goal: float) -> str:
    """Name a goal of ours."""
    return f"profundo to {percent(goal)}"


def ours(goal: float, seed: int, asked: argparse.Namespace) -> dict[str, Any]:
    """Train the default network in a fresh process; `seconds` until best.safetensors stands on the disk."""
    flags, _ = GOALS[goal]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        run = folder / "run"
        command = [*PROFUNDO, "train", "mnist", *flags, "--seed", seed, "--no-baselines", "--quiet", "--out", run]
        done = start(command, folder=folder, env={"PROFUNDO_DATA": str(asked.data.absolute())})
        if done.code:
            raise SystemExit(f"profundo train failed, {done.failure}")
        status = (run / "best.safetensors").stat()
        seconds = max(status.st_mtime, status.st_ctime) - done.began
        scores = read_json(run / "scores.json")
    accuracy, tested = (scores["scores"]["accuracy"][k] for k in ("value", "n"))
    if tested != TESTED:
        raise SystemExit(
            f"{' '.join(flags)}: {tested} pictures were tested, not {TESTED:,}. Leave --rows out of GOALS."
        )
    say(f"seed {seed}  {label(goal)}  {' '.join(flags)}  {seconds:.2f} s  {accuracy:.4f}")
    kept = {k: scores[k] for k in ("network", "parameters", "epochs", "training_seconds", "lr")}
    return {"seconds": seconds, "accuracy": accuracy, "process_seconds": done.seconds, **kept}


def theirs(library: Peer, seed: int, asked: argparse.Namespace, left_out: dict[str, str]) -> dict[str, Any] | None:
    """Let a peer train until the goal; `seconds` where it stopped, `reached` whether it got there."""
    options = ["--data", asked.data.absolute() / "mnist.npz", "--seed", seed, "--began", "{began}"]
    limits = ["--goal", PEERS_GOAL, "--limit", asked.limit]
    epochs = ["--epochs", asked.peer_epochs] if asked.peer_epochs else []
    with tempfile.TemporaryDirectory() as folder:
        command = [asked.python_peers, PEERS / library.script, *options, *limits, *epochs]
        done = start(command, folder=Path(folder), env=library.env)
    epochs_done = [a for a in done.answers if "epoch" in a]
    if done.code or not epochs_done:
        left_out[library.name] = f"failed with seed {seed}, {done.failure}"
        say(f"{library.name}: {left_out[library.name]}")
        return None
    last = epochs_done[-1]
    say(f"seed {seed}  {library.name}  {last['epoch']} epochs  {last['seconds']:.1f} s  {last['accuracy']:.4f}")
    reached = {"seconds": last["seconds"], "accuracy": last["accuracy"], "reached": last["accuracy"] >= PEERS_GOAL}
    return reached | {"epochs": epochs_done, "versions": done.answers[-1].get("versions", {})}


def measured(
    rounds: list[dict[str, Any]], asked: argparse.Namespace, here: dict[str, Any], left_out: Mapping[str, str]
) -> dict[str, Any]:
    """Sum the seeds up."""
    figures, rows = [], []
    for goal, (flags, seconds) in GOALS.items():
        runs = [found[label(goal)] for found in rounds]
        name = f"{label(goal)} ({' '.join(flags)})"
        figures.append(figure(f"{name}: seconds", [r["seconds"] for r in runs], "s", at_most=seconds))
        figures.append(figure(f"{name}: test accuracy", [r["accuracy"] for r in runs], at_least=goal))
    own = [found[label(PEERS_GOAL)]["seconds"] for found in rounds]
    times: dict[str, list[float]] = {}
    for library in PEERS_LISTED:
        runs = [r for found in rounds if (r := found.get(library.name)) is not None]
        if len(runs) < len(rounds):
            continue
        rows.append(row(library.name, runs))
        if any(r["reached"] for r in runs):
            times[library.name] = [r["seconds"] for r in runs]
    if times:
        best = min(times, key=lambda name: fmean(times[name]))
        title = f"to {percent(PEERS_GOAL)}: best peer ({best}) / profundo"
        figures.append(ratio(title, list(times.values()), own, at_least=TIMES))
    notes = [f"left out: {name}: {reason}" for name, reason in left_out.items()] + [
        "A peer's run that never reaches the goal counts with the time at which it stopped: a lower bound."
    ]
    settings = {"seeds": asked.seeds, "limit": asked.limit, "peer_epochs": asked.peer_epochs}
    return record(figures, rounds, here, settings=settings, table=rows, notes=notes)


def row(name: str, runs: list[dict[str, Any]]) -> dict[str, Any]:
    """Return a peer's line of the table."""
    found = figure(name, [r["seconds"] for r in runs])
    return {
        "peer": name,
        "versions": ", ".join(f"{k} {v}" for k, v in runs[0]["versions"].items()),
        f"seconds to {percent(PEERS_GOAL)}": round(found["mean"], 1),
        "95 % low": None if found["low"] is None else round(found["low"], 1),
        "95 % high": None if found["high"] is None else round(found["high"], 1),
        "epochs": round(fmean(len(r["epochs"]) for r in runs), 1),
        "reached": f"{sum(r['reached'] for r in runs)} of {len(runs)}",
    }


if __name__ == "__main__":
    main()
