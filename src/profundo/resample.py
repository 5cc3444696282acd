"""Resampling: the same plan trained anew on other parts of the rows, for a score that hangs less on one split.

A round is a pure function of (plan, number), written to `rounds/` as soon as it is done: an interrupted resampling goes
on where it stood. Rounds run side by side in processes of one thread each, which load the source themselves.
"""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from queue import Queue
from typing import Any

from . import precision, rounds
from .data import folds
from .data.dataset import Data
from .data.load import read_rows
from .data.memory import memory_limit
from .errors import ResourceError
from .learning import Watch
from .plan import Plan
from .run import Run

PROCESS = 700e6  # bytes that one more process needs before it has read any data: Python, PyTorch, scikit-learn
GROUP = ("RANK", "WORLD_SIZE", "LOCAL_RANK", "MASTER_ADDR", "MASTER_PORT")  # torchrun's: a round is in no group


def resample(run: Run, plan: Plan, source: Any, data: Data, watch: Watch) -> dict[str, Any] | None:
    """Carry out the rounds that a plan wants, and return the estimate, as folds.json holds it; None for a holdout.

    A round that cannot be trained (a class too small, a loss that is not finite) is left out and named in `failed`.
    """
    scheme = folds.scheme(plan.evaluate)
    if scheme.name == "holdout":
        return None
    run.path("rounds").mkdir(exist_ok=True)
    stored = isinstance(source, str | os.PathLike)
    plan = as_wished(run, plan)
    raw = read_rows(source, plan.data)
    count = rounds.count(plan, data)
    waiting = [n for n in range(1, count + 1) if not run.has(f"rounds/{n}.json")]
    watch("rounds", (count - len(waiting), count))
    many = workers(len(waiting)) if stored else 1
    done = in_processes(run, waiting, many) if many > 1 else here(run, plan, raw, waiting)
    for finished, _ in enumerate(done, count - len(waiting) + 1):
        watch("rounds", (finished, count))
    return rounds.summary(run, plan, count)


def as_wished(run: Run, plan: Plan) -> Plan:
    """Return a run's plan without the learning rate that was found: each round finds its own."""
    if not run.has("finder.json"):
        return plan
    return replace(plan, recipe_options={k: v for k, v in plan.recipe_options.items() if k != "lr"})


def workers(waiting: int) -> int:
    """Return how many rounds run side by side: as many as there are processors, and memory for."""
    return max(1, min(precision.cores(), waiting, int(memory_limit() // PROCESS)))


def here(run: Run, plan: Plan, raw: Any, numbers: Sequence[int]) -> Iterator[int]:
    """Carry out rounds one after the other in this process."""
    for number in numbers:
        rounds.carry_out(run, plan, raw, number)
        yield number


def in_processes(run: Run, numbers: Sequence[int], many: int) -> Iterator[int]:
    """Carry out rounds side by side, each process a share of them; yield each that is done."""
    limits = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    environment = {k: v for k, v in os.environ.items() if k not in GROUP} | limits
    lines: Queue[tuple[subprocess.Popen[str], str]] = Queue()
    children = []
    try:
        for share in (numbers[i::many] for i in range(many)):
            command = [sys.executable, "-P", "-m", "profundo.resample", str(run.folder), *map(str, share)]
            child = subprocess.Popen(
                command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment,
                start_new_session=True,  # Ctrl-C is for the parent, which then ends them
            )  # fmt: skip
            children.append(child)
            threading.Thread(target=listen, args=(child, lines), daemon=True).start()
        for _ in numbers:
            yield awaited(lines)
    finally:
        for child in children:
            child.kill()
            child.wait()


def listen(child: "subprocess.Popen[str]", lines: "Queue[tuple[subprocess.Popen[str], str]]") -> None:
    """Put every line that a child writes into the queue, and an empty one at its end."""
    assert child.stdout is not None
    for line in child.stdout:
        lines.put((child, line.strip()))
    lines.put((child, ""))


def awaited(lines: "Queue[tuple[subprocess.Popen[str], str]]") -> int:
    """Return the number of the next round that is done. Raises ResourceError where a process ended before its work."""
    while True:
        child, line = lines.get()
        if line:
            return int(line)
        if child.wait():
            assert child.stderr is not None
            last = (child.stderr.read().strip().splitlines() or [f"status {child.returncode}"])[-1]
            raise ResourceError(
                f"a process that trained one round ended unexpectedly ({last}). Is there enough memory?"
            )


def main(arguments: Sequence[str]) -> None:
    """Carry out rounds of a run in this process, and write the number of each that is done."""
    run = Run(Path(arguments[0]))
    plan = Plan.from_toml(run.path("plan.toml").read_text(encoding="utf-8"))
    plan = as_wished(run, plan)
    raw = read_rows(plan.data.source, plan.data)
    for number in here(run, plan, raw, [int(n) for n in arguments[1:]]):
        print(number, flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
