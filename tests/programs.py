"""Small Python programs that parse, laid out in every way that Python allows, and real files that were changed."""

import ast
import copy
import re
from pathlib import Path

from hypothesis import strategies as st

NAMES = ("a", "b", "x1", "self", "naïve", "变量", "ªb", "ﬁle", "_", "print", "e")
LITERALS = (
    "'x'", '"é漢🎉"', "b'bytes'", r"r'\d'", "'a' \"b\"", '"""two\nlines é"""', r"'tab\t'", "'\\\n'", "f'{a}'",
    "f'é{b!r:>{x1}}'", 'f"""é\n{a.b}"""', "'x' f'{a}'", "0", "1_000", "-1", "0x1f", "1.5e3", "2j", "None",
    "True", "...",
)  # fmt: skip
NESTED = (
    "(E).N", "(E)(E, *E, k=E, **E)", "N.append(E)", "N.update(E, k=E)", "(E)[E]", "(E)[E:]", "(E)[:1:E]", "(E + E)",
    "(E / E)", "(E | E)", "(E % E)", "(E and E)", "(E or E or E)", "(E < E in E)", "(not E)", "(-E)", "(E if E else E)",
    "(lambda N, *args, k=E: E)", "(N := E)", "[E for N in E if E]", "{E: E for N, x in E}", "{E for N in E for N in E}",
    "(E async for N in E)", "[E, *E]", "(E, E)", "{E, E}", "{E: E, **E}", "getattr(E, 'é', E)", "(yield E)",
    "(await E)", "print(E, file=N)", "setattr(N, 'é', E)", "N.ﬁx(E)",
)  # fmt: skip
SIMPLE = (
    "E", "N = E", "N = N = E", "N.N = E", "N[E] = E", "N[N:] = E", "N, *N, (N, N.x) = E", "N += E", "N.N += E",
    "N.setdefault('k', [])[0] = E", "N: 'list[int | None]' = E", "N.N: int = E", "del N, N['k'], N.b", "return E",
    "return", "raise E from E", "raise", "assert E, E", "global N", "nonlocal N", "pass", "break", "continue",
    "import a.b as c, d", "from ..x import (a,\n  b as c)", "from é import *",
)  # fmt: skip
COMPOUND = (
    "if E:\nB\nelif E:\nB\nelse:\nB", "for N, x in E:\nB\nelse:\nB", "async for N in E:\nB", "while E:\nB",
    "with E as N, E:\nB",
    "try:\nB\nexcept ValueError as N:\nB\nexcept:\nB\nelse:\nB\nfinally:\nB", "try:\nB\nexcept* (A, B) as ﬁle:\nB",
    "match (E):\n\tcase P if a:\n\t\tpass\n\tcase _:\n\t\tpass",
    "@N\ndef N(a, /, b: 'é' = E, *args, c, **kw) -> 'é':\nB",
    "async def N(self, *, ªb: int = E):\nB", "def  N(*a: int):\n\t'doc é'\nB", "class N(a.B[int], metaclass=b):\nB",
)  # fmt: skip
PATTERNS = (
    "_",
    "1",
    "'é'",
    "None",
    "[ª, *b]",
    "{'k': v, **rest}",
    "int(x1)",
    "A(x1, y=[1, _])",
    "('a' | 'b') as c",
    "a.b",
)


def _filled(draw: st.DrawFn, template: str, depth: int) -> str:
    """A template with a name for each `N`, an expression for each `E`, and a pattern for each `P`."""
    parts: list[str] = []
    for word in re.split(r"\b([ENP])\b", template):
        if word == "E":
            parts.append(_expression(draw, depth - 1))
        else:
            parts.append(draw(st.sampled_from({"N": NAMES, "P": PATTERNS}.get(word, (word,)))))
    return "".join(parts)


def _expression(draw: st.DrawFn, depth: int) -> str:
    if depth <= 0 or draw(st.integers(0, 2)) == 0:
        return str(draw(st.sampled_from(NAMES + LITERALS)))
    return _filled(draw, draw(st.sampled_from(NESTED)), depth)


def _statement(draw: st.DrawFn, depth: int) -> list[str]:
    """The lines of a statement; a tab stands for one level of indentation, nothing for the inside of a string."""
    if depth <= 0 or draw(st.booleans()):
        return [_filled(draw, draw(st.sampled_from(SIMPLE)), 2)]
    lines: list[str] = []
    for line in draw(st.sampled_from(COMPOUND)).split("\n"):
        if line == "B":
            body = [inner for _ in range(draw(st.integers(1, 2))) for inner in _statement(draw, depth - 1)]
            lines += ["\t" + inner for inner in body]
        else:
            lines.append(_filled(draw, line, 1))
    return lines


@st.composite
def programs(draw: st.DrawFn) -> str:
    """A program: statements with an indentation, a line end, and comments, blank lines and form feeds between them."""
    indent = draw(st.sampled_from(["    ", "\t", " "]))
    end = draw(st.sampled_from(["\n", "\r\n", "\r"]))
    between = draw(st.sampled_from(["", "# é 🎉\n", "\n \t\n", "\f", "\f# ff\n"]))
    lines = [line for _ in range(draw(st.integers(1, 4))) for line in _statement(draw, 2)]
    return "".join(_laid_out(line, indent, between) for line in lines).replace("\n", end)


def _laid_out(line: str, indent: str, between: str) -> str:
    code = line.lstrip("\t")
    depth = len(line) - len(code)
    return f"{'' if depth else between}{indent * depth}{code}\n"


@st.composite
def mutants(draw: st.DrawFn, files: tuple[Path, ...]) -> str:
    """A real file in which some expressions stand at other places too."""
    tree = ast.parse(draw(st.sampled_from(files)).read_text("utf-8"))
    places = [node for node in ast.walk(tree) if isinstance(node, ast.Call | ast.Assign | ast.Return | ast.BoolOp)]
    values = [node for node in ast.walk(tree) if isinstance(node, ast.expr)]
    for number in draw(st.lists(st.integers(0, len(places) - 1), min_size=1, max_size=8)):
        node, value = places[number], copy.deepcopy(values[draw(st.integers(0, len(values) - 1))])
        if isinstance(node, ast.Call):
            node.args = [*node.args, value]
        elif isinstance(node, ast.BoolOp):
            node.values = [*node.values, value]
        else:
            node.value = value
    return str(ast.unparse(tree))
