"""Faults planted into real data sets are found; sets as they are raise at most one minor finding."""

from pathlib import Path

import numpy as np
import pytest

from profundo.audit import audit
from profundo.data import load
from profundo.findings import SEVERITIES

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
TABLES = ("iris", "breast_cancer", "wine", "diabetes")


@pytest.fixture
def bench(monkeypatch):
    """The benchmark's ways to plant; the benchmark itself reports figures on other seeds and more sets."""
    import importlib.util
    import sys

    monkeypatch.syspath_prepend(str(BENCHMARKS))
    spec = importlib.util.spec_from_file_location("planted_audit", BENCHMARKS / "audit.py")
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "planted_audit", module)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", ["digits", "breast_cancer", "wine"])
def test_every_copy_across_parts_is_named(bench, name):
    found = bench.copied_rows(bench.read(name, 0), 0)
    assert found["recall"] == 1.0 and found["rows"] > 10


@pytest.mark.parametrize("name", ["digits", "breast_cancer", "wine"])
def test_flipped_labels_are_named(bench, name):
    found = [bench.flipped_labels(bench.read(name, seed), seed) for seed in (0, 1)]
    assert np.mean([f["recall"] for f in found]) >= 0.8
    assert np.mean([f["precision"] for f in found]) >= 0.5


def test_flipped_labels_of_mnist_are_named(bench, shared):
    shared("mnist.npz")
    found = bench.flipped_labels(bench.read("mnist", 0), 0)
    assert found["recall"] >= 0.8 and found["precision"] >= 0.5


@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize("name", TABLES)
def test_a_leaking_column_is_named_and_no_other(bench, name, seed):
    assert bench.leaking_column(bench.read(name, seed), seed) == {"recall": 1.0, "others": 0}


@pytest.mark.parametrize("seed", [0, 1, 2, 3, 4])
@pytest.mark.parametrize("name", TABLES)
def test_a_straddling_group_is_named_and_no_other(bench, name, seed):
    assert bench.straddling_group(bench.read(name, seed), seed) == {"recall": 1.0, "others": 0}


@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize("name", [*TABLES, "digits"])
def test_clean_sets_raise_at_most_one_minor_finding(bench, name, seed):
    found = audit(bench.opened(bench.read(name, seed), seed), strict=True)
    assert bench.quiet(found), found


@pytest.mark.parametrize("name", ["california", "mnist"])
def test_clean_samples_raise_at_most_one_minor_finding(bench, shared, name):
    shared("mnist.npz"), shared("tabular")
    assert bench.quiet(audit(bench.opened(bench.read(name, 0), 0), strict=True))


def test_titanic(shared):
    data = load(shared("tabular/titanic.csv"), target="survived")
    found = audit(data, strict=True)
    leak = next(f for f in found if f.name == "leaking column")
    assert (leak.place, leak.flag, leak.severity) == ("alive", "--drop alive", "serious")
    assert [f.place for f in found if f.name == "leaking column"] == ["alive"]
    redundant = next(f for f in found if f.name == "redundant columns")
    assert redundant.facts["columns"] == [["pclass", "class"], ["embarked", "embark_town"]]
    assert [SEVERITIES.index(f.severity) for f in found] == sorted(SEVERITIES.index(f.severity) for f in found)


def test_the_same_data_give_the_same_findings(bench):
    source = bench.read("breast_cancer", 0)
    first, second = (audit(bench.opened(source, 3), strict=True) for _ in range(2))
    assert [f.to_dict() for f in first] == [f.to_dict() for f in second]
