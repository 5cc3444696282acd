"""skorch's MNIST notebook: Adam, learning rate 0.002, batch 128, a fifth held out for validation, 10 epochs."""

from typing import Any

import torch
from mnist import Judge, load, recipe_arguments, share, tell, versions
from recipe_networks import Cnn
from skorch import NeuralNetClassifier
from skorch.callbacks import Callback


class Stop(Callback):
    """Ends the training when the judge has seen enough; skorch takes KeyboardInterrupt for the end of a training."""

    def __init__(self, judge: Judge) -> None:
        self.judge = judge

    def on_epoch_end(self, net: Any, **kwargs: Any) -> None:
        if self.judge.enough():
            raise KeyboardInterrupt


def main() -> None:
    asked = recipe_arguments(__doc__, epochs=10)
    torch.manual_seed(asked.seed)
    data = load(asked.data)
    x_train, x_test = (share(x).reshape(-1, 1, 28, 28) for x in (data.x_train, data.x_test))
    judge = Judge(asked, lambda: float((network.predict(x_test) == data.y_test).mean()))
    network = NeuralNetClassifier(
        Cnn, max_epochs=asked.epochs, lr=0.002, optimizer=torch.optim.Adam, callbacks=[Stop(judge)], verbose=0
    )
    network.fit(x_train, data.y_train)
    tell(versions=versions("skorch", "torch"))


if __name__ == "__main__":
    main()
