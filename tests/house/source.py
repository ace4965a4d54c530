"""The project's source, parsed once for the house tests."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src"
FRONT_ROOMS = {"views", "urls", "api", "forms", "tasks", "subscribers", "templatetags", "scanners"}


@dataclass(frozen=True)
class Module:
    path: Path
    tree: ast.Module
    text: str

    @property
    def name(self) -> str:
        return str(self.path.relative_to(SOURCE))

    @property
    def room(self) -> str:
        """The room a file belongs to: the folder or file name right below its app."""
        parts = self.path.relative_to(SOURCE).parts
        return parts[2].removesuffix(".py") if len(parts) > 2 else parts[-1].removesuffix(".py")

    def calls(self) -> Iterator[ast.Call]:
        return (node for node in ast.walk(self.tree) if isinstance(node, ast.Call))


@cache
def modules() -> tuple[Module, ...]:
    """Every Python file of the product, tests and migrations apart."""
    found = []
    for path in sorted(SOURCE.rglob("*.py")):
        if "tests" in path.parts or "migrations" in path.parts:
            continue
        text = path.read_text()
        found.append(Module(path, ast.parse(text), text))
    return tuple(found)


def dotted(node: ast.AST) -> str:
    """`a.b.c` of an attribute chain; "" where it is none."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if isinstance(node, ast.Name):
        parts.append(node.id)
        return ".".join(reversed(parts))
    return ""
