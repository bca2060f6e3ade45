"""Faults to put into code, one at a time: a comparison turned, a number moved, a step left out.

They stand where code runs, in functions and in the module's numbers: not in tables, in notes
for people (docstrings, logs, annotations), nor in the shape of data classes.
"""

import ast
import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass

_TURNED: dict[type[ast.AST], type[ast.AST]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.And: ast.Or,
    ast.Or: ast.And,
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
}
_SWAPPED = {"min": "max", "max": "min", "any": "all", "all": "any"}
_LOGS = ("_log", "logging")
_NUMBERS = (ast.Constant, ast.BinOp, ast.UnaryOp, ast.Tuple)


@dataclass(frozen=True)
class Fault:
    """One fault.

    Attributes:
        file: where, from the tree's top.
        where: the function, or the name, that it stands in.
        lines: those of its statement, or of where its number is used.
        start, end: octets of the source that it takes the place of.
        old, new: what stood there, and what stands there with it.
        in_function: it stands in a function, and in no number of the module's.
    """

    file: str
    where: str
    lines: frozenset[int]
    start: int
    end: int
    old: str
    new: str
    in_function: bool = True

    @property
    def name(self) -> str:
        """Name it, whatever line it stands in."""
        old, new = (" ".join(one.split()) for one in (self.old, self.new))
        return f"{self.file} {self.where}: {old} => {new}"

    def put(self, source: bytes) -> bytes:
        """Give the source with this fault in it."""
        return source[: self.start] + self.new.encode() + source[self.end :]


@dataclass(frozen=True)
class _Place:
    """Where the walk stands: in which function, in which statement's lines."""

    where: str
    lines: frozenset[int]
    in_function: bool = True


def faults(file: str, source: bytes, only: frozenset[str] = frozenset()) -> list[Fault]:
    """Give every fault that a file can bear, in the order of its lines.

    Args:
        file: from the tree's top.
        source: what it holds.
        only: the functions that are meant, by name; all, and the module's numbers, where
            none is named.
    """
    tree = ast.parse(source)
    starts = _line_starts(source)
    found = []
    for place, node, new in _changes(tree, only):
        start = starts[node.lineno - 1] + node.col_offset
        end = starts[(node.end_lineno or 0) - 1] + (node.end_col_offset or 0)
        old = source[start:end].decode()
        found.append(
            Fault(file, place.where, place.lines, start, end, old, new, place.in_function)
        )
    return found


Node = ast.expr | ast.stmt
Change = tuple[_Place, Node, str]


def _line_starts(source: bytes) -> list[int]:
    starts = [0]
    for line in source.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    return starts


def _changes(tree: ast.Module, only: frozenset[str]) -> Iterator[Change]:
    for function, where in _functions(tree, ""):
        if not only or only & set(where.split(".")):
            for statement in function.body:
                yield from _in_statement(statement, where)
    if not only:
        for node in tree.body:
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                yield from _in_number(tree, node, node.targets[0].id)


def _functions(node: ast.AST, where: str) -> Iterator[tuple[ast.FunctionDef, str]]:
    """Give the functions and methods; one inside another belongs to that."""
    for one in ast.iter_child_nodes(node):
        if isinstance(one, ast.FunctionDef):
            yield one, f"{where}{one.name}"
        elif isinstance(one, ast.ClassDef):
            yield from _functions(one, f"{where}{one.name}.")


def _in_number(tree: ast.Module, node: ast.Assign, name: str) -> Iterator[Change]:
    """Change a number, or a span of time, that a module begins with."""
    value = node.value
    is_span = isinstance(value, ast.Call) and ast.unparse(value.func) == "timedelta"
    if not is_span and not isinstance(value, _NUMBERS):
        return
    if isinstance(value, ast.Constant) and isinstance(value.value, str):
        return
    used = {line for one, _ in _functions(tree, "") for line in _uses(one, name)}
    place = _Place(name, frozenset(used), in_function=False)
    for one in ast.walk(value):
        if isinstance(one, ast.expr):
            yield from ((place, one, new) for new in _variants(one))


def _uses(function: ast.FunctionDef, name: str) -> Iterator[int]:
    for one in ast.walk(function):
        if isinstance(one, ast.Name) and one.id == name:
            yield one.lineno


def _in_statement(node: ast.stmt, where: str) -> Iterator[Change]:
    """Change a statement, then what it says, then the statements in it."""
    if _is_note(node):
        return
    place = _Place(where, _lines(node))
    yield from ((place, *change) for change in _of_statement(node))
    for child in _spoken(node):
        if isinstance(child, ast.expr):
            for one in _expressions(child):
                yield from ((place, one, new) for new in _variants(one))
    for child in _inside(node):
        yield from _in_statement(child, where)


def _lines(node: ast.stmt) -> frozenset[int]:
    """Give the lines of a statement; of one with a body, those before that."""
    inside = list(_inside(node))
    last = min(one.lineno for one in inside) - 1 if inside else node.end_lineno or node.lineno
    return frozenset(range(node.lineno, max(last, node.lineno) + 1))


