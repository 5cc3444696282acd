"""A character model of two LSTM layers in profundo: its own network, data set, task and loop, as `train` runs them."""

import torch
from mnist import tell, versions

from profundo import Recipe, build, training
from profundo.data.dataset import Data
from profundo.schema import RESERVED, Schema, Tokens
from profundo.tasks import build_task
from text import CONTEXT, LAYERS, WARM, WIDTH, Steps, arguments, windows


def main() -> None:
    asked = arguments(__doc__)
    x, y, letters = windows(asked.data, (WARM + asked.steps) * asked.batch_size, asked.seed)
    text = Tokens("characters", tuple(chr(0xE000 + i) for i in range(letters)), length=CONTEXT)
    schema, rows = Schema({"text": text}, {"text": text}), torch.arange(len(x))
    codes = [torch.from_numpy(part + RESERVED) for part in (x, y)]
    data = Data("text", schema, "language", *codes, rows, {"train": rows, "validation": rows[:0]}, asked.seed)
    network = build("lstm", schema, seed=asked.seed, hidden=WIDTH, embedding=WIDTH, layers=LAYERS)
    steps = Steps(asked.steps)

    def note(*_: object) -> None:  # at the end of a forward pass; from one to the next is one step
        steps.end()

    network.register_forward_hook(note)
    recipe = Recipe(
        steps=WARM + asked.steps, batch_size=asked.batch_size, optimizer="adam", lr=asked.lr, schedule="constant",
        seed=asked.seed,
    )  # fmt: skip
    loss = [progress.train_loss for progress in training(network, data, build_task("language", schema), recipe)][-1]
    tell(
        tokens_a_second=steps.tokens_a_second(asked.batch_size), loss=loss, versions=versions("profundo", "torch"),
        threads=torch.get_num_threads(),
    )  # fmt: skip


if __name__ == "__main__":
    main()
