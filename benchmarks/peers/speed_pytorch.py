"""Plain PyTorch, as its quickstart teaches: a DataLoader over a TensorDataset, zero_grad, backward, step."""

import torch
from mnist import load, speed_arguments, tell, versions
from torch import nn
from torch_networks import Laps, accuracy, build, loader, pictures


def main() -> None:
    asked = speed_arguments(__doc__)
    torch.manual_seed(asked.seed)
    x_train, y_train, x_test, y_test = pictures(load(asked.data))
    batches = loader(x_train, y_train, asked.batch_size)
    network = build(asked.network)
    criterion = nn.CrossEntropyLoss()
    optimizer = torch.optim.Adam(network.parameters(), lr=asked.lr)
    network.train()
    laps = Laps()
    for _ in range(asked.epochs):
        for x, y in batches:
            loss = criterion(network(x), y)
            loss.backward()
            optimizer.step()
            optimizer.zero_grad()
        laps.end()
    tell(epoch_seconds=laps.seconds, accuracy=accuracy(network, x_test, y_test), versions=versions("torch"))


if __name__ == "__main__":
    main()
