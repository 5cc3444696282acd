"""Keras 3 on the backend that KERAS_BACKEND names: compile and fit, silent; channels last, as Keras has them."""

import time

import keras
import numpy as np
from keras import layers
from mnist import MEAN, STD, load, share, speed_arguments, tell, versions


def build(name: str) -> keras.Sequential:
    if name == "mlp":
        return keras.Sequential([keras.Input((784,)), layers.Dense(128, activation="relu"), layers.Dense(10)])
    return keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Conv2D(6, 5, padding="same", activation="relu"),
            layers.MaxPooling2D(2),
            layers.Conv2D(16, 5, activation="relu"),
            layers.MaxPooling2D(2),
            layers.Flatten(),
            layers.Dense(120, activation="relu"),
            layers.Dense(84, activation="relu"),
            layers.Dense(10),
        ]
    )


class Timer(keras.callbacks.Callback):
    def __init__(self) -> None:
        super().__init__()
        self.seconds: list[float] = []

    def on_epoch_begin(self, epoch: int, logs: object = None) -> None:
        self.here = time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: object = None) -> None:
        self.seconds.append(time.perf_counter() - self.here)


def main() -> None:
    asked = speed_arguments(__doc__)
    keras.utils.set_random_seed(asked.seed)
    data = load(asked.data)
    shape = (-1, 784) if asked.network == "mlp" else (-1, 28, 28, 1)
    x_train, x_test = (
        ((share(x) - np.float32(MEAN)) / np.float32(STD)).reshape(shape) for x in (data.x_train, data.x_test)
    )
    model, timer = build(asked.network), Timer()
    model.compile(
        optimizer=keras.optimizers.Adam(asked.lr),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    model.fit(x_train, data.y_train, batch_size=asked.batch_size, epochs=asked.epochs, verbose=0, callbacks=[timer])
    right = float(model.evaluate(x_test, data.y_test, verbose=0)[1])
    tell(epoch_seconds=timer.seconds, accuracy=right, versions=versions("keras", keras.backend.backend()))


if __name__ == "__main__":
    main()
