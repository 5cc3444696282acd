"""Lightning's MNIST example (examples/fabric/image_classifier): the recipe of pytorch/examples through Fabric."""

import torch
import torch.nn.functional as F
from lightning.fabric import Fabric, seed_everything
from mnist import Judge, load, recipe_arguments, tell, versions
from recipe_networks import Net
from torch.optim.lr_scheduler import StepLR
from torch_networks import accuracy, loader, pictures


def main() -> None:
    asked = recipe_arguments(__doc__, epochs=14)
    fabric = Fabric(accelerator="cpu")
    seed_everything(asked.seed, verbose=False)
    x_train, y_train, x_test, y_test = pictures(load(asked.data))
    batches = fabric.setup_dataloaders(loader(x_train, y_train, 64))
    network = Net()
    network, optimizer = fabric.setup(network, torch.optim.Adadelta(network.parameters(), lr=1.0))
    scheduler = StepLR(optimizer, step_size=1, gamma=0.7)
    judge = Judge(asked, lambda: accuracy(network, x_test, y_test))
    for _ in range(asked.epochs):
        for x, y in batches:
            optimizer.zero_grad()
            fabric.backward(F.nll_loss(network(x), y))
            optimizer.step()
        scheduler.step()
        if judge.enough():
            break
    tell(versions=versions("lightning", "torch"))


if __name__ == "__main__":
    main()
