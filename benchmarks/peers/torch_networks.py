"""The two networks whose speed is compared, and how PyTorch's users train and test one."""

import time

import torch
from mnist import MEAN, STD, Mnist, share
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset


def build(name: str) -> nn.Sequential:
    """Return the MLP 784-128-10 or the LeNet-style network, for pictures (B, 1, 28, 28)."""
    if name == "mlp":
        return nn.Sequential(nn.Flatten(), nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 10))
    return nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
        nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10),
    )  # fmt: skip


def pictures(data: Mnist) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Return x and y of both parts; x is (N, 1, 28, 28) float32, normalised as ToTensor and Normalize do."""
    x_train, x_test = ((torch.from_numpy(share(x)).unsqueeze(1) - MEAN) / STD for x in (data.x_train, data.x_test))
    return x_train, torch.from_numpy(data.y_train), x_test, torch.from_numpy(data.y_test)


def loader(x: Tensor, y: Tensor, size: int) -> DataLoader:
    """Return the loader of the training part."""
    return DataLoader(TensorDataset(x, y), batch_size=size, shuffle=True)


@torch.no_grad()
def accuracy(network: nn.Module, x: Tensor, y: Tensor) -> float:
    """Return the share of right answers; the network is left in training mode."""
    network.eval()
    right = sum(int((network(a).argmax(1) == b).sum()) for a, b in zip(x.split(1000), y.split(1000), strict=True))
    network.train()
    return right / len(y)


class Laps:
    """The seconds of each epoch."""

    def __init__(self) -> None:
        self.seconds: list[float] = []
        self.begin()

    def begin(self) -> None:
        """Begin an epoch."""
        self.here = time.perf_counter()

    def end(self) -> None:
        """End an epoch, and begin the next."""
        self.seconds.append(time.perf_counter() - self.here)
        self.begin()