def _inside(node: ast.AST) -> Iterator[ast.stmt]:
    """Give the statements that stand in another."""
    for one in ast.iter_child_nodes(node):
        if isinstance(one, ast.stmt):
            yield one
        elif isinstance(one, ast.match_case | ast.ExceptHandler):
            yield from _inside(one)


def _spoken(node: ast.stmt) -> Iterator[ast.AST]:
    """Give the expressions of a statement that run; targets and annotations do not."""
    match node:
        case ast.FunctionDef():
            return
        case ast.Assign() | ast.AugAssign() | ast.AnnAssign():
            yield from [node.value] if node.value else []
        case ast.For():
            yield node.iter
        case ast.Raise():
            return
        case _:
            yield from ast.iter_child_nodes(node)


def _is_note(node: ast.stmt) -> bool:
    """Say whether a statement is for people: a docstring, a line of the log."""
    if not isinstance(node, ast.Expr):
        return False
    value = node.value
    if isinstance(value, ast.Call):
        return ast.unparse(value.func).split(".")[0] in _LOGS
    return isinstance(value, ast.Constant)


def _of_statement(node: ast.stmt) -> Iterator[tuple[Node, str]]:
    match node:
        case ast.Expr(value=ast.Call()):
            yield node, "None"
        case ast.Return(value=ast.expr() as value) if not _is_none(value):
            yield value, "None"
        case ast.Assign(value=value) if not _is_none(value):
            yield value, "None"
        case ast.If(test=test) | ast.While(test=test):
            yield test, f"(not ({ast.unparse(test)}))"
        case ast.Break():
            yield node, "continue"
        case ast.Continue():
            yield node, "break"
        case ast.Raise():
            yield node, "None"


def _is_none(value: ast.expr) -> bool:
    return isinstance(value, ast.Constant) and value.value is None


def _expressions(node: ast.expr) -> Iterator[ast.expr]:
    """Give an expression and all in it; what stands in an f-string has no place of its own."""
    yield node
    if isinstance(node, ast.JoinedStr):
        return
    for one in ast.iter_child_nodes(node):
        if isinstance(one, ast.expr):
            yield from _expressions(one)
        elif isinstance(one, ast.keyword):
            yield from _expressions(one.value)
        elif isinstance(one, ast.comprehension):
            for part in (one.iter, *one.ifs):
                yield from _expressions(part)


def _variants(node: ast.expr) -> Iterator[str]:
    """Give what may stand in an expression's place."""
    made = _MAKERS.get(type(node))
    for one in made(node) if made else ():
        yield f"({ast.unparse(one)})"


def _constant(node: ast.Constant) -> Iterator[ast.expr]:
    value = node.value
    if isinstance(value, bool):
        yield ast.Constant(not value)
    elif isinstance(value, int | float):
        yield ast.Constant(value + 1)
    elif isinstance(value, str):
        yield ast.Constant(f"XX{value}")
    elif isinstance(value, bytes):
        yield ast.Constant(b"XX" + value)


def _compare(node: ast.Compare) -> Iterator[ast.expr]:
    for place, operator in enumerate(node.ops):
        turned = copy.deepcopy(node)
        turned.ops[place] = _TURNED[type(operator)]()  # type: ignore[call-overload]
        yield turned


def _operation(node: ast.BinOp | ast.BoolOp) -> Iterator[ast.expr]:
    other = _TURNED.get(type(node.op))
    if other:
        turned = copy.deepcopy(node)
        turned.op = other()  # type: ignore[assignment]
        yield turned


def _unary(node: ast.UnaryOp) -> Iterator[ast.expr]:
    if isinstance(node.op, ast.Not | ast.USub | ast.Invert):
        yield node.operand


def _choice(node: ast.IfExp) -> Iterator[ast.expr]:
    turned = copy.deepcopy(node)
    turned.body, turned.orelse = turned.orelse, turned.body
    yield turned


def _call(node: ast.Call) -> Iterator[ast.expr]:
    if isinstance(node.func, ast.Name) and node.func.id in _SWAPPED:
        turned = copy.deepcopy(node)
        turned.func = ast.Name(_SWAPPED[node.func.id])
        yield turned
    for place, one in enumerate(node.keywords):
        if one.arg:
            less = copy.deepcopy(node)
            del less.keywords[place]
            yield less
    for place, argument in enumerate(node.args):
        if not isinstance(argument, ast.Constant | ast.Starred):
            none = copy.deepcopy(node)
            none.args[place] = ast.Constant(None)
            yield none


def _lambda(node: ast.Lambda) -> Iterator[ast.expr]:
    turned = copy.deepcopy(node)
    turned.body = ast.Constant(None)
    yield turned


def _joined(_node: ast.JoinedStr) -> Iterator[ast.expr]:
    yield ast.Constant("XX")


_MAKERS: dict[type[ast.expr], Callable[..., Iterator[ast.expr]]] = {
    ast.Constant: _constant,
    ast.Compare: _compare,
    ast.BinOp: _operation,
    ast.BoolOp: _operation,
    ast.UnaryOp: _unary,
    ast.IfExp: _choice,
    ast.Call: _call,
    ast.Lambda: _lambda,
    ast.JoinedStr: _joined,
}
