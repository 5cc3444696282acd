"""ResNet-18 in profundo: its own network, data set and loop, as `profundo train` runs them, without augmentation."""

from dataclasses import replace

import torch
from cifar import WARM, Steps, arguments, load
from mnist import tell, versions

import profundo
from profundo import Recipe, build, build_task, training


def main() -> None:
    asked = arguments(__doc__)
    pictures = load(asked.data)
    data = profundo.load((pictures.x, pictures.y), augment="none")
    everything = torch.arange(len(data.x))
    data = replace(data, seed=asked.seed, splits={"train": everything, "validation": everything[:0]})
    network, steps = build("resnet18", data.schema, seed=asked.seed), Steps(asked.steps)
    recipe = Recipe(
        steps=WARM + asked.steps,
        batch_size=asked.batch_size,
        optimizer="adam",
        lr=asked.lr,
        schedule="constant",
        seed=asked.seed,
    )
    for progress in training(network, data, build_task("classification", data.schema), recipe):
        if not progress.whole:  # told of at most four times a second; a step takes longer
            assert progress.step == len(steps.times) + 1, "a step was too short to be told of"
            steps.end()
    tell(pictures_a_second=steps.pictures_a_second(asked.batch_size), versions=versions("profundo", "torch"))


if __name__ == "__main__":
    main()
