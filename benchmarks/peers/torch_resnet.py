"""ResNet-18 for pictures of 32 x 32 (3 x 3 stem, no pooling in front), as torchvision's with the tutorials' change."""

from torch import Tensor, nn


class Block(nn.Module):
    """Two 3 x 3 convolutions and a shortcut."""

    def __init__(self, inputs: int, maps: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, maps, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(maps)
        self.conv2 = nn.Conv2d(maps, maps, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(maps)
        self.relu = nn.ReLU(inplace=True)
        self.downsample = None
        if stride != 1 or inputs != maps:
            self.downsample = nn.Sequential(nn.Conv2d(inputs, maps, 1, stride, bias=False), nn.BatchNorm2d(maps))

    def forward(self, x: Tensor) -> Tensor:
        added = self.bn2(self.conv2(self.relu(self.bn1(self.conv1(x)))))
        added += x if self.downsample is None else self.downsample(x)
        return self.relu(added)


def resnet18() -> nn.Sequential:
    """Return the network for 10 labels: 11,173,962 parameters."""
    stages, inputs = [], 64
    for maps, stride in ((64, 1), (128, 2), (256, 2), (512, 2)):
        stages += [Block(inputs, maps, stride), Block(maps, maps, 1)]
        inputs = maps
    stem = [nn.Conv2d(3, 64, 3, 1, 1, bias=False), nn.BatchNorm2d(64), nn.ReLU(inplace=True)]
    return nn.Sequential(*stem, *stages, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(512, 10))
