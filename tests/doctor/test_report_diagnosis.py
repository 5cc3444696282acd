"""The section of the report: every finding with its plot, two figures, nothing that breaks the page."""

import json
from dataclasses import dataclass
from pathlib import Path

import pytest

from profundo.errors import DataError
from profundo.files import write_json
from profundo.report.diagnosis import diagnosis_section

EVIL = '<script>alert("x")</script>'


@dataclass
class Folder:
    """All that the section asks of a stored run."""

    path: Path


def layer(name, size, **more):
    return {
        "name": name,
        "type": "Linear",
        "activation": "relu",
        "std": size,
        "active_std": size,
        "gradient": size,
        **more,
    }


@pytest.fixture
def run(tmp_path):
    looks = [
        {
            "epoch": e,
            "examples": 64,
            "layers": [layer("linear1", 0.1 / (e + 1), dead=0.2), layer("output", 1.0, activation="")],
        }
        for e in (0, 1, 3)
    ]
    (tmp_path / "vitals.jsonl").write_text("".join(json.dumps(line) + "\n" for line in looks))
    plot = {"x": [0, 1, 3], "y": [0.1, 0.5, 0.9], "x_name": "epoch", "y_name": "share dead"}
    found = {
        "name": "dead units",
        "severity": "warning",
        "text": f"90% of {EVIL} are dead.",
        "flag": "--lr 0.001",
        "plot": plot,
    }
    write_json(tmp_path / "diagnosis.json", {"findings": [found]})
    return Folder(tmp_path)


def test_a_finding_stands_with_its_plot_and_its_cure(run):
    html = diagnosis_section(run)
    assert "dead units (warning)" in html and "--lr 0.001" in html and "Evidence: share dead" in html
    assert EVIL not in html and "&lt;script&gt;" in html


def test_both_figures_stand_with_their_numbers(run):
    html = diagnosis_section(run)
    for title in ("Size of the gradient of each layer", "Size of the signal by layer", "Share of dead units by layer"):
        assert title in html
    assert html.count("<details") == 4 and html.count("<svg") == 4


def test_a_healthy_training_says_so(run):
    write_json(run.path / "diagnosis.json", {"findings": []})
    assert "The doctor found nothing" in diagnosis_section(run)


def test_without_a_diagnosis_there_is_no_section(tmp_path):
    assert diagnosis_section(Folder(tmp_path)) == ""


@pytest.mark.parametrize(
    "lines", ["", '{"epoch": 0, "layers": []}\n', '{"epoch": 0, "layers": [{"name": "a", "std": null}]}\n']
)
def test_vitals_that_say_little_break_nothing(run, lines):
    (run.path / "vitals.jsonl").write_text(lines)
    assert "dead units" in diagnosis_section(run)


def test_damaged_files_are_named_with_the_place(run):
    (run.path / "vitals.jsonl").write_text('{"epoch": "x"}\n')
    with pytest.raises(DataError, match=r"vitals.jsonl line 1 is damaged: epoch"):
        diagnosis_section(run)
    write_json(run.path / "diagnosis.json", {"findings": [{"name": "x"}]})
    with pytest.raises(DataError, match=r"diagnosis.json is damaged: findings.0"):
        diagnosis_section(run)
