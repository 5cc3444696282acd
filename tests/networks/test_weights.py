"""Published weights as data, and files of weights as tensors."""

import re

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from profundo.errors import DataError, UsageError
from profundo.networks import NETWORKS, weights
from profundo.networks.weights import CHECKPOINTS, Checkpoint


@pytest.mark.parametrize("entry", CHECKPOINTS.values(), ids=lambda entry: entry.name)
def test_every_entry_is_whole(entry):
    assert entry.network in NETWORKS
    assert entry.file.endswith(weights.SUFFIXES) and entry.bytes > 1e6 and entry.pixels >= 224
    assert re.fullmatch("[0-9a-f]{64}|", entry.sha256) and (entry.url.startswith("https://") or entry.sha256)
    assert len(entry.mean) == len(entry.std) == 3 and entry.licence and entry.source


def test_names():
    assert weights.find("squeezenet1_1").labels == "classes"
    assert [e.name for e in weights.published_for("resnet18")] == ["resnet18"]
    with pytest.raises(UsageError, match="resnet18"):
        weights.find("resnet81")


def entry(**fields) -> Checkpoint:
    return Checkpoint("x", "x", "x.npz", "", "", 1, "", "", 224, (0.5,), (0.5,), **fields)


def test_numbers_become_float32_under_our_names(tmp_path):
    path = tmp_path / "x.npz"
    kernel = np.arange(6, dtype=np.float16).reshape(3, 2, 1, 1)
    np.savez(
        path,
        **{"head.fc.weight": kernel, "aux.weight": kernel, "steps": np.int64(3), "classes": np.array(["cat", "dog"])},
    )
    made = entry(labels="classes", rename=((r"^head\.fc\.", "fc."),), flatten=("fc.weight",), without="aux.")
    state = weights.load(made, path)
    assert state["fc.weight"].dtype == torch.float32 and state["fc.weight"].tolist() == [[0, 1], [2, 3], [4, 5]]
    assert state["steps"].dtype == torch.int64 and state.keys() == {"fc.weight", "steps"}
    assert weights.labels(made, path) == ("cat", "dog") and weights.labels(entry(), path) == ()


def test_safetensors_are_read_and_damage_is_named(tmp_path):
    path = tmp_path / "x.safetensors"
    save_file({"a": torch.ones(2, dtype=torch.bfloat16)}, path)
    assert weights.arrays(path)["a"].tolist() == [1.0, 1.0]
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(DataError, match=r"x\.safetensors cannot be read"):
        weights.arrays(path)


def test_pickles_are_refused(tmp_path):
    with pytest.raises(UsageError, match="can run programs"):
        weights.arrays(tmp_path / "weights.pth")
    path = tmp_path / "x.npz"
    np.savez(path, a=np.array([{}], dtype=object))
    with pytest.raises(DataError, match=r"x\.npz cannot be read"):
        weights.arrays(path)
