"""ResNet-18 in plain PyTorch, as its quickstart teaches: a DataLoader over a TensorDataset, backward, step."""

from itertools import repeat

import torch
from cifar import Steps, arguments, load, normalised
from mnist import tell, versions
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
from torch_resnet import resnet18


def main() -> None:
    asked = arguments(__doc__)
    torch.manual_seed(asked.seed)
    pictures = load(asked.data)
    examples = TensorDataset(torch.from_numpy(normalised(pictures)), torch.from_numpy(pictures.y))
    batches = DataLoader(examples, batch_size=asked.batch_size, shuffle=True, drop_last=True)
    network, criterion, steps = resnet18(), nn.CrossEntropyLoss(), Steps(asked.steps)
    optimizer = torch.optim.Adam(network.parameters(), lr=asked.lr)
    network.train()
    for x, y in (batch for epoch in repeat(batches) for batch in epoch):
        loss = criterion(network(x), y)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        if steps.end():
            break
    tell(pictures_a_second=steps.pictures_a_second(asked.batch_size), versions=versions("torch"))


if __name__ == "__main__":
    main()
