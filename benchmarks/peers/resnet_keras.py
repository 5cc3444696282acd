"""ResNet-18 in Keras 3 on the backend that KERAS_BACKEND names: compile and fit; channels last, as Keras has them."""

import keras
from cifar import WARM, Steps, arguments, load, normalised
from keras import layers
from mnist import tell, versions


def convolved(x: keras.KerasTensor, maps: int, stride: int = 1, size: int = 3) -> keras.KerasTensor:
    """Return convolution and batch normalisation of x."""
    x = layers.Conv2D(maps, size, stride, padding="same", use_bias=False)(x)
    return layers.BatchNormalization()(x)


def block(x: keras.KerasTensor, maps: int, stride: int) -> keras.KerasTensor:
    """Return two 3 x 3 convolutions of x, added to x."""
    shortcut = x if stride == 1 and x.shape[-1] == maps else convolved(x, maps, stride, 1)
    added = convolved(layers.ReLU()(convolved(x, maps, stride)), maps)
    return layers.ReLU()(layers.add([added, shortcut]))


def resnet18() -> keras.Model:
    """Return the network for pictures of 32 x 32 and 10 labels."""
    inputs = keras.Input((32, 32, 3))
    x = layers.ReLU()(convolved(inputs, 64))
    for maps, stride in ((64, 1), (128, 2), (256, 2), (512, 2)):
        x = block(block(x, maps, stride), maps, 1)
    return keras.Model(inputs, layers.Dense(10)(layers.GlobalAveragePooling2D()(x)))


class Clock(keras.callbacks.Callback):
    def __init__(self, steps: Steps) -> None:
        super().__init__()
        self.steps = steps

    def on_train_batch_end(self, batch: int, logs: object = None) -> None:
        if self.steps.end():
            self.model.stop_training = True


def main() -> None:
    asked = arguments(__doc__)
    keras.utils.set_random_seed(asked.seed)
    pictures = load(asked.data)
    count = (WARM + asked.steps) * asked.batch_size
    x, y = normalised(pictures).transpose(0, 2, 3, 1)[:count], pictures.y[:count]
    model, steps = resnet18(), Steps(asked.steps)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizer=keras.optimizers.Adam(asked.lr), loss=loss)
    model.fit(x, y, batch_size=asked.batch_size, epochs=1, verbose=0, callbacks=[Clock(steps)])
    packages = versions("keras", keras.backend.backend())
    tell(pictures_a_second=steps.pictures_a_second(asked.batch_size), versions=packages)


if __name__ == "__main__":
    main()
