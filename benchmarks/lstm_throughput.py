"""Characters a second that a model of two LSTM layers of 128 learns from (batches of 64 x 128), beside its peers.

A model of tiny Shakespeare's characters: vectors of 128, two LSTM layers, a linear layer, Adam 1e-3. In every round
each library trains in a fresh process, one after the other; the round after begins with the next one. The first five
steps (compiling, first allocations) are not on the clock. Every library runs as its documentation teaches, at its
defaults, on the cores and threads that this process may use; ours too, whose products are bfloat16 where the processor
has them, with the memory in float32. JAX is lax.scan under jit, with the products with the inputs made for all steps at
once.
"""

import argparse
import sys
import tempfile
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from statistics import fmean
from typing import Any

from hardware import hardware
from processes import PEERS, missing, say, start
from record import DATA, NUMBERS, figure, ratio, record, show, store
from speed_vs_peers import KERAS, Peer

OURS = "profundo"
LIBRARIES = (
    Peer(OURS, "lstm_profundo.py", ("profundo", "torch")),
    Peer("PyTorch", "lstm_pytorch.py", ("torch",)),
    Peer("Keras on TensorFlow", "lstm_keras.py", ("keras", "tensorflow"), KERAS | {"KERAS_BACKEND": "tensorflow"}),
    Peer("Keras on JAX", "lstm_keras.py", ("keras", "jax"), KERAS | {"KERAS_BACKEND": "jax"}),
    Peer("Keras on PyTorch", "lstm_keras.py", ("keras", "torch"), KERAS | {"KERAS_BACKEND": "torch"}),
    Peer("JAX", "lstm_jax.py", ("jax",)),
)
FASTEST = 2.3  # times the fastest peer


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--python-peers", default=sys.executable, help="the Python that has the peers")
    parser.add_argument("--peers", nargs="+", help="some of the peers alone, by name")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=30, help="of each training that are on the clock")
    parser.add_argument("--data", type=Path, default=DATA / "text" / "tinyshakespeare.txt", help="a text")
    parser.add_argument("--out", type=Path, default=NUMBERS / "lstm_throughput.json")
    asked = parser.parse_args()
    here, rounds = hardware(), list[dict[str, Any]]()
    libraries = [p for p in LIBRARIES if p.name == OURS or not asked.peers or p.name in asked.peers]
    lacks = {p.name: missing(sys.executable if p.name == OURS else asked.python_peers, p.packages) for p in libraries}
    left_out = {name: f"not installed: {', '.join(packages)}" for name, packages in lacks.items() if packages}
    for number in range(asked.rounds):
        shift = number % len(libraries)
        rounds.append(one_round(asked, number, [*libraries[shift:], *libraries[:shift]], left_out))
        store(asked.out, __doc__, {"lstm": measured(rounds, asked, here, left_out)})
    show(measured(rounds, asked, here, left_out)["figures"], say)
    say(f"\nwritten: {asked.out}")


def one_round(asked: argparse.Namespace, number: int, order: list[Peer], left_out: dict[str, str]) -> dict[str, Any]:
    """Let every library train once, in this order. One that fails is left out from here on."""
    found = {}
    for library in order:
        if library.name in left_out:
            continue
        python = sys.executable if library.name == OURS else asked.python_peers
        options = ["--data", asked.data.resolve(), "--steps", asked.steps, "--seed", number]
        with tempfile.TemporaryDirectory() as folder:
            done = start([python, PEERS / library.script, *options], folder=Path(folder), env=library.env)
        if done.code or not done.answers:
            left_out[library.name] = f"failed in round {number + 1}, {done.failure}"
            say(f"{library.name}: {left_out[library.name]}")
            continue
        found[library.name] = done.answers[-1] | {"process_seconds": done.seconds, "load": hardware()["load"]}
        say(
            f"round {number + 1}  {library.name:20} {found[library.name]['tokens_a_second']:>9,.0f} characters a second"
        )
    return found


def measured(
    rounds: list[dict[str, Any]], asked: argparse.Namespace, here: dict[str, Any], left_out: Mapping[str, str]
) -> dict[str, Any]:
    """Sum the rounds up."""
    seconds: dict[str, list[float]] = defaultdict(list)  # for a million characters, one for each round
    for library in LIBRARIES:
        if all(library.name in found for found in rounds):
            seconds[library.name] = [1e6 / found[library.name]["tokens_a_second"] for found in rounds]
    rows = [
        {
            "library": name,
            "versions": ", ".join(f"{k} {v}" for k, v in rounds[0][name]["versions"].items()),
            "characters a second": round(1e6 / fmean(values)),
            "last loss": round(fmean(found[name]["loss"] for found in rounds), 3),
        }
        for name, values in seconds.items()
    ]
    peers, own = [values for name, values in seconds.items() if name != OURS], seconds.get(OURS)
    figures = []
    if own and peers:
        best = min((name for name in seconds if name != OURS), key=lambda name: fmean(seconds[name]))
        figures.append(ratio(f"fastest peer ({best}) / profundo", peers, own, at_least=FASTEST))
    figures += [figure(f"{name}: characters a second", [1e6 / s for s in v]) for name, v in seconds.items()]
    settings = {
        "rounds": asked.rounds,
        "steps": asked.steps,
        "batch_size": 64,
        "context": 128,
        "optimiser": "Adam, 1e-3",
    }
    notes = [f"left out: {name}: {reason}" for name, reason in left_out.items()]
    return record(figures, rounds, here, settings=settings, table=rows, notes=notes)


if __name__ == "__main__":
    main()
