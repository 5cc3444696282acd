"""The public names: what docs/api.txt lists, found without importing anything heavy before one is used."""

import ast
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

import profundo

ROOT = Path(__file__).parents[1]


def run(code):
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_names_are_sorted_and_listed_in_the_docs():
    assert profundo.__all__ == sorted(profundo.__all__)
    assert (ROOT / "docs" / "api.txt").read_text().split() == profundo.__all__
    assert dir(profundo) == profundo.__all__


@pytest.mark.parametrize("name", profundo.__all__)
def test_every_name_is_there(name):
    value = getattr(profundo, name)
    if name in ("errors", "estimators"):
        assert isinstance(value, ModuleType) and value.__name__ == f"profundo.{name}"
    elif name != "__version__":
        assert callable(value)


def test_editors_see_the_same_names_as_the_interpreter():
    tree = ast.parse((ROOT / "src" / "profundo" / "__init__.py").read_text())
    block = next(node for node in tree.body if isinstance(node, ast.If))
    seen = {alias.asname or alias.name for node in block.body for alias in node.names}
    assert seen | {"__version__"} == set(profundo.__all__)


@pytest.mark.parametrize("module", ["profundo", "profundo.cli", "profundo.__main__"])
def test_importing_is_light(module):
    heavy = "('torch', 'numpy', 'pandas', 'sklearn', 'pydantic', 'matplotlib', 'PIL', 'scipy')"
    assert run(f"import sys, {module}; print([m for m in {heavy} if m in sys.modules])") == "[]"


def test_a_verb_stays_the_verb_after_its_module_is_imported():
    code = """
import importlib, sys, profundo
for name in ('train', 'plan', 'check', 'evaluate', 'predict', 'report'):
    module = importlib.import_module(f'profundo.{name}')
    assert module is sys.modules[f'profundo.{name}'] and module.__name__ == f'profundo.{name}'
    assert callable(getattr(profundo, name)), name
from profundo import train
assert train is profundo.train
"""
    run(code)


def test_a_wrong_name_gets_the_right_one():
    code = "import profundo; profundo.trian"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stderr.strip().splitlines()[-1].endswith("has no attribute 'trian'. Did you mean: 'train'?")


def test_the_version_is_that_of_the_package():
    from importlib.metadata import version

    assert profundo.__version__ == version("profundo")
