"""What the command line says of networks."""

import pytest

from profundo.catalogue import entry_lines, network_entries, network_lines
from profundo.errors import UsageError
from profundo.networks import NETWORKS


def test_one_network_with_its_cost_weights_and_layers():
    (entry,) = network_entries("squeezenet1_1").values()
    assert (entry["shape"], entry["labels"], entry["parameters"]) == ([3, 224, 224], 1000, 1_235_496)
    assert entry["published"]["top5"] == 0.80624 and entry["keras"] is None
    assert [w["name"] for w in entry["weights"]] == ["squeezenet1_1"]
    assert sum(layer["parameters"] for layer in entry["layers"]) == 1_235_496
    text = "\n".join(entry_lines({"squeezenet1_1": entry}))
    assert "1,235,496 parameters (4.7 MB), depth 18, 349,151,936 multiply-adds" in text
    assert "top-1 58.2%, top-5 80.6% (torchvision, ImageNet)" in text
    assert "features.12.expand3x3" in text and "BSD-3-Clause" in text


def test_another_size():
    (entry,) = network_entries("resnet18", size=32).values()
    assert entry["shape"] == [3, 32, 32] and entry["parameters"] < 11_689_512
    with pytest.raises(UsageError, match="--size 8"):
        network_entries("resnet18", size=7)


def test_the_table_has_every_network():
    entries = network_entries()
    assert entries.keys() == NETWORKS.keys()
    lines = network_lines(entries)
    assert all(any(line.split(" ")[0] == name for line in lines) for name in NETWORKS)
    (vgg,) = (line for line in lines if line.startswith("vgg16 "))
    assert vgg.split() == [
        *("vgg16", "224x224x3", "1,000", "138,357,544", "527.8", "16", "15.47", "G", "71.6%", "90.4%"),
        *("torchvision,", "ImageNet"),
    ]
    assert entries["mlp"]["parameters"] is None and entries["faster_rcnn"]["depth"] is None


def test_in_the_table_a_network_that_needs_larger_pictures_has_no_cost():
    entries = network_entries(size=16)
    assert entries["inception_v3"]["parameters"] is None and entries["resnet18"]["parameters"]
    assert network_lines(entries)
