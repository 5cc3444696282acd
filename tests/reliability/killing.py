"""Trainings in child processes, killed at chosen instants and resumed, and what they leave, compared byte by byte.

The children are forks of a server that has imported profundo already, so one costs tens of milliseconds.
"""

import json
import multiprocessing
import os
import random
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import numpy as np

CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(["profundo.train", "sklearn.linear_model", "pandas"])
PATIENCE = 60.0  # seconds after which a child that has not ended is a failure

COMMON = {"save_every": 0, "baselines": False, "threads": 1, "evaluate": "holdout"}  # a resume point at every step
TABLE_JOB = {
    "epochs": 12, "batch_size": 32, "hidden": [16], "dropout": 0.3, "normalisation": "batch", "average": 0.9,
    "overfit": 8, **COMMON,
}  # fmt: skip
JOBS: dict[str, dict[str, Any]] = {
    "table": TABLE_JOB,
    "pictures": {"epochs": 3, "batch_size": 16, "augment": "affine", "dropout": 0.2, "width": 8, **COMMON},
    "seldom": {**TABLE_JOB, "save_every": 60},  # without a resume point: what is killed begins anew
}
STEPWISE = ("table", "pictures")
SAME = ("best.safetensors", "weights.safetensors", "schema.json", "finder.json", "examples.json", "answers.npz")
SAME += ("findings.json", "vitals.jsonl", "diagnosis.json", "decision.json", "reference.npz")


def write_sources(folder: Path) -> dict[str, Path]:
    """Write a small table and a small set of pictures; returns their paths by job."""
    rng = np.random.default_rng(7)
    numbers = rng.normal(size=(160, 4))
    lines = ["a,b,c,d,city,y"]
    for row in numbers:
        city, y = rng.choice(["Reus", "Vic", "Olot"]), "yes" if row[0] + row[1] ** 2 > 0.5 else "no"
        lines.append(",".join([*(f"{v:.4f}" for v in row), city, y]))
    (folder / "table.csv").write_text("\n".join(lines) + "\n")
    pixels = rng.integers(0, 120, (80, 12, 12)).astype(np.uint8)
    y = np.arange(80) % 2
    pixels[y == 1, 3:9, 3:6] += 120
    np.savez(folder / "pictures.npz", x=pixels, y=y)
    return {"table": folder / "table.csv", "seldom": folder / "table.csv", "pictures": folder / "pictures.npz"}


def silence(output: Path) -> None:
    """Send standard output and standard error of this process to a file."""
    with output.open("ab") as file:
        sys.stdout.flush()
        for stream in (1, 2):
            os.dup2(file.fileno(), stream)


def train_child(job: str, source: Path, folder: Path, resume: bool) -> None:
    """Train, or go on, in this process."""
    from profundo.train import train

    silence(folder.with_suffix(".log"))
    if resume and (folder / "plan.toml").is_file():
        train(resume=folder)
    else:  # also where it was killed before the plan was written: the same command again
        train(source, None if job == "pictures" else "y", out=folder, **JOBS[job])


def command_child(arguments: list[str], output: Path) -> None:
    """Carry out a command line in this process, as `profundo ARGUMENTS` would; what it says goes to `output`."""
    from profundo.cli import main

    silence(output)
    sys.argv = ["profundo", *arguments]
    main()


def command_of(job: str, source: Path, folder: Path) -> list[str]:
    """Return the command line of a job."""
    options = {} if job == "pictures" else {"target": "y"}
    for name, value in (options | JOBS[job]).items():
        text = ",".join(map(str, value)) if isinstance(value, list) else value
        options[name] = str(text)
    flags = [f"--{k.replace('_', '-')}={v}" for k, v in options.items() if k != "baselines"]
    return ["train", str(source), *flags, "--no-baselines", "--out", str(folder)]


def dying_child(job: str, source: Path, folder: Path, resume: bool, at: int) -> None:
    """Train, and kill this process at the `at`-th call that changes the disk; with 0, only count the calls."""
    calls = 0

    def counted(change: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **options: Any) -> Any:
            nonlocal calls
            calls += 1
            if calls == at:
                os.kill(os.getpid(), signal.SIGKILL)
            return change(*arguments, **options)

        return call

    for name in ("fsync", "replace", "unlink", "fchmod"):
        setattr(os, name, counted(getattr(os, name)))
    train_child(job, source, folder, resume)
    folder.with_suffix(".calls").write_text(str(calls))


def start(target: Any, *arguments: Any) -> BaseProcess:
    """Start a child."""
    process = CONTEXT.Process(target=target, args=arguments)
    process.start()
    return process


def finish(process: BaseProcess, within: float = PATIENCE) -> int:
    """Wait for a child to end; returns its exit code, minus the signal's number where a signal ended it."""
    process.join(within)
    if process.exitcode is None:
        process.kill()
        process.join()
        raise TimeoutError(f"the child had not ended after {within:.0f} s")
    return process.exitcode


