"""The same seed gives the same bytes, in any process and with any hash seed of Python; another seed does not."""

import os
import subprocess
import sys

import pytest
from killing import JOBS, SAME, STEPWISE, write_sources

from profundo.train import train


@pytest.fixture(scope="module")
def sources(tmp_path_factory):
    return write_sources(tmp_path_factory.mktemp("sources"))


def trained(job, source, folder, **changes):
    options = {**JOBS[job], "save_every": 60, "epochs": 2, "lr": 0.01, **changes}
    run = train(source, "y" if job == "table" else None, out=folder, **options)
    return {name: run.path(name).read_bytes() for name in SAME if name != "finder.json"}


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("job", STEPWISE)
def test_the_same_seed_gives_the_same_bytes(job, threads, sources, tmp_path):
    first, second = (trained(job, sources[job], tmp_path / str(i), threads=threads) for i in range(2))
    assert first == second


@pytest.mark.parametrize("job", STEPWISE)
def test_another_seed_gives_other_weights(job, sources, tmp_path):
    first, second = (trained(job, sources[job], tmp_path / str(i), seed=i) for i in range(2))
    assert first["best.safetensors"] != second["best.safetensors"]


def test_pythons_hash_seed_changes_nothing(sources, tmp_path):
    options = "epochs=2, threads=1, baselines=False, evaluate='holdout'"
    code = f"import sys; from profundo.train import train; train(sys.argv[1], 'y', out=sys.argv[2], {options})"
    left = []
    for hash_seed in ("1", "77"):
        folder = tmp_path / hash_seed
        environment = os.environ | {"PYTHONHASHSEED": hash_seed}
        arguments = [sys.executable, "-c", code, str(sources["table"]), str(folder)]
        subprocess.run(arguments, env=environment, check=True)
        left.append([(folder / name).read_bytes() for name in (*SAME, "plan.toml")])
    assert left[0] == left[1]
