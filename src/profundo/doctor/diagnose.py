"""The diagnosis of a training: every rule asked, causes before symptoms."""

import json
import os
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..errors import DataError
from ..files import read_json, read_text
from ..findings import SEVERITIES, Finding
from . import fit, memory, rate, signals, units
from .course import Course

CAUSES = (
    signals.inputs,
    signals.initialisation,
    units.from_the_start,
    signals.gradients,
    memory.forgotten,
    rate.too_high,
    rate.too_low,
)
UNEXPLAINED = (fit.never_fell, fit.underfitting, fit.label_noise)  # asked only where no cause is found
SYMPTOMS = (units.in_the_end, fit.overfitting)


def diagnose(
    vitals: Sequence[Mapping[str, Any]], progress: Sequence[Mapping[str, Any]], facts: Mapping[str, Any]
) -> list[Finding]:
    """Return what ails a training, causes before symptoms; a symptom is never graver than what stands before it.

    `vitals` are the looks of a `Watcher`, `progress` the lines of progress.jsonl, `facts` what the plan says (`recipe`,
    `network_options`) and, for a training that broke off, `failure`.
    """
    looks = {look["epoch"]: look for look in vitals}  # after resuming, an epoch may have been looked at twice
    course = Course([looks[epoch] for epoch in sorted(looks)], progress, facts)
    if not course.vitals or course.first["epoch"] != 0 or not course.first["layers"]:
        return []
    found = [finding for rule in CAUSES for finding in rule(course)]
    found = found or [finding for rule in UNEXPLAINED for finding in rule(course)][:1]
    found += [finding for rule in SYMPTOMS for finding in rule(course)]
    found.sort(key=lambda f: f.severity == "minor")
    gravest, ordered = 0, []
    for finding in found:
        gravest = max(gravest, SEVERITIES.index(finding.severity))
        ordered.append(replace(finding, severity=SEVERITIES[gravest]))
    return ordered


def diagnose_run(folder: str | os.PathLike[str]) -> list[Finding]:
    """Repeat the diagnosis of a run from its folder. Raises DataError where the training was not watched."""
    path = Path(folder)
    if not (path / "plan.toml").is_file():
        raise DataError(f"{path} is not a profundo run: it holds no plan.toml.")
    if not (path / "vitals.jsonl").is_file():
        raise DataError(
            f"{path} has no vitals.jsonl: its training was not watched. Train anew: profundo train. (Where places in "
            "pictures are learnt, nothing is watched.)"
        )
    return diagnose(read_lines(path / "vitals.jsonl"), read_lines(path / "progress.jsonl"), read_facts(path))


def read_facts(path: Path) -> dict[str, Any]:
    """Read what the rules want of plan.toml, and of diagnosis.json how the training broke off."""
    try:
        plan = tomllib.loads(read_text(path / "plan.toml"))
    except tomllib.TOMLDecodeError as error:
        raise DataError(f"{path / 'plan.toml'} is damaged ({error}).") from error
    facts = {"recipe": plan.get("recipe", {}), "network_options": plan.get("network", {})}
    if (path / "diagnosis.json").is_file():
        facts["failure"] = read_json(path / "diagnosis.json").get("failure") or ""
    return facts


def read_lines(path: Path) -> list[dict[str, Any]]:
    """Read a JSON object a line; a last line that a crash cut short is left out."""
    if not path.is_file():
        return []
    found = []
    lines = read_text(path).split("\n")
    for row, line in enumerate(lines[:-1], 1):
        try:
            found.append(json.loads(line))
        except ValueError as error:
            raise DataError(f"{path} is damaged in line {row} ({error}).") from error
    return found


def diagnosis_lines(findings: Sequence[Finding]) -> list[str]:
    """Write a diagnosis for the terminal."""
    if not findings:
        return ["The training was healthy: the doctor found nothing."]
    lines = []
    for finding in findings:
        lines.append(f"{finding.severity}: {finding.text}")
        if finding.flag:
            lines.append(f"  try: {finding.flag}")
    return lines
