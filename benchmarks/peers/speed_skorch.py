"""skorch: a NeuralNetClassifier, silent and without a validation part: an epoch is the whole training part."""

import torch
from mnist import load, speed_arguments, tell, versions
from skorch import NeuralNetClassifier
from torch import nn
from torch_networks import build, pictures


def main() -> None:
    asked = speed_arguments(__doc__)
    torch.manual_seed(asked.seed)
    x_train, y_train, x_test, y_test = pictures(load(asked.data))
    network = NeuralNetClassifier(
        build(asked.network),
        criterion=nn.CrossEntropyLoss,
        optimizer=torch.optim.Adam,
        lr=asked.lr,
        max_epochs=asked.epochs,
        batch_size=asked.batch_size,
        iterator_train__shuffle=True,
        train_split=None,
        verbose=0,
    )
    network.fit(x_train, y_train)
    right = float((network.predict(x_test) == y_test.numpy()).mean())
    tell(epoch_seconds=network.history[:, "dur"], accuracy=right, versions=versions("skorch", "torch"))


if __name__ == "__main__":
    main()
