"""What the named tasks of a repository run: takes the words of a command such as `make redteam`, gives the scripts.

A task is a recipe of a make file, a function of a program, or an entry of a configuration (package scripts, task
runners, test environments). Where the task is not found, or its runner cannot be read, the answer is None and never an
empty list.
"""

import ast
import configparser
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from aisafety_lint.evals.commands import joined
from aisafety_lint.evals.frameworks import TaskRunner
from aisafety_lint.evals.tree import at, items, scalars, text
from aisafety_lint.manifests.documents import Document, Node, Object
from aisafety_lint.source import SourceText

_RECIPE = re.compile(r"^(?P<names>[\w./-]+(?:[ \t]+[\w./-]+)*)[^:=\n]*:(?!=)(?P<needs>[^\n=]*)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Task:
    """The scripts of a task, and the folder that they run in."""

    folder: str
    scripts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Tasks:
    """The tasks of a repository, read when asked for."""

    task_runners: Mapping[str, TaskRunner]
    read: Callable[[str], SourceText | None]
    documents: Mapping[str, Document]

    def named(self, words: tuple[str, ...], folder: str) -> tuple[Task, ...] | None:
        """What a command with a task runner at its head runs, or None where that cannot be told."""
        runner = self.task_runners.get(words[0]) if words else None
        if runner is None:
            return None
        folder, names = _arguments(words[1:], folder, runner)
        if not names and not runner.all_without_name:
            return None
        found = [self._scripts(runner, folder, name) for name in names or ("",)]
        if any(scripts is None for scripts in found):
            return None
        return tuple(Task(folder, scripts) for scripts in found if scripts is not None)

    def _scripts(self, runner: TaskRunner, folder: str, name: str) -> tuple[str, ...] | None:
        for file in runner.files:
            path = joined(folder, file)
            source = self.read(path)
            if source is None:
                continue
            match runner.form:
                case "recipes":
                    found = _recipes(source.text, name)
                case "sections":
                    found = _sections(source.text, runner.at, name)
                case "functions":
                    found = _functions(source.text, runner.at, name)
                case _:
                    found = _entry(self.documents.get(path), runner, name)
            if found is not None:
                return found
        return None


def _arguments(words: tuple[str, ...], folder: str, runner: TaskRunner) -> tuple[str, tuple[str, ...]]:
    """The folder that a command changes to, and the tasks that it names."""
    names: list[str] = []
    waiting = list(words)
    while waiting:
        word = waiting.pop(0)
        option, _, value = word.partition("=")
        if option in (*runner.folder_options, *runner.name_options):
            value = value or (waiting.pop(0) if waiting else "")
            if option in runner.name_options:
                names.extend(value.split(","))
            else:
                folder = joined(folder, value)
        elif word == "--":
            break
        elif _is_name(word, waiting, runner, first=not names):
            names.append(word)
    return folder, tuple(names[:1] if runner.one else names)


def _is_name(word: str, behind: list[str], runner: TaskRunner, *, first: bool) -> bool:
    """Whether a word of a command names a task: no option, no variable, no verb with a name behind it."""
    if word.startswith("-") or "=" in word or runner.name_options:
        return False
    return not (first and word in runner.verbs and behind and not behind[0].startswith("-"))


def _recipes(source: str, name: str) -> tuple[str, ...] | None:
    """The recipe of a target and of those that it needs, or of the first target where none is named."""
    rules = {
        target: (rule["needs"].split(), rule.end())
        for rule in reversed(list(_RECIPE.finditer(source)))
        for target in rule["names"].split()
    }
    targets = [rule["names"].split()[0] for rule in _RECIPE.finditer(source)]
    first = next((target for target in targets if not target.startswith(".")), "")
    wanted, seen, scripts = [name or first], set(), []
    while wanted:
        target = wanted.pop()
        if target in seen or target not in rules:
            continue
        seen.add(target)
        needs, end = rules[target]
        wanted.extend(needs)
        scripts.append(_indented(source[end:]))
    return tuple(scripts) if (name or first) in rules else None


def _indented(following: str) -> str:
    """The lines of a recipe: those behind its head that are indented or empty."""
    lines: list[str] = []
    for line in following.removeprefix("\n").split("\n"):
        if line.strip() and not line[0].isspace():
            break
        lines.append(line.strip())
    return "\n".join(lines)


def _sections(source: str, key: str, name: str) -> tuple[str, ...] | None:
    """The commands of the sections `[testenv:NAME]` that are named, else of all of them."""
    parser = configparser.RawConfigParser(strict=False, allow_no_value=True)
    try:
        parser.read_string(source)
    except configparser.Error:
        return None
    section, _, option = key.partition(".")
    wanted = [
        one for one in parser.sections() if (one == f"{section}:{name}" if name else one.partition(":")[0] == section)
    ]
    found = [parser.get(one, option, fallback=None) for one in wanted]
    return tuple(script for script in found if script) or None


def _functions(source: str, method: str, name: str) -> tuple[str, ...] | None:
    """The commands that the function of a task runs by a method of what it is handed, else those of all functions."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError):
        return None
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.decorator_list]
    named = [node for node in functions if name.replace("-", "_") in ("", node.name)]
    calls = [node for function in named for node in ast.walk(function) if isinstance(node, ast.Call)]
    return tuple(filter(None, (_command(call, method) for call in calls))) or None


def _command(call: ast.Call, method: str) -> str:
    """The command of one call, as far as it is written out; an argument that is not stands for itself."""
    if not isinstance(call.func, ast.Attribute) or call.func.attr != method:
        return ""
    words = [arg.value if isinstance(arg, ast.Constant) else "$_" for arg in call.args]
    return " ".join(str(word) for word in words)


def _entry(document: Document | None, runner: TaskRunner, name: str) -> tuple[str, ...] | None:
    """The scripts of an entry of a configuration; what it calls by its own name is left to the caller."""
    above, _, inner = runner.at.partition(".*.")
    holder = at(document.root, above) if document else None
    name = name.rpartition(":")[2] if inner else name
    groups = [pair.value for pair in holder.pairs] if inner and isinstance(holder, Object) else []
    holders = [at(group, inner) for group in groups] if inner else [holder]
    tasks = [task for one in holders if isinstance(one, Object) and (task := one.get(name)) is not None]
    return tuple(line for task in tasks for line in _lines(task)) or None


def _lines(task: Node) -> Iterator[str]:
    if isinstance(task, Object):
        for key in ("cmds", "cmd", "shell", "script", "composite", "depends-on"):
            value = task.get(key)
            if value is not None:
                yield from (scalar.raw for scalar in scalars(value))
        return
    yield from ([text(task)] if text(task) else (scalar.raw for item in items(task) for scalar in scalars(item)))
