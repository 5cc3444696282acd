"""ResNet-18 in Lightning: a LightningModule and a Trainer, without logger, checkpoints and progress bar.

With --tutorial it is the recipe of Lightning's CIFAR-10 tutorial (lightning_examples/cifar10-baseline): SGD, one cycle,
crops and mirror images of one picture at a time in worker processes (os.cpu_count() / 2 of them), batches of 64.
"""

import os

import lightning
import numpy as np
import torch
from cifar import Pictures, Steps, arguments, load, normalised
from mnist import tell, versions
from PIL import Image, ImageOps
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset, TensorDataset
from torch_resnet import resnet18

TUTORIALS_BATCH, TUTORIALS_EPOCHS = 64, 30


class Classifier(lightning.LightningModule):
    def __init__(self, lr: float, tutorial: bool, an_epoch: int) -> None:
        super().__init__()
        self.network, self.lr, self.tutorial, self.an_epoch = resnet18(), lr, tutorial, an_epoch

    def training_step(self, batch: tuple[Tensor, Tensor], index: int) -> Tensor:
        x, y = batch
        if self.tutorial:
            return nn.functional.nll_loss(nn.functional.log_softmax(self.network(x), dim=1), y)
        return nn.functional.cross_entropy(self.network(x), y)

    def configure_optimizers(self) -> object:
        if not self.tutorial:
            return torch.optim.Adam(self.parameters(), lr=self.lr)
        optimizer = torch.optim.SGD(self.parameters(), lr=0.05, momentum=0.9, weight_decay=5e-4)
        one_cycle = torch.optim.lr_scheduler.OneCycleLR
        scheduler = one_cycle(optimizer, 0.1, epochs=TUTORIALS_EPOCHS, steps_per_epoch=self.an_epoch)
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": scheduler, "interval": "step"}}


class Changed(Dataset):
    """Pictures with the tutorial's transforms, as torchvision does them on PIL images: crop, mirror, normalise."""

    def __init__(self, pictures: Pictures) -> None:
        self.images = [Image.fromarray(x.transpose(1, 2, 0)) for x in pictures.x]
        self.y = pictures.y.tolist()
        self.mean, self.std = (torch.from_numpy(v).view(3, 1, 1) for v in (pictures.mean, pictures.std))

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, row: int) -> tuple[Tensor, int]:
        top, left = torch.randint(0, 9, (2,)).tolist()
        image = ImageOps.expand(self.images[row], 4).crop((left, top, left + 32, top + 32))
        if torch.rand(1) < 0.5:
            image = ImageOps.mirror(image)
        share = torch.from_numpy(np.array(image)).permute(2, 0, 1).contiguous().float().div(255)
        return share.sub_(self.mean).div_(self.std), self.y[row]


class Clock(lightning.Callback):
    def __init__(self, steps: Steps) -> None:
        self.steps = steps

    def on_train_batch_end(self, trainer: lightning.Trainer, *_: object) -> None:
        trainer.should_stop = self.steps.end()


def loader(pictures: Pictures, batch_size: int, tutorial: bool) -> DataLoader:
    """Return the training pictures in batches."""
    if tutorial:
        workers = (os.cpu_count() or 2) // 2
        return DataLoader(Changed(pictures), batch_size, shuffle=True, num_workers=workers, drop_last=True)
    examples = TensorDataset(torch.from_numpy(normalised(pictures)), torch.from_numpy(pictures.y))
    return DataLoader(examples, batch_size, shuffle=True, drop_last=True)


def main() -> None:
    asked = arguments(__doc__)
    lightning.seed_everything(asked.seed, verbose=False)
    size = TUTORIALS_BATCH if asked.tutorial else asked.batch_size
    batches, steps = loader(load(asked.data), size, asked.tutorial), Steps(asked.steps)
    trainer = lightning.Trainer(
        max_epochs=TUTORIALS_EPOCHS,
        accelerator="cpu",
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        callbacks=[Clock(steps)],
    )
    trainer.fit(Classifier(asked.lr, asked.tutorial, len(batches)), batches)
    tell(pictures_a_second=steps.pictures_a_second(size), versions=versions("lightning", "torch"))


if __name__ == "__main__":
    main()
