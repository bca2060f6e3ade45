"""Functions that run already given other code: a fault, or a note of the lines they come by."""

import ast
import gc
from collections.abc import Callable, Iterator
from pathlib import Path
from types import CodeType, FunctionType

REACHED = "__reached__"
"""What a function calls with the lines that it comes by, after `noting`."""


def patch(file: Path, source: bytes | ast.Module) -> bool:
    """Give the functions of a file that was imported the code that another source has.

    Returns:
        Whether all could be given it.
    """
    new = {code.co_qualname: code for code in _codes(compile(source, str(file), "exec"))}
    functions = list(_functions(file))
    for one in functions:
        code = new.get(one.__code__.co_qualname)
        if code is None or code.co_freevars != one.__code__.co_freevars:
            return False
        one.__code__ = code
    return bool(functions)


def noting(source: bytes) -> ast.Module:
    """Give a source whose functions tell every line that they come to."""
    tree = ast.parse(source)
    _Noting().visit(tree)
    return ast.fix_missing_locations(tree)


def tell_lines(file: Path, note: Callable[[int], object]) -> None:
    """Let the functions of a file that was imported tell the lines that they come by."""
    patch(file, noting(file.read_bytes()))
    for one in _functions(file):
        one.__globals__[REACHED] = note


class _Noting(ast.NodeTransformer):
    """Puts a note before every statement of every function."""

    _depth = 0

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        self._depth += 1
        self.generic_visit(node)
        self._depth -= 1
        return node

    def generic_visit(self, node: ast.AST) -> ast.AST:
        super().generic_visit(node)
        if self._depth:
            for name in ("body", "orelse", "finalbody"):
                block = getattr(node, name, None)
                if isinstance(block, list):
                    setattr(node, name, list(_noted(block)))
        return node


def _noted(block: list[ast.stmt]) -> Iterator[ast.stmt]:
    for one in block:
        call = ast.Call(ast.Name(REACHED, ast.Load()), [ast.Constant(one.lineno)], [])
        yield ast.copy_location(ast.Expr(call), one)
        yield one


def _functions(file: Path) -> Iterator[FunctionType]:
    """Give the functions of a file; those inside others are made anew by these."""
    for one in gc.get_objects():
        if isinstance(one, FunctionType):
            code = one.__code__
            if code.co_filename == str(file) and "<" not in code.co_qualname:
                yield one


def _codes(code: CodeType) -> Iterator[CodeType]:
    yield code
    for one in code.co_consts:
        if isinstance(one, CodeType):
            yield from _codes(one)
