"""Pictures and drawn numbers for the tests of augmentation."""

import torch

from profundo.batch import Batch
from profundo.data.augment import build
from profundo.schema import Boxes, Category, Image, Mask, Schema

LABELS = ("a", "b")


def schema(channels=3, height=24, width=28, target=None, fit="crop"):
    mean, std = ((0.4, 0.5, 0.3), (0.2, 0.25, 0.3)) if channels == 3 else ((0.1,), (0.3,))
    image = Image(channels=channels, height=height, width_pixels=width, mean=mean, std=std, fit=fit)
    return Schema({"image": image}, {"target": target or Category(LABELS)})


def pixels(count=9, channels=3, height=24, width=28):
    """Pictures within 0..1."""
    return torch.rand(count, channels, height, width, generator=torch.Generator().manual_seed(0))


def normalised(p, made):
    mean, std = (torch.tensor(v).view(1, -1, 1, 1) for v in (made.image.mean, made.image.std))
    return (p - mean) / std


def back(x, made):
    mean, std = (torch.tensor(v).view(1, -1, 1, 1) for v in (made.image.mean, made.image.std))
    return x * std + mean


def batch(made, count=9, weights=None):
    x = normalised(pixels(count, *made.shape), made)
    return Batch(x, answers(made.located, count, made.image), torch.arange(count), weights)


def answers(target, count, image):
    generator = torch.Generator().manual_seed(1)
    if isinstance(target, Mask):
        return torch.randint(0, 3, (count, image.height, image.width_pixels), generator=generator).to(torch.uint8)
    if isinstance(target, Boxes):
        corner = torch.rand(count, target.most, 2, generator=generator) * 10
        side = 4 + torch.rand(count, target.most, 2, generator=generator) * 8
        y = torch.cat([corner, corner + side, torch.ones(count, target.most, 1)], 2)
        if target.most > 1:
            y[:, -1] = -1
        if target.masks:
            cells = (torch.rand(count, target.most, 784, generator=generator) < 0.5).float()
            y = torch.cat([y, cells * (y[..., 4:5] >= 0)], 2)
        return y
    return torch.arange(count) % 2


def drawn(policy, count=9, seed=0):
    return policy.draw(count, torch.Generator().manual_seed(seed))


def change(name, made, x, numbers, y=None):
    """Apply a policy of words to pictures with drawn numbers (B, columns)."""
    policy = build(name, made)
    y = torch.zeros(len(x), dtype=torch.int64) if y is None else y
    return policy.apply(Batch(x, y, torch.arange(len(x))), numbers)
