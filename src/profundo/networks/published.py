"""What was published about the networks of the zoo: for which pictures, how well they do, and how large they are.

Accuracies are shares of right answers at the published size with one crop from the middle. `TORCHVISION` are those of
torchvision's first weights (IMAGENET1K_V1), from its documentation; `KERAS` is the table of Keras's applications that
the lecture shows.
"""

from dataclasses import dataclass

from torch import nn


@dataclass(frozen=True)
class Published:
    """Pictures of `pixels` x `pixels`, how many labels, and the accuracy; `top5` is None where none was published."""

    top1: float
    top5: float | None
    source: str
    pixels: int = 224
    channels: int = 3
    labels: int = 1000


@dataclass(frozen=True)
class Keras:
    """A row of Keras's table. Its copies differ from ours in what `biased` and `scaled` say, and in what it counts.

    It counts the moving mean and variance of batch normalisation as parameters. `biased`: convolutions before a
    normalisation have a bias too. `scaled`: normalisations have a scale, not only a shift. Its depth counts layers of
    every kind for some networks, and layers with weights for others; ours counts those with weights on the longest way.
    """

    megabytes: int
    top1: float
    top5: float
    parameters: int
    depth: int
    biased: bool = False
    scaled: bool = True


def keras_parameters(network: nn.Module, *, biased: bool = False, scaled: bool = True) -> int:
    """Count the parameters as Keras does for its own copy of a network."""
    normalised = sum(m.num_features for m in network.modules() if isinstance(m, nn.BatchNorm2d))
    return sum(p.numel() for p in network.parameters()) + normalised * (2 + biased - (not scaled))


KERAS = {
    "xception": Keras(88, 0.790, 0.945, 22_910_480, 126),
    "vgg16": Keras(528, 0.715, 0.901, 138_357_544, 23),
    "vgg19": Keras(549, 0.727, 0.910, 143_667_240, 26),
    "resnet50": Keras(99, 0.759, 0.929, 25_636_712, 168, biased=True),
    "inception_v3": Keras(92, 0.788, 0.944, 23_851_784, 159, scaled=False),
    "inception_resnet_v2": Keras(215, 0.804, 0.953, 55_873_736, 572, scaled=False),
    "mobilenet_v1": Keras(17, 0.665, 0.871, 4_253_864, 88),
    "densenet121": Keras(33, 0.745, 0.918, 8_062_504, 121),
    "densenet169": Keras(57, 0.759, 0.928, 14_307_880, 169),
    "densenet201": Keras(80, 0.770, 0.933, 20_242_984, 201),
}
TORCHVISION = {
    "alexnet": (0.56522, 0.79066),
    "vgg11": (0.69020, 0.88628),
    "vgg13": (0.69928, 0.89246),
    "vgg16": (0.71592, 0.90382),
    "vgg19": (0.72376, 0.90876),
    "googlenet": (0.69778, 0.89530),
    "inception_v3": (0.77294, 0.93450),
    "resnet18": (0.69758, 0.89078),
    "resnet34": (0.73314, 0.91420),
    "resnet50": (0.76130, 0.92862),
    "resnet101": (0.77374, 0.93546),
    "resnet152": (0.78312, 0.94046),
    "resnext50_32x4d": (0.77618, 0.93698),
    "resnext101_32x8d": (0.79312, 0.94526),
    "resnext101_64x4d": (0.83246, 0.96454),
    "densenet121": (0.74434, 0.91972),
    "densenet169": (0.75600, 0.92806),
    "densenet201": (0.76896, 0.93370),
    "squeezenet1_0": (0.58092, 0.80420),
    "squeezenet1_1": (0.58178, 0.80624),
}
LARGER = {"inception_v3": 299, "inception_resnet_v2": 299, "xception": 299}  # pixels, where they are not 224
LENETS = "LeCun et al. 1998, MNIST"
CIFAR = "He et al. 2016, table 6, CIFAR-10"
PUBLISHED = {
    "lecun1989": Published(0.950, None, "LeCun et al. 1989, zip codes", 16, 1, 10),
    "lenet1": Published(0.983, None, LENETS, 28, 1, 10),
    "lenet4": Published(0.989, None, LENETS, 32, 1, 10),
    "lenet5": Published(0.9905, None, LENETS, 32, 1, 10),
    **{
        name: Published(*scores, "torchvision, ImageNet", LARGER.get(name, 224)) for name, scores in TORCHVISION.items()
    },
    **{
        name: Published(row.top1, row.top5, "Keras, ImageNet", LARGER.get(name, 224))
        for name, row in KERAS.items()
        if name not in TORCHVISION
    },
    **{
        name: Published(1 - error / 100, None, CIFAR, 32, 3, 10)
        for name, error in zip(
            ("resnet20", "resnet32", "resnet44", "resnet56", "resnet110"), (8.75, 7.51, 7.17, 6.97, 6.43), strict=True
        )
    },
}
