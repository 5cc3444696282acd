"""What a nested resampling chooses among: the plan itself, and others that differ from it in a few options."""

import shlex
from dataclasses import replace
from typing import Any

from .errors import UsageError
from .plan import Plan, wish
from .typed import literal


def candidates(plan: Plan) -> dict[str, Plan]:
    """Return the plan under the name "", and each of its candidates under its own text, "hidden=32 dropout=0.2".

    Raises UsageError, with the nearest names, for an option that the network, the task or the recipe does not have.
    """
    return {"": plan} | {text: changed(plan, text) for text in plan.candidates}


def changed(plan: Plan, text: str) -> Plan:
    """Return the plan with the options of a text put over it."""
    given: dict[str, Any] = {}
    for word in shlex.split(text):
        name, equals, value = word.partition("=")
        if not equals or not name or not value:
            raise UsageError(f"--candidate {text!r}: {word!r} is not NAME=VALUE. Type for example: hidden=32,32")
        given[name.replace("-", "_")] = literal(value)
    network = str(given.pop("network", plan.network))
    wished = wish(plan.data.source, network=network, task=plan.task, **given)
    kept = plan.network_options if network == plan.network else {}
    own = {name: value for name, value in wished.recipe_options.items() if name in given}
    return replace(
        plan,
        network=network,
        network_options={**kept, **wished.network_options},
        task_options={**plan.task_options, **wished.task_options},
        recipe_options={**plan.recipe_options, **own},
    )
