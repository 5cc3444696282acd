"""Two processes under torchrun learn what one learns: the weights differ by at most 1e-5."""

import json
import os
import socket
import subprocess
import sys

import pytest
from killing import finish, silence, start, write_sources
from safetensors.torch import load_file

from profundo.errors import UsageError
from profundo.train import train

OPTIONS = {
    "epochs": 3, "hidden": [16], "dropout": 0.0, "normalisation": "none", "lr": 0.02, "threads": 1, "baselines": False,
    "evaluate": "holdout", "precision": "float32",
}  # fmt: skip
CASES = {
    "plain": {"batch_size": 32},
    "accumulated": {"batch_size": 32, "accumulate": 2, "clip": 0.5, "average": 0.9},
    "odd shares": {"batch_size": 37, "optimizer": "momentum", "l2": 0.01},
    "fewer examples than processes": {"batch_size": 1, "accumulate": 3, "optimizer": "sgd", "epochs": 1, "lr": 0.01},
    "with the rate finder": {"batch_size": 16, "lr": None},
}


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    return write_sources(tmp_path_factory.mktemp("sources"))["table"]


def member(rank, port, source, folder, options):
    """Train as one of two processes, with the environment that torchrun gives."""
    os.environ |= {"RANK": str(rank), "WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
    silence(folder.with_suffix(f".log{rank}"))
    train(source, "y", out=folder, **options)


def free_port():
    with socket.socket() as place:
        place.bind(("127.0.0.1", 0))
        return place.getsockname()[1]


def compare(alone, folder):
    one, two = load_file(alone.path("weights.safetensors")), load_file(folder / "weights.safetensors")
    assert max(float(v.abs().max()) for v in one.values()) > 0.1
    assert max(float((one[k] - two[k]).abs().max()) for k in one) <= 1e-5
    left, right = (json.loads((f / "scores.json").read_text()) for f in (alone.folder, folder))
    assert left["scores"]["accuracy"] == right["scores"]["accuracy"]
    assert left["epochs"] == right["epochs"]


@pytest.mark.parametrize("case", CASES)
def test_two_processes_learn_what_one_learns(case, source, tmp_path):
    options, port = OPTIONS | CASES[case], free_port()
    folder = tmp_path / "two"
    members = [start(member, rank, port, source, folder, options) for rank in range(2)]
    codes = [finish(m) for m in members]
    assert codes == [0, 0], "".join(folder.with_suffix(f".log{i}").read_text()[-1500:] for i in range(2))
    compare(train(source, "y", out=tmp_path / "alone", **options), folder)


def test_the_command_under_torchrun(source, tmp_path):
    folder = tmp_path / "two"
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    flags = [f"--{k.replace('_', '-')}={v[0] if isinstance(v, list) else v}" for k, v in OPTIONS.items()]
    flags = [f for f in flags if "baselines" not in f] + ["--no-baselines", "--batch-size=32", "--json"]
    command = [*torchrun, "-m", "profundo", "train", str(source), "--target=y", f"--out={folder}", *flags]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr[-3000:]
    assert json.loads(done.stdout)["run"] == str(folder)
    compare(train(source, "y", out=tmp_path / "alone", **(OPTIONS | CASES["plain"])), folder)


def test_a_run_is_not_resumed_by_several_processes(source, tmp_path, monkeypatch):
    run = train(source, "y", out=tmp_path / "alone", **OPTIONS)
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(UsageError, match="without torchrun: profundo train --resume"):
        train(resume=run)
