"""Guards of the source, and the source without one of them: what `bench guards` takes away.

A guard is a call by which an actor's rights are asked, of `policy` or of an app's `access`; taken away, the same call is made for the
system, which may do and see everything. Or it is the `@needs` of a view; taken away, the view is called at once.
"""

from __future__ import annotations

import ast
import gc
import inspect
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "src" / "enishi"
_LEFT_OUT = ("/tests/", "/migrations/", "/demo", "/management/", "canaries.py")
#: Verbs of the policy, and which argument is the actor.
_POLICY = {"scope": 0, "get": 0, "require": 0, "ids_in_scope": 0, "present": 1, "present_many": 1, "present_values": 0, "watched": 0}
_SYSTEM = '__import__("enishi.platform.actor", fromlist=["SYSTEM"]).SYSTEM'


@dataclass(frozen=True, slots=True)
class Guard:
    """One guard. `function` is the outermost function around it, by its qualified name and first line."""

    path: str
    line: int
    column: int
    function: str
    first: int
    text: str
    actor: int  # the argument that is the actor; -1 for the decorator of a view
    nth: int = 0  # of those that read the same in this function

    @property
    def key(self) -> str:
        """Stays the same while lines above it come and go."""
        return f"{self.path} {self.function}: {self.text}" + (f" #{self.nth}" if self.nth else "")


def guards() -> list[Guard]:
    """Every guard of the source, in order."""
    found: list[Guard] = []
    for path in sorted(SOURCE.rglob("*.py")):
        if not any(part in str(path) for part in _LEFT_OUT) and path.name != "policy.py":
            found += _guards_of(path)
    seen = Counter[str]()
    for place, guard in enumerate(found):
        found[place] = replace(guard, nth=seen[guard.key])
        seen[guard.key] += 1
    return found


def _guards_of(path: Path) -> Iterator[Guard]:
    tree = ast.parse(path.read_text())
    within = _rooms(path) if path.name != "access.py" else {}
    for name, function in _outermost(tree.body, ""):
        first = min([function.lineno, *(decorator.lineno for decorator in function.decorator_list)])
        for decorator in function.decorator_list:
            if isinstance(decorator, ast.Call) and isinstance(decorator.func, ast.Name) and decorator.func.id == "needs":
                yield _guard(path, decorator, name, first, -1)
        for node in ast.walk(function):
            if isinstance(node, ast.Call) and (place := _place_of_actor(node, within)) is not None:
                yield _guard(path, node, name, first, place)


def _guard(path: Path, node: ast.Call, function: str, first: int, actor: int) -> Guard:
    return Guard(str(path.relative_to(ROOT)), node.lineno, node.col_offset, function, first, _text(node), actor)


def _text(node: ast.Call) -> str:
    return " ".join(ast.unparse(node).split())[:100]


def _place_of_actor(node: ast.Call, within: dict[str, int]) -> int | None:
    called = node.func
    if not (isinstance(called, ast.Attribute) and isinstance(called.value, ast.Name)):
        return None
    verbs = _POLICY if called.value.id == "policy" else within if called.value.id == "access" else {}
    place = verbs.get(called.attr)
    return place if place is not None and place < len(node.args) and not isinstance(node.args[place], ast.Starred) else None


def _rooms(path: Path) -> dict[str, int]:
    """The functions of the app's `access` that ask the policy, each with its actor first."""
    room = SOURCE / path.relative_to(SOURCE).parts[0] / "access.py"
    if not room.exists():
        return {}
    asking = {name: node for name, node in _outermost(ast.parse(room.read_text()).body, "") if "policy." in ast.unparse(node)}
    return {name: 0 for name, node in asking.items() if node.args.args and node.args.args[0].arg == "actor"}


type _Function = ast.FunctionDef | ast.AsyncFunctionDef


def _outermost(body: list[ast.stmt], prefix: str) -> Iterator[tuple[str, _Function]]:
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield prefix + node.name, node
        elif isinstance(node, ast.ClassDef):
            yield from _outermost(node.body, f"{prefix}{node.name}.")


# ---- taking one away ---------------------------------------------------------------------------------------


class _For(ast.NodeTransformer):
    def __init__(self, guard: Guard) -> None:
        self._guard = guard

    def visit_Call(self, node: ast.Call) -> ast.AST:  # the name that ast asks for
        here = (node.lineno, node.col_offset, _text(node)) == (self._guard.line, self._guard.column, self._guard.text)
        self.generic_visit(node)
        if here:  # calls in a chain begin at the same place
            system = ast.parse(_SYSTEM, mode="eval").body
            node.args[self._guard.actor] = ast.copy_location(system, node.args[self._guard.actor])
            ast.fix_missing_locations(node)
        return node


def without(guard: Guard) -> CodeType:
    """The code of the function around a guard, without it."""
    path = ROOT / guard.path
    tree = _For(guard).visit(ast.parse(path.read_text()))
    return next(
        code
        for code in _codes(compile(tree, str(path), "exec"))
        if (code.co_qualname, code.co_firstlineno) == (guard.function, guard.first)
    )


def _codes(code: CodeType) -> Iterator[CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _codes(constant)


@cache
def _functions() -> dict[tuple[str, str, int], list[FunctionType]]:
    """Every function of this process by the place of the source that it comes from."""
    found: dict[tuple[str, str, int], list[FunctionType]] = {}
    for function in gc.get_objects():
        if type(function) is FunctionType:  # to ask lazy objects more would wake them
            code = function.__code__
            found.setdefault((code.co_filename, code.co_qualname, code.co_firstlineno), []).append(function)
    return found


def live(guard: Guard) -> list[FunctionType]:
    """The functions around the guard. Its module must be there."""
    return _functions().get((str(ROOT / guard.path), guard.function, guard.first), [])


def take_away(guard: Guard) -> bool:
    """Run this process without the guard from now on; False where the place was not found."""
    if guard.actor < 0:
        return _open(guard)
    code = without(guard)
    functions = live(guard)
    for function in functions:
        function.__code__ = code
    return bool(functions)


def of_view(view: Any, guard: Guard) -> bool:
    """Whether this is the view that the guard stands before."""
    code = inspect.unwrap(view).__code__
    return (code.co_filename, code.co_qualname, code.co_firstlineno) == (str(ROOT / guard.path), guard.function, guard.first)


def _open(guard: Guard) -> bool:
    """The view is called at once, and nothing that was made of it declares a guard any more."""
    from enishi.platform import guards as guarding

    as_before = guarding.stop

    def stop(view: Any, *asked: Any) -> None:
        if not of_view(view, guard):
            as_before(view, *asked)

    guarding.stop = stop
    views = [function for functions in _functions().values() for function in functions if "guard" in function.__dict__]
    views = [view for view in views if of_view(view, guard)]
    for view in views:
        del view.__dict__["guard"]
    return bool(views)
