"""Facts of one Python file: plain data, small, without references to the syntax tree, ready to be cached.

Every function (and the module body and every class body, which are scopes too) holds its values in SSA form: a value is
one definition, its operands are indexes of earlier values (a `phi` may name later ones), and `guards` says under which
conditions it is computed. What a value's `op` means:

| op | operands | `name` |
|---|---|---|
| param | | the parameter |
| const | | the literal: its text for `str`, else its `repr`; `kind` says which type |
| name | | a name defined outside this scope: enclosing function, module or builtin |
| attr | object | the attribute; with the kind "positional" the place of a sub-pattern of a class |
| item | object, key | the key when it is constant |
| element | iterable | position when one of an unpacking; `2:` for the rest from the third on |
| slice | object, then the bounds | the bounds when they are constant (`1:`) |
| call | function, then the arguments | see `Call` |
| phi | the alternatives | |
| text | the pieces of a string that is put together | of `list + more`: where `more` starts (`2:`) |
| list, tuple, set | the elements | |
| dict | key, value, key, value ... (`**other` has itself as key) | |
| store | object, new content | the attribute, constant key, `2:` for one from there on, or empty for "some element" |
| star | the unpacked iterable | |
| and, or, not, compare | the operands | the operators of a comparison, separated by blanks |
| arithmetic | the operands | |
| await, enter, yield | the operand | |
| global | the new content | the variable of an outer scope |
| caught | its type, what is raised in the body, the calls in it | how many are raised |
| loop | the condition; the place is all of a `while` | |
| function, class | | the qualified name of the nested definition |
| unknown | the operands | |
"""

import msgspec

Place = tuple[int, int, int, int]
"""Line, column, end line, end column: from 1, columns in characters, the end column exclusive."""


class Value(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One definition in SSA form."""

    op: str
    args: tuple[int, ...]
    name: str
    kind: str
    place: Place
    guard: int


class Call(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """How the operands of a call are passed: `value.args[1 + i]` is passed by `keywords[i]`.

    A keyword is the parameter's name, "" for a positional argument, "*" and "**" for unpacked ones.
    """

    value: int
    keywords: tuple[str, ...]


class Guard(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A condition that holds where a value is computed, linked to the outer ones (`parent`, -1 at the end).

    `holds` is "true" or "false" for a condition, "returned" for a call that came back without raising, "joined" after
    two branches of a condition: one of the chains that start at `arms` (and end at the parent) was taken; "every" after
    a loop: what the outer guards say of the element `value` holds for all elements of its iterable.
    """

    parent: int
    value: int
    holds: str
    arms: tuple[int, ...] = ()


class Annotation(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A type as written: the dotted name and the arguments of a subscript; `A | B` is `Union[A, B]`.

    `pattern` is the regular expression that `Annotated[str, Path(pattern="^[a-z]+$")]` asks for.
    """

    name: str
    args: tuple["Annotation", ...] = ()
    pattern: str = ""


class Param(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A parameter: its form is positional, keyword, "*" or "**"; `default` is a value of the enclosing scope, or -1."""

    name: str
    form: str
    annotation: Annotation | None
    default: int
    value: int


class Import(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A binding made by an import: `module` (dots first for a relative one) and the name in it ("" for the module)."""

    local: str
    module: str
    name: str
    place: Place


class Scope(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A function, a class body or the module body.

    `decorators` and `bases` are values of the enclosing scope (`parent`: index in `Facts.scopes`, -1 for the module).
    `locals` maps a name to all its definitions; `returns`, `yields` and `raises` are values; `end` is the guard under
    which the end is reached without a `return` (-1: always, -2: never).
    """

    name: str
    qualname: str
    form: str
    parent: int
    place: Place
    head: Place
    params: tuple[Param, ...]
    annotation: Annotation | None
    decorators: tuple[int, ...]
    bases: tuple[int, ...]
    values: tuple[Value, ...]
    calls: tuple[Call, ...]
    guards: tuple[Guard, ...]
    locals: dict[str, tuple[int, ...]]
    annotations: dict[str, Annotation]
    returns: tuple[int, ...]
    yields: tuple[int, ...]
    raises: tuple[int, ...]
    stores: tuple[int, ...]
    imports: tuple[Import, ...]
    doc: str
    is_async: bool
    end: int


class Facts(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Everything the program needs of one file: its scopes, the module body first."""

    path: str
    scopes: tuple[Scope, ...]
    is_package: bool
