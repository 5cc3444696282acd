"""A warning before pictures are made to tell what pictures of people cannot: character, crime, orientation."""

import re

from .schema import Category, Schema

WORDS = """
criminal criminals criminality noncriminal crime convict convicts convicted felon felons offender offenders murderer
murderers terrorist terrorists thief thieves guilty innocent recidivism gay lesbian homosexual heterosexual orientation
trustworthy trustworthiness untrustworthy honest dishonest honesty liar liars personality intelligence iq employability
"""


def physiognomy(schema: Schema) -> str:
    """Return a warning where the inputs are pictures and the target's name or labels judge a person; "" elsewhere.

    The faces of convicts and of others in the study that D1 shows (Wu and Zhang 2016) came from different sources, and
    a network tells the sources apart: the kind of photograph, the collar, the smile (Agüera y Arcas et al. 2017).
    """
    if schema.image is None:
        return ""
    for name, kind in schema.targets.items():
        for text in (name, *(kind.labels if isinstance(kind, Category) else ())):
            if not set(WORDS.split()).isdisjoint(re.findall(r"[a-z]+", text.lower())):
                return (
                    f"the target {name} ({text}) judges people by their picture. Such pictures differ in where they "
                    "come from, and that is what a network learns, whatever its score; do not use it to judge anybody. "
                    "If the pictures are not of people, there is nothing to mind."
                )
    return ""
