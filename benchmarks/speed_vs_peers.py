"""Seconds for an epoch of MNIST (60,000 pictures, batch 128, Adam 1e-3), profundo beside its peers in one run.

The networks are the MLP 784-128-10 and a LeNet-style network (6 and 16 maps of 5 x 5, then 120, 84, 10). In every round
each library trains each network in a fresh process, one after the other; the round after begins with the next library.
The first epoch (compiling, warming up) is reported but not compared. Ratios above 1 mean that profundo is faster.
"""

import argparse
import sys
import tempfile
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean
from typing import Any

from hardware import hardware
from processes import PEERS, missing, say, start
from record import DATA, NUMBERS, figure, ratio, record, show, store

WANTED = {"mlp": {"fastest": 1.2, "PyTorch": 2.0}, "lenet": {"fastest": 1.4, "PyTorch": None}}
OURS, PLAIN = "profundo", "PyTorch"
ASKED = {"batch_size": 128, "lr": 1e-3, "optimiser": "Adam", "examples": 60_000}


@dataclass(frozen=True)
class Peer:
    """A library: the script that trains with it, the packages it needs, the networks it can train."""

    name: str
    script: str
    packages: tuple[str, ...]
    env: Mapping[str, str] = field(default_factory=dict)
    networks: tuple[str, ...] = ("mlp", "lenet")


KERAS = {"TF_CPP_MIN_LOG_LEVEL": "3"}
LIBRARIES = (
    Peer(OURS, "speed_profundo.py", ("profundo", "torch")),
    Peer(PLAIN, "speed_pytorch.py", ("torch",)),
    Peer("scikit-learn", "speed_scikit_learn.py", ("sklearn",), networks=("mlp",)),
    Peer("skorch", "speed_skorch.py", ("skorch", "torch")),
    Peer("Lightning", "speed_lightning.py", ("lightning", "torch")),
    Peer("Keras on JAX", "speed_keras.py", ("keras", "jax"), KERAS | {"KERAS_BACKEND": "jax"}),
    Peer("Keras on TensorFlow", "speed_keras.py", ("keras", "tensorflow"), KERAS | {"KERAS_BACKEND": "tensorflow"}),
)


def main() -> None:
    asked = arguments()
    here, left_out = hardware(), absent(asked.python_peers)
    rounds: dict[str, list[dict[str, Any]]] = {network: [] for network in asked.networks}
    for number in range(asked.rounds):
        shift = number % len(LIBRARIES)
        for network in asked.networks:
            found = one_round(asked, network, number, [*LIBRARIES[shift:], *LIBRARIES[:shift]], left_out)
            rounds[network].append(found)
            store(asked.out, __doc__, {network: measured(network, rounds[network], asked, here, left_out)})
    for network in asked.networks:
        say(f"\n{network}")
        show(measured(network, rounds[network], asked, here, left_out)["figures"], say)
    say(f"\nwritten: {asked.out}")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--python-peers", default=sys.executable, help="the Python that has the peers")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--epochs", type=int, default=4, help="of each training, the first of which is not compared")
    parser.add_argument("--networks", nargs="+", choices=tuple(WANTED), default=list(WANTED))
    parser.add_argument("--data", type=Path, default=DATA / "mnist.npz")
    parser.add_argument("--out", type=Path, default=NUMBERS / "speed_vs_peers.json")
    asked = parser.parse_args()
    if asked.epochs < 2:
        parser.error("--epochs must be 2 or more: the first is not compared.")
    return asked


def absent(python: str) -> dict[str, str]:
    """Say which libraries cannot be imported, and why they are left out."""
    lacks = {p.name: missing(sys.executable if p.name == OURS else python, p.packages) for p in LIBRARIES}
    return {name: f"not installed: {', '.join(packages)}" for name, packages in lacks.items() if packages}


def one_round(
    asked: argparse.Namespace, network: str, number: int, order: Sequence[Peer], left_out: dict[str, str]
) -> dict[str, Any]:
    """Let every library train a network once, in this order. One that fails is left out from here on."""
    found = {}
    for library in order:
        if library.name in left_out or network not in library.networks:
            continue
        python = sys.executable if library.name == OURS else asked.python_peers
        options = ["--data", asked.data.absolute(), "--network", network, "--epochs", asked.epochs, "--seed", number]
        fixed = ["--batch-size", ASKED["batch_size"], "--lr", ASKED["lr"]]
        with tempfile.TemporaryDirectory() as folder:
            done = start([python, PEERS / library.script, *options, *fixed], folder=Path(folder), env=library.env)
        if done.code or not done.answers:
            left_out[library.name] = f"failed on {network} in round {number + 1}, {done.failure}"
            say(f"{library.name}: {left_out[library.name]}")
            continue
        found[library.name] = done.answers[-1] | {"process_seconds": done.seconds}
        seconds = " ".join(f"{s:.3f}" for s in found[library.name]["epoch_seconds"])
        say(f"round {number + 1}  {network:5}  {library.name:20} {seconds}  {found[library.name]['accuracy']:.4f}")
    return found


def measured(
    network: str,
    rounds: Sequence[dict[str, Any]],
    asked: argparse.Namespace,
    here: dict[str, Any],
    left_out: dict[str, str],
) -> dict[str, Any]:
    """Sum the rounds up."""
    seconds: dict[str, list[float]] = defaultdict(list)  # of an epoch after the first, one for each round
    for name in [p.name for p in LIBRARIES if all(p.name in found for found in rounds)]:
        seconds[name] = [fmean(found[name]["epoch_seconds"][1:]) for found in rounds]
    rows = [row(name, values, [found[name] for found in rounds]) for name, values in seconds.items()]
    settings = {"rounds": asked.rounds, "epochs": asked.epochs, **ASKED}
    notes = [f"left out: {name}: {reason}" for name, reason in left_out.items()]
    figures = compared(network, seconds)
    return record(figures, list(rounds), here, settings=settings, table=rows, notes=notes)


def compared(network: str, seconds: Mapping[str, list[float]]) -> list[dict[str, Any]]:
    """Return the ratios of the fastest peer and of plain PyTorch to ours, then the seconds of each library."""
    figures, others = [], {name: values for name, values in seconds.items() if name != OURS}
    if OURS in seconds and others:
        fastest = min(others, key=lambda name: fmean(others[name]))
        name, limit = f"{network} epoch: fastest peer ({fastest}) / {OURS}", WANTED[network]["fastest"]
        figures.append(ratio(name, list(others.values()), seconds[OURS], at_least=limit))
    if OURS in seconds and PLAIN in seconds:
        name, limit = f"{network} epoch: {PLAIN} / {OURS}", WANTED[network][PLAIN]
        figures.append(ratio(name, [seconds[PLAIN]], seconds[OURS], at_least=limit))
    return figures + [figure(f"{network} epoch: {name}", values, "s") for name, values in seconds.items()]


def row(name: str, seconds: Sequence[float], answers: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return a library's line of the table."""
    return {
        "library": name,
        "versions": ", ".join(f"{k} {v}" for k, v in answers[0]["versions"].items()),
        "seconds an epoch": round(fmean(seconds), 4),
        "first epoch": round(fmean(a["epoch_seconds"][0] for a in answers), 3),
        "test accuracy": round(fmean(a["accuracy"] for a in answers), 4),
    }


if __name__ == "__main__":
    main()
