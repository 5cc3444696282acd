"""What a memory is for: two marked numbers of a long sequence are added up. An LSTM learns it, Elman's cell forgets.

The training doctor looks at the errors on their way back through the steps and says why.

python examples/remember.py
"""

from profundo import Recipe, build, build_task, load, training
from profundo.doctor import Watcher, diagnose

RECIPE = Recipe(epochs=4, batch_size=64, lr=3e-3, schedule="linear", clip=1.0, threads=1)


def main() -> None:
    """Train both on the adding problem and show how far each came, in shares of what a constant answer costs."""
    data = load("adding")
    task = build_task("regression", data.schema)
    for cell in ("lstm", "rnn"):
        network = build(cell, data.schema, hidden=64)
        watcher = Watcher(network, task, data, RECIPE)
        looks, lines = [watcher.look(0)], []
        for progress in training(network, data, task, RECIPE):
            if progress.whole:
                loss = progress.validation["loss"]
                print(f"{cell}: epoch {progress.epoch}, {loss:.3f} of the error of a constant answer")
                lines.append({"epoch": progress.epoch, "train_loss": progress.train_loss, "validation_loss": loss})
        looks.append(watcher.look(RECIPE.epochs))
        for found in diagnose(looks, lines, {"recipe": {"lr": RECIPE.lr}}):
            print(f"{cell}: {found.text}\n      type: {found.flag}")


if __name__ == "__main__":
    main()
