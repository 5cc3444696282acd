"""Where a network can be asked about its inputs: x itself, or the vectors that it looks up where x holds codes.

A gradient says nothing of a code. The vectors looked up for embedded categories and for tokens stand in its place: one
row of numbers, the plain columns of x first and then the vectors of each lookup, goes into the network behind the
tables of vectors. No network needs to know of it.
"""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from ..networks.mlp import TableInputs
from ..networks.reader import Reader
from ..schema import NEVER_SEEN, Schema


@dataclass(frozen=True, eq=False)
class Lookup:
    """A table of vectors and the columns of x, `begin` to `end`, that hold its codes."""

    table: nn.Embedding
    begin: int
    end: int
    tokens: bool

    @property
    def width(self) -> int:
        """The numbers that the vectors of an example are."""
        return (self.end - self.begin) * self.table.embedding_dim


@dataclass(frozen=True, eq=False)
class Seam:
    """A network and one of its examples x (1, *s). `inside` is the example as it is asked about, (1, *z)."""

    network: nn.Module
    x: Tensor
    lookups: tuple[Lookup, ...]
    plain: int  # columns of x that hold no code

    @property
    def inside(self) -> Tensor:
        """The example."""
        return self.looked_up(self.x)

    def looked_up(self, x: Tensor) -> Tensor:
        """Return examples (B, *s) as they are asked about, (B, *z)."""
        if not self.lookups:
            return x
        with torch.no_grad():
            found = [look.table(x[:, look.begin : look.end].long()).flatten(1) for look in self.lookups]
        return torch.cat([x[:, : self.plain], *found], 1)

    def hidden(self, baseline: Tensor) -> Tensor:
        """Return what stands for a part that is hidden, (1, *z): the baseline, but a word that was never seen."""
        parts, begin = [baseline[:, : self.plain]] if self.lookups else [baseline], self.plain
        for look in self.lookups:
            own = baseline[:, begin : begin + look.width]
            unseen = look.table.weight.detach()[NEVER_SEEN].repeat(1, look.end - look.begin)
            parts.append(unseen if look.tokens else own)
            begin += look.width
        return torch.cat(parts, 1)

    def forward(self, inside: Tensor) -> Tensor:
        """Return what the network gives for examples as they are asked about, (B, *z)."""
        if not self.lookups:
            return self.network(inside)
        x = torch.cat([inside[:, : self.plain], self.x[:, self.plain :].expand(len(inside), -1)], 1)
        with self.replaced(inside):
            return self.network(x)

    @contextlib.contextmanager
    def replaced(self, inside: Tensor) -> Iterator[None]:
        """Let every table of vectors give those of `inside`."""
        hooks, begin = [], self.plain
        for look in self.lookups:
            vectors = inside[:, begin : begin + look.width].view(len(inside), look.end - look.begin, -1)
            begin += look.width

            def give(module: nn.Module, codes: Any, found: Tensor, vectors: Tensor = vectors) -> Tensor:
                if found.dim() == 2:  # the code of a category: one vector
                    return vectors[:, 0]
                return vectors[:, : found.shape[1]]  # a reader cuts what no example reaches

            hooks.append(look.table.register_forward_hook(give))
        try:
            yield
        finally:
            for hook in hooks:
                hook.remove()


def seam_of(network: nn.Module, schema: Schema, x: Tensor) -> Seam:
    """Find where a network can be asked about one example x (1, *s)."""
    if schema.shaped is not None:
        return Seam(network, x, (), 0)
    lookups: list[Lookup] = []
    for module in network.modules():
        if isinstance(module, TableInputs):
            places = range(module.columns, module.columns + len(module.codes))
            tables = zip(places, module.codes, strict=True)
            lookups += [Lookup(table, place, place + 1, tokens=False) for place, table in tables]  # type: ignore[arg-type]
        elif isinstance(module, Reader):
            begin = module.before
            for table, length in zip(module.tokens, module.texts, strict=True):
                lookups.append(Lookup(table, begin, begin + length, tokens=True))  # type: ignore[arg-type]
                begin += length
    lookups.sort(key=lambda look: look.begin)
    return Seam(network, x, tuple(lookups), lookups[0].begin if lookups else x.shape[1])
