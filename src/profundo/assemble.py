"""The network of a plan, as it is trained and opened again: with the head that its way of transfer wants."""

import torch
from torch import nn

from .errors import UsageError
from .networks import NETWORKS, build
from .networks.classical_head import ClassicalHead
from .networks.levels import Head, levels
from .networks.transfer import LinearHead, head_of, put_head
from .plan import Plan
from .schema import Schema


def assemble(plan: Plan, schema: Schema, *, seed: int = 0) -> nn.Module:
    """Build the network of a complete plan; the same seed gives the same weights."""
    network = build(plan.network, schema, seed=seed, **plan.network_options)
    if plan.transfer not in ("extract", "finetune") or schema.located is not None:
        return network
    name = head_name(plan, network)
    inputs, outputs = sizes_of(network.get_submodule(name))
    layers, more = levels(network, schema, name)
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)
        head: Head = LinearHead(inputs + more, outputs)
    if plan.head not in ("", "linear"):
        head = ClassicalHead(plan.head, plan.task, inputs + more, schema.outputs)
    put_head(network, name, head)
    head.hear(network, layers)
    return network


def head_name(plan: Plan, network: nn.Module) -> str:
    """Return the name of the layer of a plan's network that gives the scores."""
    for name, module in network.named_modules():
        if isinstance(module, Head):
            return name
    return head_of(NETWORKS[plan.network], network)


def sizes_of(layer: nn.Module) -> tuple[int, int]:
    """Return the inputs and outputs of a linear layer or a convolution."""
    if isinstance(layer, nn.Linear):
        return layer.in_features, layer.out_features
    if isinstance(layer, nn.Conv2d):
        return layer.in_channels, layer.out_channels
    raise UsageError(f"a {type(layer).__name__} gives the scores, and no head can take its place. Use --transfer init.")