def wait_for_step(process: BaseProcess, folder: Path, step: int) -> None:
    """Wait until the resume point of a step, or of a later one, stands in the folder, or the child has ended."""
    until = time.monotonic() + PATIENCE
    while process.is_alive() and time.monotonic() < until:
        if any(int(p.stem.split("-")[2]) >= step for p in folder.glob("resume-*.safetensors")):
            return
        time.sleep(0.0005)


def wait_for_save(process: BaseProcess, folder: Path) -> None:
    """Wait until a resume point is being written: its temporary file stands in the folder. Or the child has ended."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        if any(n.startswith(".resume") for n in os.listdir(folder)):
            return
        if not process.is_alive():
            return


def half_saved(folder: Path) -> bool:
    """Say whether a file that was being written stands in the folder."""
    return folder.is_dir() and any(folder.glob(".*.tmp"))


def kill(process: BaseProcess, folder: Path) -> np.ndarray:
    """Kill -9 a child; returns (1 where that ended it, 1 where it was within a save)."""
    process.kill()
    process.join()
    killed = process.exitcode == -signal.SIGKILL
    return np.array([killed, killed and half_saved(folder)], int)


def kill_at_step(process: BaseProcess, folder: Path, step: int, rng: random.Random, inside_save: bool) -> np.ndarray:
    """Kill -9 a training at a random instant after a step, or within the next save; returns what `kill` does."""
    wait_for_step(process, folder, step)
    if inside_save:
        wait_for_save(process, folder)
    else:
        time.sleep(rng.uniform(0, 0.02))
    return kill(process, folder)


@dataclass(frozen=True)
class Outcome:
    """What one killed training came to: how often it was killed, how often within a save, what differs at the end."""

    kills: int
    inside_save: int
    different: tuple[str, ...]
    debris: tuple[str, ...]


def kill_and_resume(job: str, source: Path, folder: Path, expected: dict[str, Any], seed: int, saving: bool) -> Outcome:
    """Train in a child, kill it once or twice, resume until it is done; compare with the training never interrupted.

    The instant is drawn with the seed: after a random step, or at a random time of the whole process.
    """
    rng = random.Random(seed)
    steps = expected["steps"]
    process = start(train_child, job, source, folder, False)
    kills = kill_at_step(process, folder, rng.randrange(1, steps * 3 // 4), rng, saving)
    if rng.random() < 0.4:  # again, at any time of what remains: while loading, learning, scoring or reporting
        process = start(train_child, job, source, folder, True)
        time.sleep(rng.uniform(0, expected["seconds"]))
        kills += kill(process, folder)
    if finish(start(train_child, job, source, folder, True)):
        raise RuntimeError(f"the resumed training failed: {folder.with_suffix('.log').read_text()[-2000:]}")
    left = result(folder)
    different = tuple(n for n in expected["result"] if left.get(n) != expected["result"][n])
    debris = tuple(sorted(p.name for p in folder.iterdir() if p.name.startswith((".", "resume"))))
    return Outcome(*kills.tolist(), different, debris)


def unbroken(job: str, source: Path, folder: Path) -> dict[str, Any]:
    """Train without interruption; returns the `result`, the seconds it took and the number of steps."""
    finish(start(silence, folder.with_suffix(".log")))  # the server has imported everything after its first child
    began = time.monotonic()
    if finish(start(train_child, job, source, folder, False)):
        raise RuntimeError(f"the training failed: {folder.with_suffix('.log').read_text()[-2000:]}")
    return {"result": result(folder), "seconds": time.monotonic() - began, "steps": steps_done(folder)}


def steps_done(folder: Path) -> int:
    """Return the number of steps in a finished run."""
    return int(json.loads((folder / "progress.jsonl").read_text().splitlines()[-1])["step"])


def result(folder: Path) -> dict[str, Any]:
    """Return all that a run left and that must be the same: files as bytes, the rest without the clock and the path."""
    kept: dict[str, Any] = {name: (folder / name).read_bytes() for name in SAME}
    kept["scores.json"] = without(
        json.loads((folder / "scores.json").read_text()), "run", "seconds", "training_seconds"
    )
    lines = (folder / "progress.jsonl").read_text().splitlines()
    kept["progress.jsonl"] = [without(json.loads(line), "seconds") for line in lines]
    kept["files"] = sorted(p.name for p in folder.iterdir())
    kept["sealed"] = sorted(json.loads((folder / "manifest.json").read_text())["files"])
    return kept


def without(record: dict[str, Any], *names: str) -> dict[str, Any]:
    """Return a dict without some of its keys."""
    return {k: v for k, v in record.items() if k not in names}
