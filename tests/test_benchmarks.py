"""The benchmarks run: each answers --help, one runs whole on a few pictures, and their figures become a page."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"
SCRIPTS = sorted(p for p in BENCHMARKS.glob("*.py") if "__main__" in p.read_text(encoding="utf-8"))


@pytest.fixture
def bench(monkeypatch):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    import record
    import write_numbers

    return record, write_numbers


def run(*command: object) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "OMP_NUM_THREADS": "1"}
    return subprocess.run([sys.executable, *map(str, command)], capture_output=True, text=True, env=env)


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda p: p.stem)
def test_help(script):
    answer = run(script, "--help")
    assert answer.returncode == 0, answer.stderr
    assert "usage:" in answer.stdout.lower()


def test_a_mean_and_its_interval(bench):
    record, _ = bench
    found = record.figure("seconds", [1.0, 2.0, 3.0], "s", at_most=1.5)
    assert found["mean"] == 2.0
    assert found["n"] == 3
    assert found["high"] - 2.0 == pytest.approx(4.302653 / 3**0.5)  # t with 2 degrees of freedom, standard deviation 1
    assert found["met"] is False


def test_a_ratio_is_that_of_the_fastest(bench):
    record, _ = bench
    found = record.ratio("times", [[4.0, 4.0, 4.0], [2.0, 2.0, 2.0]], [1.0, 1.0, 1.0], at_least=1.2)
    assert (found["mean"], found["low"], found["high"], found["met"]) == (2.0, 2.0, 2.0, True)
    noisy = record.ratio("times", [[2.0, 3.0, 2.5, 2.2, 2.8]], [1.0, 1.0, 1.0, 1.0, 1.0])
    assert noisy["mean"] == pytest.approx(2.5)
    assert 2.0 < noisy["low"] < noisy["mean"] < noisy["high"] < 3.0


def test_stored_records_become_a_page(bench, tmp_path):
    record, write_numbers = bench
    machine = record.hardware()
    figures = [record.figure("digits: accuracy", [0.98, 0.99], at_least=0.975), record.figure("seconds", [21.0], "s")]
    rows = [{"table": "a|b", "verdict": None}]
    path = tmp_path / "numbers" / "accuracy.json"
    record.store(path, "How.", {"digits": record.record(figures, [], machine, table=rows, notes=["one note"])})
    record.store(path, "How.", {"adult": record.record([], [], machine)})
    assert list(json.loads(path.read_text())["entries"]) == ["digits", "adult"]
    (path.parent / "other.json").write_text('{"passed": 30, "runs": [1, 2]}')
    page = write_numbers.page(path.parent)
    assert "| digits: accuracy | 0.985 | [0.9215, 1.049] | 2 | ≥ 0.975 | yes |" in page
    assert "| seconds | 21 s |  | 1 |  |  |" in page
    assert "| a\\|b | - |" in page
    assert "- one note" in page
    assert "## other\n\n|  | value |\n| --- | --- |\n| passed | 30 |" in page


def test_the_committed_page_holds_the_committed_figures(bench):
    record, write_numbers = bench
    page = record.NUMBERS.with_suffix(".md")
    if not page.is_file():
        pytest.skip("docs/numbers.md has not been written yet")
    assert page.read_text(encoding="utf-8") == write_numbers.page(record.NUMBERS), (
        "run: python benchmarks/write_numbers.py"
    )


def test_speed_on_a_few_pictures(tmp_path):
    rng = np.random.default_rng(0)
    parts = {f"x_{p}": rng.integers(0, 256, (n, 28, 28), dtype=np.uint8) for p, n in (("train", 300), ("test", 50))}
    labels = {f"y_{p}": (np.arange(n) % 10).astype(np.uint8) for p, n in (("train", 300), ("test", 50))}
    np.savez(tmp_path / "mnist.npz", **parts, **labels)
    options = ["--rounds", 1, "--epochs", 2, "--networks", "mlp", "--data", tmp_path / "mnist.npz"]
    answer = run(BENCHMARKS / "speed_vs_peers.py", *options, "--out", tmp_path / "speed.json")
    assert answer.returncode == 0, answer.stderr
    entry = json.loads((tmp_path / "speed.json").read_text())["entries"]["mlp"]
    (repetition,) = entry["repetitions"]
    assert {"profundo", "PyTorch", "scikit-learn"} <= repetition.keys()
    assert all(len(found["epoch_seconds"]) == 2 for found in repetition.values())
    assert "mlp epoch: PyTorch / profundo" in [f["name"] for f in entry["figures"]]
    left_out = " ".join(entry["notes"])
    assert all(name in repetition or name in left_out for name in ("Lightning", "skorch", "Keras on JAX"))
