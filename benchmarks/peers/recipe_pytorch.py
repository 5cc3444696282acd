"""pytorch/examples, mnist/main.py: Adadelta, learning rate 1 times 0.7 each epoch, batch 64, 14 epochs."""

import torch
import torch.nn.functional as F
from mnist import Judge, load, recipe_arguments, tell, versions
from recipe_networks import Net
from torch.optim.lr_scheduler import StepLR
from torch_networks import accuracy, loader, pictures


def main() -> None:
    asked = recipe_arguments(__doc__, epochs=14)
    torch.manual_seed(asked.seed)
    x_train, y_train, x_test, y_test = pictures(load(asked.data))
    batches = loader(x_train, y_train, 64)
    network = Net()
    optimizer = torch.optim.Adadelta(network.parameters(), lr=1.0)
    scheduler = StepLR(optimizer, step_size=1, gamma=0.7)
    judge = Judge(asked, lambda: accuracy(network, x_test, y_test))
    for _ in range(asked.epochs):
        for x, y in batches:
            optimizer.zero_grad()
            F.nll_loss(network(x), y).backward()
            optimizer.step()
        if judge.enough():
            break
        scheduler.step()
    tell(versions=versions("torch"))


if __name__ == "__main__":
    main()
