"""Keras's "Simple MNIST convnet" on the backend of KERAS_BACKEND: Adam, batch 128, 15 epochs, a tenth held out."""

import keras
from keras import layers
from mnist import Judge, load, recipe_arguments, share, tell, versions


class Stop(keras.callbacks.Callback):
    """Ends the training when the judge has seen enough."""

    def __init__(self, judge: Judge) -> None:
        super().__init__()
        self.judge = judge

    def on_epoch_end(self, epoch: int, logs: object = None) -> None:
        if self.judge.enough():
            self.model.stop_training = True


def build() -> keras.Sequential:
    return keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Conv2D(32, kernel_size=(3, 3), activation="relu"),
            layers.MaxPooling2D(pool_size=(2, 2)),
            layers.Conv2D(64, kernel_size=(3, 3), activation="relu"),
            layers.MaxPooling2D(pool_size=(2, 2)),
            layers.Flatten(),
            layers.Dropout(0.5),
            layers.Dense(10, activation="softmax"),
        ]
    )


def main() -> None:
    asked = recipe_arguments(__doc__, epochs=15)
    keras.utils.set_random_seed(asked.seed)
    data = load(asked.data)
    x_train, x_test = (share(x)[..., None] for x in (data.x_train, data.x_test))
    y_train = keras.utils.to_categorical(data.y_train, 10)
    model = build()
    model.compile(loss="categorical_crossentropy", optimizer="adam", metrics=["accuracy"])

    def accuracy() -> float:
        answers = model.predict(x_test, batch_size=1000, verbose=0)
        return float((answers.argmax(1) == data.y_test).mean())

    stop = Stop(Judge(asked, accuracy))
    model.fit(x_train, y_train, batch_size=128, epochs=asked.epochs, validation_split=0.1, verbose=0, callbacks=[stop])
    tell(versions=versions("keras", keras.backend.backend()))


if __name__ == "__main__":
    main()
