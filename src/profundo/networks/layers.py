"""Layers that several families share: activations and normalisations by name, and those that PyTorch has not."""

from collections.abc import Callable, Sequence
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class ScaledTanh(nn.Module):
    """1.7159 tanh(2x / 3), which maps 1 to 1 and -1 to -1 (LeCun et al. 1998)."""

    def forward(self, x: Tensor) -> Tensor:
        """Return a tensor of the same shape."""
        return 1.7159 * torch.tanh(x * (2 / 3))


ACTIVATIONS: dict[str, Callable[[], nn.Module]] = {
    "relu": nn.ReLU,
    "leaky_relu": nn.LeakyReLU,
    "elu": nn.ELU,
    "selu": nn.SELU,
    "gelu": nn.GELU,
    "silu": nn.SiLU,
    "mish": nn.Mish,
    "softplus": nn.Softplus,
    "tanh": nn.Tanh,
    "scaled_tanh": ScaledTanh,
    "sigmoid": nn.Sigmoid,
    "linear": nn.Identity,
}

# Over the channels of a picture, or over the columns of a vector.
NORMALISATIONS_2D: dict[str, Callable[[int], nn.Module] | None] = {
    "none": None,
    "batch": nn.BatchNorm2d,
    "layer": partial(nn.GroupNorm, 1),
}
NORMALISATIONS: dict[str, Callable[[int], nn.Module] | None] = {
    "none": None,
    "batch": nn.BatchNorm1d,
    "layer": nn.LayerNorm,
}


class Linear(nn.Linear):
    """A linear layer whose product, and its gradients, can be in bfloat16 while all else stays float32.

    `profundo.precision` switches it on for wide layers, where it is about twice as quick and the rounding (0.4 % of a
    product's terms, averaging out over the sum) is smaller than the noise of a batch.
    """

    bfloat16_product = False

    def forward(self, x: Tensor) -> Tensor:
        """Return x W^T + b."""
        if not self.bfloat16_product:
            return F.linear(x, self.weight, self.bias)
        product = F.linear(x.bfloat16(), self.weight.bfloat16()).float()
        return product if self.bias is None else product + self.bias


class ConvNorm(nn.Module):
    """A convolution without bias, batch normalisation and ReLU, as the Inception networks have them."""

    def __init__(
        self,
        inputs: int,
        outputs: int,
        kernel: int | tuple[int, int],
        stride: int = 1,
        padding: int | tuple[int, int] = 0,
    ) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, kernel, stride, padding, bias=False)
        self.bn = nn.BatchNorm2d(outputs, eps=0.001)
        self.relu = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        """Return (B, outputs, H', W')."""
        return self.relu(self.bn(self.conv(x)))


class GlobalMaxPool2d(nn.Module):
    """The largest value of each map: (B, C, H, W) to (B, C)."""

    def forward(self, x: Tensor) -> Tensor:
        """Return (B, C)."""
        return x.amax((2, 3))


class Subsample(nn.Module):
    """LeCun's pooling: the mean of 2 x 2 pixels, times a trainable coefficient, plus a trainable bias, for each map."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))

    def forward(self, x: Tensor) -> Tensor:
        """Return (B, C, H // 2, W // 2)."""
        return F.avg_pool2d(x, 2) * self.weight[:, None, None] + self.bias[:, None, None]


class LinkedConv2d(nn.Module):
    """A convolution in which each output map sees only some of the input maps: `links[output]` names them.

    Only the kernels that exist are parameters: `weight` is (links, kernel, kernel), in the order of `links`.
    """

    def __init__(
        self, channels: int, links: Sequence[Sequence[int]], kernel: int, *, stride: int = 1, bias: bool = True
    ) -> None:
        super().__init__()
        self.stride = stride
        self.shape = (len(links), channels, kernel, kernel)
        self.weight = nn.Parameter(torch.empty(sum(map(len, links)), kernel, kernel))
        self.bias = nn.Parameter(torch.zeros(len(links))) if bias else None
        places = [output * channels + i for output, inputs in enumerate(links) for i in inputs]
        self.places: Tensor
        self.register_buffer("places", torch.tensor(places), persistent=False)
        fan_in = torch.tensor([len(inputs) * kernel**2 for inputs in links for _ in inputs])
        with torch.no_grad():
            self.weight.uniform_(-1, 1).mul_(fan_in.rsqrt()[:, None, None])

    def dense(self) -> Tensor:
        """Return the kernels as (outputs, inputs, kernel, kernel), zero where there is no link."""
        outputs, inputs, *kernel = self.shape
        return self.weight.new_zeros(outputs * inputs, *kernel).index_copy(0, self.places, self.weight).view(self.shape)

    def take(self, dense: Tensor) -> Tensor:
        """Return the kernels of the links from `dense` (outputs, inputs, kernel, kernel), shaped as `weight`."""
        return dense.flatten(0, 1).index_select(0, self.places)

    def forward(self, x: Tensor) -> Tensor:
        """Return (B, outputs, (H - kernel) // stride + 1, (W - kernel) // stride + 1)."""
        return F.conv2d(x, self.dense(), self.bias, self.stride)
