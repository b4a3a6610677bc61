"""From the text of a Python file to its facts."""

import ast
import gc
import warnings

from aisafety_lint.python.facts import Facts
from aisafety_lint.python.statements import Statements


class ParseError(Exception):
    """The text is not Python that can be analysed; `line` is where, from 1, or 0 where that is not known."""

    def __init__(self, message: str, line: int = 0) -> None:
        super().__init__(message)
        self.message = message
        self.line = line


def extract_facts(path: str, text: str) -> Facts:
    """Parse a module and return its facts; raises ParseError."""
    tree = parse_module(text)
    builder = Statements(text)
    builder.scopes.append(builder.scope)
    builder.scope.doc = ast.get_docstring(tree, clean=False) or ""
    try:
        builder.block(tree.body)
    except RecursionError as error:
        raise ParseError("the code is nested too deeply") from error
    is_package = path.rpartition("/")[2] == "__init__.py"
    return Facts(path, tuple(scope.finish() for scope in builder.scopes), is_package)


def parse_module(text: str) -> ast.Module:
    """Parse with the cyclic collector off, since a tree being built only makes it work in vain; raises ParseError."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text)
    except SyntaxError as error:
        raise ParseError(error.msg, error.lineno or 0) from error
    except (ValueError, RecursionError, MemoryError) as error:
        raise ParseError(str(error) or "the code is nested too deeply") from error
    finally:
        if enabled:
            gc.enable()
