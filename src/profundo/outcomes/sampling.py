"""Text from a language model, token by token."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from ..data.corpus import before_a_text
from ..data.tokens import decode, encode_stream
from ..errors import UsageError
from ..schema import BEGINNING, END, FILLING, NEVER_SEEN, Tokens

NEVER = (FILLING, NEVER_SEEN, BEGINNING)  # codes that are no text
USUAL = {"characters": 500, "bytes": 500, "words": 100, "bpe": 150, "bases": 200}


def prompt_codes(kind: Tokens, prompt: str) -> list[int]:
    """Return the codes of a prompt, or what a text begins with. Raises UsageError where training never saw a part."""
    if not prompt:
        return [before_a_text(kind)]
    codes = [int(code) for code in encode_stream(kind, prompt)]
    if NEVER_SEEN in codes:
        from ..data.tokens import spans

        begin, end = spans(kind, prompt)[codes.index(NEVER_SEEN)] if kind.length > codes.index(NEVER_SEEN) else (0, 0)
        part = prompt[begin:end] or prompt
        raise UsageError(f"the prompt holds {part!r}, which the training text never has. Leave it out of --prompt.")
    return codes


@torch.no_grad()
def sample(
    network: nn.Module, kind: Tokens, prompt: Sequence[int], *, length: int, temperature: float, count: int, seed: int
) -> list[list[int]]:
    """Draw `count` continuations of a prompt, `length` tokens each at most, up to the end of a text.

    Scores are divided by the temperature before they become probabilities; at 0 the likeliest token is taken. A network
    with `go_on` reads each token once; another one reads the last `kind.length` tokens anew.
    """
    generator = torch.Generator().manual_seed(seed)
    going: Any = getattr(network, "go_on", None)
    text = torch.tensor([list(prompt)] * count)
    scores, states = read(network, going, text, None, kind.length)
    ended = torch.zeros(count, dtype=torch.bool)
    for _ in range(length):
        scores[:, NEVER] = -torch.inf
        code = drawn(scores, temperature, generator)
        code = code.where(~ended, END)
        ended |= code == END
        text = torch.cat([text, code[:, None]], 1)
        if bool(ended.all()):
            break
        scores, states = read(network, going, text if going is None else code[:, None], states, kind.length)
    return [row[len(prompt) :].tolist() for row in text]


def read(network: nn.Module, going: Any, text: Tensor, states: Any, context: int) -> tuple[Tensor, Any]:
    """Return the scores (B, tokens) of what comes after a text (B, T), and the states to go on from."""
    if going is not None:
        scores, states = going(text.float(), states)
    else:
        scores = network(text[:, -context:].float())
    return scores[:, -1].float(), states


def drawn(scores: Tensor, temperature: float, generator: torch.Generator) -> Tensor:
    """Draw a code for each row of scores (B, tokens)."""
    if temperature == 0:
        return scores.argmax(1)
    return torch.multinomial((scores / temperature).softmax(1), 1, generator=generator).squeeze(1)


def written(kind: Tokens, codes: Sequence[int] | np.ndarray) -> str:
    """Return the text of codes, up to the end."""
    return decode(kind, codes)
