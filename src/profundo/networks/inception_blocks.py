"""The modules of Inception v3 (Szegedy et al. 2016, 1512.00567): branches side by side, with torchvision's names."""

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor, nn

from .layers import ConvNorm


class InceptionA(nn.Module):
    """1 x 1; 5 x 5; twice 3 x 3; pooled. Gives 224 + pooled maps."""

    def __init__(self, inputs: int, pooled: int) -> None:
        super().__init__()
        self.branch1x1 = ConvNorm(inputs, 64, 1)
        self.branch5x5_1 = ConvNorm(inputs, 48, 1)
        self.branch5x5_2 = ConvNorm(48, 64, 5, padding=2)
        self.branch3x3dbl_1 = ConvNorm(inputs, 64, 1)
        self.branch3x3dbl_2 = ConvNorm(64, 96, 3, padding=1)
        self.branch3x3dbl_3 = ConvNorm(96, 96, 3, padding=1)
        self.pool = nn.AvgPool2d(3, 1, 1)
        self.branch_pool = ConvNorm(inputs, pooled, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Return (B, 224 + pooled, H, W)."""
        five = self.branch5x5_2(self.branch5x5_1(x))
        threes = self.branch3x3dbl_3(self.branch3x3dbl_2(self.branch3x3dbl_1(x)))
        return torch.cat([self.branch1x1(x), five, threes, self.branch_pool(self.pool(x))], 1)


class InceptionB(nn.Module):
    """Half the side: 3 x 3; twice 3 x 3; pooled. Gives 480 + inputs maps."""

    def __init__(self, inputs: int) -> None:
        super().__init__()
        self.branch3x3 = ConvNorm(inputs, 384, 3, 2)
        self.branch3x3dbl_1 = ConvNorm(inputs, 64, 1)
        self.branch3x3dbl_2 = ConvNorm(64, 96, 3, padding=1)
        self.branch3x3dbl_3 = ConvNorm(96, 96, 3, 2)
        self.pool = nn.MaxPool2d(3, 2)

    def forward(self, x: Tensor) -> Tensor:
        """Return (B, 480 + inputs, (H - 1) // 2, (W - 1) // 2)."""
        threes = self.branch3x3dbl_3(self.branch3x3dbl_2(self.branch3x3dbl_1(x)))
        return torch.cat([self.branch3x3(x), threes, self.pool(x)], 1)


class InceptionC(nn.Module):
    """1 x 1; 7 x 7 and twice 7 x 7, each as 1 x 7 and 7 x 1; pooled. Gives 768 maps."""

    def __init__(self, inputs: int, inner: int) -> None:
        super().__init__()
        wide, high = partial(ConvNorm, kernel=(1, 7), padding=(0, 3)), partial(ConvNorm, kernel=(7, 1), padding=(3, 0))
        self.branch1x1 = ConvNorm(inputs, 192, 1)
        self.branch7x7_1 = ConvNorm(inputs, inner, 1)
        self.branch7x7_2 = wide(inner, inner)
        self.branch7x7_3 = high(inner, 192)
        self.branch7x7dbl_1 = ConvNorm(inputs, inner, 1)
        self.branch7x7dbl_2 = high(inner, inner)
        self.branch7x7dbl_3 = wide(inner, inner)
        self.branch7x7dbl_4 = high(inner, inner)
        self.branch7x7dbl_5 = wide(inner, 192)
        self.pool = nn.AvgPool2d(3, 1, 1)
        self.branch_pool = ConvNorm(inputs, 192, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Return (B, 768, H, W)."""
        seven = self.branch7x7_3(self.branch7x7_2(self.branch7x7_1(x)))
        sevens = self.branch7x7dbl_3(self.branch7x7dbl_2(self.branch7x7dbl_1(x)))
        sevens = self.branch7x7dbl_5(self.branch7x7dbl_4(sevens))
        return torch.cat([self.branch1x1(x), seven, sevens, self.branch_pool(self.pool(x))], 1)


class InceptionD(nn.Module):
    """Half the side: 3 x 3; 7 x 7 then 3 x 3; pooled. Gives 512 + inputs maps."""

    def __init__(self, inputs: int) -> None:
        super().__init__()
        self.branch3x3_1 = ConvNorm(inputs, 192, 1)
        self.branch3x3_2 = ConvNorm(192, 320, 3, 2)
        self.branch7x7x3_1 = ConvNorm(inputs, 192, 1)
        self.branch7x7x3_2 = ConvNorm(192, 192, (1, 7), padding=(0, 3))
        self.branch7x7x3_3 = ConvNorm(192, 192, (7, 1), padding=(3, 0))
        self.branch7x7x3_4 = ConvNorm(192, 192, 3, 2)
        self.pool = nn.MaxPool2d(3, 2)

    def forward(self, x: Tensor) -> Tensor:
        """Return (B, 512 + inputs, (H - 1) // 2, (W - 1) // 2)."""
        three = self.branch3x3_2(self.branch3x3_1(x))
        seven = self.branch7x7x3_3(self.branch7x7x3_2(self.branch7x7x3_1(x)))
        return torch.cat([three, self.branch7x7x3_4(seven), self.pool(x)], 1)


class InceptionE(nn.Module):
    """1 x 1; 3 x 3 and twice 3 x 3, whose last ones are a 1 x 3 beside a 3 x 1; pooled. Gives 2,048 maps."""

    def __init__(self, inputs: int) -> None:
        super().__init__()
        wide, high = partial(ConvNorm, kernel=(1, 3), padding=(0, 1)), partial(ConvNorm, kernel=(3, 1), padding=(1, 0))
        self.branch1x1 = ConvNorm(inputs, 320, 1)
        self.branch3x3_1 = ConvNorm(inputs, 384, 1)
        self.branch3x3_2a = wide(384, 384)
        self.branch3x3_2b = high(384, 384)
        self.branch3x3dbl_1 = ConvNorm(inputs, 448, 1)
        self.branch3x3dbl_2 = ConvNorm(448, 384, 3, padding=1)
        self.branch3x3dbl_3a = wide(384, 384)
        self.branch3x3dbl_3b = high(384, 384)
        self.pool = nn.AvgPool2d(3, 1, 1)
        self.branch_pool = ConvNorm(inputs, 192, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Return (B, 2048, H, W)."""
        three = self.branch3x3_1(x)
        threes = self.branch3x3dbl_2(self.branch3x3dbl_1(x))
        both = [self.branch3x3_2a(three), self.branch3x3_2b(three)]
        both += [self.branch3x3dbl_3a(threes), self.branch3x3dbl_3b(threes)]
        return torch.cat([self.branch1x1(x), *both, self.branch_pool(self.pool(x))], 1)


BLOCKS: dict[str, Callable[[], nn.Module]] = {
    "Mixed_5b": partial(InceptionA, 192, 32),
    "Mixed_5c": partial(InceptionA, 256, 64),
    "Mixed_5d": partial(InceptionA, 288, 64),
    "Mixed_6a": partial(InceptionB, 288),
    "Mixed_6b": partial(InceptionC, 768, 128),
    "Mixed_6c": partial(InceptionC, 768, 160),
    "Mixed_6d": partial(InceptionC, 768, 160),
    "Mixed_6e": partial(InceptionC, 768, 192),
    "Mixed_7a": partial(InceptionD, 768),
    "Mixed_7b": partial(InceptionE, 1280),
    "Mixed_7c": partial(InceptionE, 2048),
}
