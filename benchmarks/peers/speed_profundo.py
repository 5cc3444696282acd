"""profundo: its own data set, task and loop, on all 60,000 training pictures; neither validation nor augmentation."""

from dataclasses import replace

import torch
from mnist import load as arrays
from mnist import speed_arguments, tell, versions
from torch_networks import Laps
from torch_networks import build as own_network

from profundo import Recipe, build, build_task, load, training
from profundo.data.dataset import Data


def whole_training_part(path: str) -> Data:
    """Load MNIST with its official split and nothing set apart for validation."""
    data = load(path, augment="none")
    official = data.splits
    train = torch.cat([official["train"], official["validation"]]).sort().values
    assert len(train) == len(arrays(path).y_train), "the official training part is not whole"
    return replace(data, splits={"train": train, "validation": train[:0], "test": official["test"]})


def main() -> None:
    asked = speed_arguments(__doc__)
    torch.manual_seed(asked.seed)
    data = replace(whole_training_part(asked.data), seed=asked.seed)
    if asked.network == "mlp":
        network = build("mlp", data.schema, hidden=[128], seed=asked.seed)
    else:
        network = own_network("lenet")
    task = build_task("classification", data.schema)
    recipe = Recipe(
        epochs=asked.epochs,
        batch_size=asked.batch_size,
        optimizer="adam",
        lr=asked.lr,
        schedule="constant",
        seed=asked.seed,
    )
    laps = Laps()
    for progress in training(network, data, task, recipe):
        if progress.whole:
            laps.end()
    with torch.no_grad():
        right = task.validate(network, data.batches("test", size=1000))["accuracy"]
    tell(epoch_seconds=laps.seconds, accuracy=right, versions=versions("profundo", "torch"))


if __name__ == "__main__":
    main()
