"""A character model of two LSTM layers in Keras 3 on the backend that KERAS_BACKEND names: compile and fit."""

import keras
from keras import layers
from mnist import tell, versions

from text import CONTEXT, WARM, WIDTH, Steps, arguments, windows


class Clock(keras.callbacks.Callback):
    def __init__(self, steps: Steps) -> None:
        super().__init__()
        self.steps = steps
        self.loss = 0.0

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        self.loss = float((logs or {}).get("loss", 0.0))
        if self.steps.end():
            self.model.stop_training = True


def main() -> None:
    asked = arguments(__doc__)
    keras.utils.set_random_seed(asked.seed)
    x, y, letters = windows(asked.data, (WARM + asked.steps) * asked.batch_size, asked.seed)
    model = keras.Sequential(
        [
            keras.Input((CONTEXT,), dtype="int32"),
            layers.Embedding(letters, WIDTH),
            layers.LSTM(WIDTH, return_sequences=True),
            layers.LSTM(WIDTH, return_sequences=True),
            layers.Dense(letters),
        ]
    )
    clock = Clock(Steps(asked.steps))
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizer=keras.optimizers.Adam(asked.lr), loss=loss)
    model.fit(x, y, batch_size=asked.batch_size, epochs=1, verbose=0, callbacks=[clock])
    packages = versions("keras", keras.backend.backend())
    tell(tokens_a_second=clock.steps.tokens_a_second(asked.batch_size), loss=clock.loss, versions=packages)


if __name__ == "__main__":
    main()
