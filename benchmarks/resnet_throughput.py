"""Pictures of 32 x 32 a second that ResNet-18 (3 x 3 stem, batch 128, Adam) learns from, profundo beside its peers.

In every round each library trains in a fresh process, one after the other; the round after begins with the next one.
The first three steps (compiling, first allocations) are not on the clock. Every library runs as its documentation
teaches, at its defaults; ours too, which are bfloat16 and channels-last where the processor has them. Nobody augments.
Beside them stands the recipe of Lightning's CIFAR-10 tutorial, with its batches of 64, its crops and mirror images of
one picture at a time and its optimiser: how long it takes to 90 % is computed in docs/numbers/cifar10.json.
"""

import argparse
import sys
import tempfile
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np

from hardware import hardware
from processes import PEERS, missing, say, start
from profundo import load
from record import DATA, NUMBERS, figure, ratio, record, show, store
from speed_vs_peers import KERAS, Peer

OURS, TUTORIAL, PLAIN = "profundo", "Lightning's CIFAR-10 tutorial", "PyTorch"
LIBRARIES = (
    Peer(OURS, "resnet_profundo.py", ("profundo", "torch")),
    Peer(PLAIN, "resnet_pytorch.py", ("torch",)),
    Peer("Lightning", "resnet_lightning.py", ("lightning", "torch")),
    Peer("Keras on TensorFlow", "resnet_keras.py", ("keras", "tensorflow"), KERAS | {"KERAS_BACKEND": "tensorflow"}),
    Peer(TUTORIAL, "resnet_lightning.py", ("lightning", "torch")),
)
FASTEST, TORCH = 1.8, 2.5  # times the fastest peer, and those on PyTorch
PICTURES = 4_096


def main() -> None:
    asked = arguments()
    here, rounds = hardware(), list[dict[str, Any]]()
    lacks = {p.name: missing(sys.executable if p.name == OURS else asked.python_peers, p.packages) for p in LIBRARIES}
    left_out = {name: f"not installed: {', '.join(packages)}" for name, packages in lacks.items() if packages}
    with tempfile.TemporaryDirectory() as name:
        pictures = Path(name) / "pictures.npz"
        write_pictures(pictures, asked.data)
        for number in range(asked.rounds):
            shift = number % len(LIBRARIES)
            rounds.append(one_round(asked, pictures, number, [*LIBRARIES[shift:], *LIBRARIES[:shift]], left_out))
            store(asked.out, __doc__, {"resnet18": measured(rounds, asked, here, left_out)})
    show(measured(rounds, asked, here, left_out)["figures"], say)
    say(f"\nwritten: {asked.out}")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--python-peers", default=sys.executable, help="the Python that has the peers")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=8, help="of each training that are on the clock")
    parser.add_argument("--data", type=Path, default=DATA, help="the folder of cifar10_jpg.parquet")
    parser.add_argument("--out", type=Path, default=NUMBERS / "resnet_throughput.json")
    return parser.parse_args()


def write_pictures(path: Path, folder: Path) -> None:
    """Write the first training pictures of CIFAR-10, decoded, for all to read."""
    data = load(str(folder / "cifar10_jpg.parquet"), target="label", rows=PICTURES, augment="none")
    np.savez(path, x=data.x.numpy(), y=data.y.numpy())


def one_round(
    asked: argparse.Namespace, pictures: Path, number: int, order: list[Peer], left_out: dict[str, str]
) -> dict[str, Any]:
    """Let every library train once, in this order. One that fails is left out from here on."""
    found = {}
    for library in order:
        if library.name in left_out:
            continue
        python = sys.executable if library.name == OURS else asked.python_peers
        options = ["--data", pictures, "--steps", asked.steps, "--seed", number]
        recipe = ["--tutorial"] if library.name == TUTORIAL else []
        with tempfile.TemporaryDirectory() as folder:
            done = start([python, PEERS / library.script, *options, *recipe], folder=Path(folder), env=library.env)
        if done.code or not done.answers:
            left_out[library.name] = f"failed in round {number + 1}, {done.failure}"
            say(f"{library.name}: {left_out[library.name]}")
            continue
        found[library.name] = done.answers[-1] | {"process_seconds": done.seconds}
        say(f"round {number + 1}  {library.name:30} {found[library.name]['pictures_a_second']:.1f} pictures a second")
    return found


def measured(
    rounds: list[dict[str, Any]], asked: argparse.Namespace, here: dict[str, Any], left_out: Mapping[str, str]
) -> dict[str, Any]:
    """Sum the rounds up."""
    seconds: dict[str, list[float]] = defaultdict(list)  # for a thousand pictures, one for each round
    for name in [p.name for p in LIBRARIES if all(p.name in found for found in rounds)]:
        seconds[name] = [1000 / found[name]["pictures_a_second"] for found in rounds]
    rows = [
        {
            "library": name,
            "versions": ", ".join(f"{k} {v}" for k, v in rounds[0][name]["versions"].items()),
            "pictures a second": round(1000 / fmean(values), 1),
        }
        for name, values in seconds.items()
    ]
    settings = {"rounds": asked.rounds, "steps": asked.steps, "batch_size": 128, "optimiser": "Adam, 1e-3"}
    notes = [f"left out: {name}: {reason}" for name, reason in left_out.items()]
    return record(compared(seconds), rounds, here, settings=settings, table=rows, notes=notes)


def compared(seconds: Mapping[str, list[float]]) -> list[dict[str, Any]]:
    """Return the ratios of the fastest peer, and of the fastest on PyTorch, to ours, then ours."""
    peers = {name: values for name, values in seconds.items() if name not in (OURS, TUTORIAL)}
    torch = {name: values for name, values in peers.items() if name in (PLAIN, "Lightning")}
    own, figures = seconds.get(OURS), list[dict[str, Any]]()
    for words, group, least in (("fastest peer", peers, FASTEST), ("fastest on PyTorch", torch, TORCH)):
        if own and group:
            best = min(group, key=lambda name: fmean(group[name]))
            figures.append(ratio(f"{words} ({best}) / profundo", list(group.values()), own, at_least=least))
    return figures + [figure(f"{name}: pictures a second", [1000 / s for s in v]) for name, v in seconds.items()]


if __name__ == "__main__":
    main()
