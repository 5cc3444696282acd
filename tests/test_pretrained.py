"""Where published weights come from."""

import hashlib
from dataclasses import replace

import numpy as np
import pytest
import torch

from profundo import pretrained
from profundo.errors import DataError, ResourceError, UsageError
from profundo.networks import build
from profundo.networks.weights import CHECKPOINTS
from profundo.pretrained import load_published, locate
from profundo.schema import Category, Image, Schema

SQUEEZENET = CHECKPOINTS["squeezenet1_1"]


@pytest.fixture(autouse=True)
def folders(tmp_path, monkeypatch):
    """An empty data folder and an empty cache."""
    (tmp_path / "data").mkdir()
    monkeypatch.setenv("PROFUNDO_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("PROFUNDO_CACHE", str(tmp_path / "cache"))
    return tmp_path


def test_what_is_not_here_is_advice():
    with pytest.raises(ResourceError, match="PROFUNDO_DATA"):
        load_published("squeezenet1_1")
    with pytest.raises(UsageError, match="trust=True"):
        load_published("resnet18")


def test_a_file_is_found_in_the_data_folder_and_in_the_cache(folders):
    path = folders / "data" / "resnet18.tv_in1k.safetensors"
    path.write_bytes(b"x")
    assert locate(CHECKPOINTS["resnet18"]) == path
    cached = folders / "cache" / "weights" / path.name
    cached.parent.mkdir(parents=True, exist_ok=True)
    path.rename(cached)
    assert locate(CHECKPOINTS["resnet18"]) == cached


def test_another_file_under_the_name_is_refused(folders):
    (folders / "data" / SQUEEZENET.file).write_bytes(b"x")
    with pytest.raises(DataError, match="is not the file"):
        locate(SQUEEZENET)


def test_a_file_of_unknown_hash_is_fetched_for_those_who_trust_it(folders, monkeypatch):
    source = folders / "model.npz"
    np.savez(source, a=np.ones(3))
    entry = replace(CHECKPOINTS["resnet18"], url=source.as_uri(), file="model.npz", bytes=source.stat().st_size)
    monkeypatch.setitem(CHECKPOINTS, "resnet18", entry)
    found = load_published("resnet18", trust=True)
    assert found.path == folders / "cache" / "weights" / "model.npz"
    assert found.sha256 == hashlib.sha256(source.read_bytes()).hexdigest()
    assert found.state["a"].tolist() == [1, 1, 1]
    monkeypatch.setattr(pretrained, "fetch", None)
    assert locate(entry) == found.path


@pytest.mark.shared
def test_the_weights_of_squeezenet_fit_and_say_cat(shared, monkeypatch):
    monkeypatch.setenv("PROFUNDO_DATA", str(shared("pretrained")))
    found = load_published("squeezenet1_1")
    assert found.sha256 == SQUEEZENET.sha256 and found.labels[281] == "tabby, tabby cat" and len(found.labels) == 1000
    schema = Schema({"image": Image(3, 224, 224)}, {"label": Category(found.labels)})
    with torch.device("meta"):
        network = build("squeezenet1_1", schema)
    assert not network.load_state_dict(found.state, assign=True).missing_keys
