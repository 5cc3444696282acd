"""What the run stored, and how to repeat it."""

import shlex
from pathlib import Path

from .html import Html, code, fold, joined, paragraph, section, table, tag
from .stored import Stored

FILES = {
    "plan.toml": "the plan that was run, complete",
    "code.txt": "versions, machine, threads, precision",
    "schema.json": "the columns with their statistics",
    "data.json": "the data: counts, columns, notes",
    "finder.json": "the learning-rate finder",
    "transfer.json": "which weights were borrowed, and the race of the ways to use them",
    "progress.jsonl": "one line for each epoch",
    "weights.safetensors": "the last weights",
    "best.safetensors": "the weights with the lowest validation loss: the ones scored",
    "resume.json": "where an interrupted training goes on",
    "scores.json": "the scores, with intervals, and the baselines",
    "answers.npz": "the network's answer for every test example",
    "examples.json": "the most wrong test examples",
    "findings.json": "what the data doctor found before training",
    "vitals.jsonl": "what the training doctor measured at each look",
    "diagnosis.json": "what ailed the training",
    "decision.json": "how probabilities are calibrated and answers given",
    "folds.json": "the rounds of the resampling",
    "groups.json": "scores by group, and what swaps change",
    "robustness.json": "the seven difficulties of pictures",
    "ensemble.json": "the members of the ensemble",
    "reference.npz": "a sample of the rows: do new data look like these? (profundo check NEW --against RUN)",
}
HIDDEN = {"lock", "report.html", "manifest.json", "status.json", "tags.json"}  # they change after the list


def repeat_section(run: Stored) -> Html:
    """List the files, and give the commands that repeat the run and use its network."""
    where = shlex.quote(str(run.path))
    plan = shlex.quote(str(run.path / "plan.toml"))
    seed = run.plan_values.get("seed") if run.scores.seed is None else run.scores.seed
    words = ["The plan holds every choice of this run"]
    words.append(f", the seed {seed} among them" if isinstance(seed, int) else "")
    commands = [
        f"profundo train --plan {plan}    # the same training again",
        f"profundo evaluate {where} NEW_DATA    # score it on other data",
        f"profundo predict {where} NEW_DATA -o answers.csv",
    ]
    return section(
        "repeat",
        "Stored, and how to repeat it",
        paragraph("".join(words), ". The same plan, data and versions give the same network."),
        code("\n".join(commands)),
        fold("plan.toml", code(run.plan)) if run.plan else Html(""),
        fold("Versions and machine (code.txt)", code(run.code)) if run.code else Html(""),
        joined([tag("h3", "Files"), table(["file", "size", "what it is"], stored_files(run.path))]),
    )


def stored_files(folder: Path) -> list[list[Html | str]]:
    """Return a row for each file and folder of the run."""
    rows: list[list[Html | str]] = []
    for path in sorted(folder.iterdir()):
        if path.name in HIDDEN or path.name.startswith("."):
            continue
        inside = [p for p in path.rglob("*") if p.is_file()] if path.is_dir() else [path]
        size = sum(p.stat().st_size for p in inside)
        what = f"a folder of {len(inside)} files" if path.is_dir() else FILES.get(path.name, "")
        if path.name.startswith("resume-"):
            what = "what resuming an interrupted training needs"
        rows.append([tag("code", path.name), size_text(size), what])
    return rows


def size_text(size: float) -> str:
    """Write a size in bytes for a reader."""
    for unit in ("B", "kB", "MB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "B" or size >= 10 else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} GB"
