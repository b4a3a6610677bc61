"""Random programs of an agent, from bytes: tools, helpers, sources, sinks, and places where a value may be cleaned."""

import re
from dataclasses import dataclass

from fuzz.corpus import Choices

HEAD = "import os, shlex, subprocess\nfrom agents import function_tool\nfrom openai import OpenAI\n"
CLEANERS = ("int({})", "shlex.quote(str(int({})))", "len({})", "bool({})")
NAMES = ("a", "b", "c", "d")
HELPERS = ("f", "g", "h")
EXPRESSIONS = (
    *("N", "N", "E + E", "'x' + E", "f'{E} y'", "E.strip()", "[E, E][0]", "{'k': E}['k']", "E if N else E", "str(E)"),
    *("F(E)", "F(E)", "T[E](E)", "(lambda z: z)(E)", "' '.join([E, E])", "[z for z in E][0]", "E or E", "E[1:]"),
    "OpenAI().responses.create(model='m', input=E).output_text",
)
STATEMENTS = (
    *("N = E", "N = E", "N += E", "os.system(E)", "subprocess.run(E, shell=True)", "eval(E)", "open(E)", "return E"),
    *(
        "if E:\n    N = E",
        "for N in E:\n    os.system(E)",
        "while E:\n    N = E",
        "if N not in ('x', 'y'):\n    return",
    ),
    *("try:\n    N = F(E)\nexcept ValueError:\n    N = E", "T[E] = F", "self_ = [E]\nself_.append(E)\nN = self_[0]"),
)
_LETTER = re.compile(r"\b[NEFT]\b")


@dataclass
class Program:
    """A program under construction: text with a hole for each value that could be cleaned."""

    choices: Choices
    holes: int = 0

    def expression(self, depth: int) -> str:
        form = EXPRESSIONS[self.choices.number(len(EXPRESSIONS))] if depth else "N"
        text = self.filled(form, depth - 1)
        self.holes += 1
        return f"\x01{self.holes}\x02{text}\x03"

    def filled(self, form: str, depth: int) -> str:
        """A form with a name, an expression, a function and the table for the letters in it."""
        return _LETTER.sub(lambda found: self.part(found[0], depth), form)

    def part(self, letter: str, depth: int) -> str:
        match letter:
            case "E":
                return self.expression(max(depth, 0))
            case "F":
                return HELPERS[self.choices.number(len(HELPERS))]
            case "T":
                return "TABLE"
        return NAMES[self.choices.number(len(NAMES))]

    def block(self, count: int) -> str:
        lines = []
        for _ in range(count):
            form = STATEMENTS[self.choices.number(len(STATEMENTS))]
            lines += self.filled(form, 2).split("\n")
        return "".join(f"    {line}\n" for line in lines)

    def text(self) -> str:
        parts = [HEAD]
        names = HELPERS[: 1 + self.choices.number(len(HELPERS))]
        parts += [f"def {name}(a, b='', c=None, d=''):\n{self.block(1 + self.choices.number(5))}" for name in names]
        parts.append(f"TABLE = {{{', '.join(f'{name!r}: {name}' for name in HELPERS)}}}\n")
        body = self.block(1 + self.choices.number(6))
        parts.append(f"@function_tool\ndef tool(a: str, b: str) -> str:\n    c = d = ''\n{body}")
        return "".join(parts)


def program(choices: Choices) -> tuple[str, str]:
    """A program, and the same one with one of its values cleaned where it is used."""
    made = Program(choices)
    text = made.text()
    hole, cleaner = 1 + choices.number(made.holes), CLEANERS[choices.number(len(CLEANERS))]
    return _without_holes(text, 0, cleaner), _without_holes(text, hole, cleaner)


def _without_holes(text: str, cleaned: int, cleaner: str) -> str:
    before, _, after = cleaner.partition("{}")
    found, closing = [], []
    at = 0
    while at < len(text):
        if text[at] == "\x01":
            end = text.index("\x02", at)
            mine = int(text[at + 1 : end]) == cleaned
            found.append(before if mine else "(")
            closing.append(after if mine else ")")
            at = end
        elif text[at] == "\x03":
            found.append(closing.pop())
        else:
            found.append(text[at])
        at += 1
    return "".join(found)
