"""What a result depends on besides the plan: versions, machine, commit. For bug reports, and stored in every run."""

import importlib.metadata
import os
import platform
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

SETTINGS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "CUDA_VISIBLE_DEVICES", "PROFUNDO_DATA", "WORLD_SIZE")


def environment() -> dict[str, Any]:
    """Return profundo, commit, python, system, processor, cores, threads, memory_gb, devices, precision, packages,
    extras (None where it is not installed), settings.

    `commit` is None unless profundo runs from its own repository. PyTorch is imported: its threads and devices are
    those of this process.
    """
    import torch

    from .precision import cores, has_bfloat16, processor

    return {
        "profundo": importlib.metadata.version("profundo"),
        "commit": commit(),
        "python": platform.python_version(),
        "system": platform.platform(),
        "processor": processor(),
        "cores": cores(),
        "threads": torch.get_num_threads(),
        "memory_gb": memory_gb(),
        "devices": devices(),
        "precision": {"bfloat16": has_bfloat16("cpu"), "float32_matmul": torch.get_float32_matmul_precision()},
        "packages": {name: installed(name) for name in requirements("")},
        "extras": {extra: {n: installed(n) for n in requirements(extra)} for extra in ("parquet", "rl")},
        "settings": {name: os.environ[name] for name in SETTINGS if name in os.environ},
    }


def describe() -> str:
    """Return the environment as lines of text, with the command that was typed: what a run keeps in code.txt."""
    return "\n".join([*lines(environment()), f"command    {' '.join(sys.argv)}"]) + "\n"


def lines(found: dict[str, Any]) -> list[str]:
    """Write the environment, one line for each subject."""
    return [f"{name:<10} {line(value)}" for name, value in found.items()]


def line(value: Any) -> str:
    """Write one value of the environment."""
    if isinstance(value, dict):
        return ", ".join(f"{k} {line(v)}" for k, v in value.items()) or "none"
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return "not installed" if value is None else str(value)


def devices() -> list[str]:
    """Name the devices that PyTorch can use here."""
    import torch

    cards = [f"cuda:{i} {torch.cuda.get_device_name(i)}" for i in range(torch.cuda.device_count())]
    return ["cpu", *cards, *(["mps"] if torch.backends.mps.is_available() else [])]


def requirements(extra: str) -> list[str]:
    """Return the packages that profundo asks for, or those of one extra, from its own metadata."""
    found = []
    for text in importlib.metadata.requires("profundo") or []:
        condition = re.search(r"extra\s*==\s*['\"]([\w-]+)['\"]", text)
        if (condition.group(1) if condition else "") == extra:
            found.append(re.split(r"[^\w.-]", text, maxsplit=1)[0])
    return found


def installed(package: str) -> str | None:
    """Return the version of a package, None where it is not installed."""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def commit() -> str | None:
    """Return the commit of profundo's own repository, with "+" where files differ from it; None where there is none."""
    root = Path(__file__).parents[2]
    if not (root / ".git").exists():
        return None
    name, changed = git(root, "rev-parse", "HEAD"), git(root, "status", "--porcelain", "--untracked-files=no", "src")
    return None if not name else name[:12] + ("+" if changed else "")


def git(root: Path, *arguments: str) -> str:
    """Return what git says, "" where it cannot be asked."""
    try:
        asked = subprocess.run(
            ["git", "-C", str(root), *arguments], capture_output=True, text=True, timeout=5, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return asked.stdout.strip() if asked.returncode == 0 else ""


def memory_gb() -> float | None:
    """Return the machine's memory in GB, None where the system does not say."""
    try:
        return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9, 1)
    except (AttributeError, OSError, ValueError):
        return None
