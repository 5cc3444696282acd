"""A character model of two LSTM layers in plain JAX: lax.scan over the steps, value_and_grad, Adam, all under jit."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from mnist import tell, versions

from text import LAYERS, WARM, WIDTH, Steps, arguments, windows

Tree = Any


def weights(key: Any, letters: int) -> Tree:
    """Return the first weights; the forget gates start with a bias of 1."""
    keys = iter(jax.random.split(key, 3 + 2 * LAYERS))
    draw = lambda *shape: jax.random.normal(next(keys), shape) / shape[0] ** 0.5  # noqa: E731
    bias = jnp.zeros(4 * WIDTH).at[WIDTH : 2 * WIDTH].set(1.0)
    stack = [{"x": draw(WIDTH, 4 * WIDTH), "h": draw(WIDTH, 4 * WIDTH), "b": bias} for _ in range(LAYERS)]
    return {"embedding": draw(letters, WIDTH), "stack": stack, "output": draw(WIDTH, letters), "b": jnp.zeros(letters)}


def lstm(layer: Tree, sequence: Any) -> Any:
    """Run a layer over (T, B, WIDTH); the products with the inputs are made for all steps at once."""

    def step(state: Any, gates: Any) -> Any:
        h, c = state
        i, f, g, o = jnp.split(gates + h @ layer["h"], 4, axis=1)
        c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
        h = jax.nn.sigmoid(o) * jnp.tanh(c)
        return (h, c), h

    zeros = jnp.zeros((sequence.shape[1], WIDTH))
    return lax.scan(step, (zeros, zeros), sequence @ layer["x"] + layer["b"])[1]


def loss_of(tree: Tree, x: Any, y: Any) -> Any:
    """Return the mean loss of the next character."""
    said = tree["embedding"][x.T]
    for layer in tree["stack"]:
        said = lstm(layer, said)
    scores = jax.nn.log_softmax(said @ tree["output"] + tree["b"])
    return -jnp.take_along_axis(scores, y.T[..., None], 2).mean()


@jax.jit
def learn(tree: Tree, mean: Tree, square: Tree, count: Any, x: Any, y: Any, lr: float) -> Any:
    """Take one step of Adam."""
    loss, grads = jax.value_and_grad(loss_of)(tree, x, y)
    mean = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, mean, grads)
    square = jax.tree.map(lambda s, g: 0.999 * s + 0.001 * g * g, square, grads)
    rate = lr * jnp.sqrt(1 - 0.999**count) / (1 - 0.9**count)
    tree = jax.tree.map(lambda p, m, s: p - rate * m / (jnp.sqrt(s) + 1e-8), tree, mean, square)
    return tree, mean, square, loss


def main() -> None:
    asked = arguments(__doc__)
    x, y, letters = windows(asked.data, (WARM + asked.steps) * asked.batch_size, asked.seed)
    tree, steps = weights(jax.random.key(asked.seed), letters), Steps(asked.steps)
    mean, square = (jax.tree.map(jnp.zeros_like, tree) for _ in range(2))
    for number, rows in enumerate(np.split(np.arange(len(x)), WARM + asked.steps), 1):
        tree, mean, square, loss = learn(tree, mean, square, float(number), x[rows], y[rows], asked.lr)
        loss.block_until_ready()
        if steps.end():
            break
    tell(tokens_a_second=steps.tokens_a_second(asked.batch_size), loss=float(loss), versions=versions("jax"))


if __name__ == "__main__":
    main()
