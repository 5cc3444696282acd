"""Lightning: a LightningModule and a Trainer, without logger, checkpoints and progress bar, which cost it time."""

import lightning
import torch
from mnist import load, speed_arguments, tell, versions
from torch import Tensor, nn
from torch_networks import Laps, accuracy, build, loader, pictures


class Classifier(lightning.LightningModule):
    def __init__(self, network: nn.Module, lr: float) -> None:
        super().__init__()
        self.network, self.lr = network, lr

    def training_step(self, batch: tuple[Tensor, Tensor], index: int) -> Tensor:
        x, y = batch
        return nn.functional.cross_entropy(self.network(x), y)

    def configure_optimizers(self) -> torch.optim.Optimizer:
        return torch.optim.Adam(self.parameters(), lr=self.lr)


class Timer(lightning.Callback):
    def __init__(self) -> None:
        self.laps = Laps()

    def on_train_epoch_start(self, trainer: lightning.Trainer, module: lightning.LightningModule) -> None:
        self.laps.begin()

    def on_train_epoch_end(self, trainer: lightning.Trainer, module: lightning.LightningModule) -> None:
        self.laps.end()


def main() -> None:
    asked = speed_arguments(__doc__)
    lightning.seed_everything(asked.seed, verbose=False)
    x_train, y_train, x_test, y_test = pictures(load(asked.data))
    module, timer = Classifier(build(asked.network), asked.lr), Timer()
    trainer = lightning.Trainer(
        max_epochs=asked.epochs,
        accelerator="cpu",
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        callbacks=[timer],
    )
    trainer.fit(module, loader(x_train, y_train, asked.batch_size))
    right = accuracy(module.network, x_test, y_test)
    tell(epoch_seconds=timer.laps.seconds, accuracy=right, versions=versions("lightning", "torch"))


if __name__ == "__main__":
    main()
