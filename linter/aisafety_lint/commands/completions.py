"""`aisafety-lint completions`: prints the script by which a shell completes commands, options and their values.

The script holds all words, read off the parsers of the commands, so that nothing is started while somebody types.
"""

import argparse
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module

from aisafety_lint import cli
from aisafety_lint.arguments import OneOf, Parser
from aisafety_lint.outputs import write_stdout

SHELLS = ("bash", "zsh", "fish")
_TAKING_RULES = ("select", "ignore", "extend_select", "what")
_FOLDERS = ("rules", "cache_dir")
_FILES = ("config", "baseline", "stdin_filename")


@dataclass(frozen=True, slots=True)
class Option:
    """An option of a command: its name, what it does, and what may follow it.

    `values` are all the words that can follow; without any, `follows` is file, folder, word, or empty for none.
    """

    name: str
    help: str
    follows: str = ""
    values: tuple[str, ...] = ()


def parser() -> Parser:
    """The arguments of the command."""
    made = Parser(
        "completions",
        "Print what a shell needs to complete the words of the program.",
        "for example:\n"
        '  bash  eval "$(aisafety-lint completions bash)"   in ~/.bashrc\n'
        '  zsh   eval "$(aisafety-lint completions zsh)"    in ~/.zshrc, after compinit\n'
        "  fish  aisafety-lint completions fish | source    in ~/.config/fish/config.fish",
    )
    made.add_argument("shell", type=OneOf("shell", SHELLS), metavar="SHELL", help=", ".join(SHELLS))
    return made


def run(arguments: argparse.Namespace) -> int:
    """Print the script of one shell."""
    commands = {name: tuple(_options(name)) for name in cli.COMMANDS}
    write_stdout({"bash": bash, "zsh": zsh, "fish": fish}[arguments.shell](commands))
    return 0


def _options(command: str) -> Iterator[Option]:
    names = _names()
    for action in import_module(f"aisafety_lint.commands.{command}").parser().shown_options():
        long = [name for name in action.option_strings if name.startswith("--")]
        if long:
            values = action.type.values if isinstance(action.type, OneOf) else names.get(action.dest, ())
            text = re.sub(r"\s+", " ", action.help or "").replace("%%", "%")
            yield Option(long[-1], text, "" if action.nargs == 0 else _follows(action.dest), tuple(values))


def _follows(dest: str) -> str:
    if dest in _FOLDERS:
        return "folder"
    return "file" if dest in _FILES else "word"


def _names() -> Mapping[str, Sequence[str]]:
    """By option, the names from the knowledge that may follow it."""
    from aisafety_lint.knowledge import Knowledge, builtin_root
    from aisafety_lint.rule import FAMILIES

    knowledge = Knowledge((builtin_root(),))
    rules = (*FAMILIES, *knowledge.rules)
    standards = sorted(key for key, _ in knowledge.models("standards"))
    return {**dict.fromkeys(_TAKING_RULES, rules), "family": FAMILIES, "standard": standards}


def bash(commands: Mapping[str, Sequence[Option]]) -> str:
    """For bash: a function that looks at the word before, then at the command."""
    cases = []
    for command, options in commands.items():
        cases.append(f"    {command}) options='{' '.join(option.name for option in options)}' ;;")
    return _BASH.format(
        commands=" ".join(commands),
        values="\n".join(_bash_values(commands)),
        rules=" ".join(_rules(commands)),
        cases="\n".join(cases),
    )


def _bash_values(commands: Mapping[str, Sequence[Option]]) -> Iterator[str]:
    """What follows an option of a command; a list with commas goes on behind the last of them."""
    for command, options in commands.items():
        for option in options:
            if option.values:
                act = f"_aisafety_lint_words '{' '.join(option.values)}'"
            elif option.follows in ("file", "folder"):
                act = f'COMPREPLY=($(compgen -{"d" if option.follows == "folder" else "f"} -- "$word"))'
            elif option.follows:
                act = "COMPREPLY=()"
            else:
                continue
            yield f"    '{command} {option.name}') {act}; return ;;"


def _rules(commands: Mapping[str, Sequence[Option]]) -> Sequence[str]:
    return next(option.values for option in commands["check"] if option.name == "--select")


def zsh(commands: Mapping[str, Sequence[Option]]) -> str:
    """For zsh, which runs completions that are written for bash."""
    return f"autoload -U +X bashcompinit && bashcompinit\n{bash(commands)}"


def fish(commands: Mapping[str, Sequence[Option]]) -> str:
    """For fish: one line for each command, and for each option of each command."""
    first = "__fish_use_subcommand"
    lines = [
        f"complete -c aisafety-lint -n {first} -a {name} -d {_quoted(text)}" for name, text in cli.COMMANDS.items()
    ]
    others = " ".join(name for name in commands if name != "check")
    for command, options in commands.items():
        seen = f"__fish_seen_subcommand_from {command}"
        # The command that needs no name has its options wherever no other command is named.
        where = f"not __fish_seen_subcommand_from {others}" if command == "check" else seen
        lines += [_fish_option(where, option) for option in options]
    rules = " ".join(_rules(commands))
    lines.append(f"complete -c aisafety-lint -n '__fish_seen_subcommand_from explain' -a {_quoted(rules)}")
    return "\n".join(lines) + "\n"


def _fish_option(where: str, option: Option) -> str:
    line = (
        f"complete -c aisafety-lint -n {_quoted(where)} -l {option.name.removeprefix('--')} -d {_quoted(option.help)}"
    )
    if option.values:
        return f"{line} -x -a {_quoted(' '.join(option.values))}"
    return (
        line
        + {"": "", "word": " -x", "file": " -r -F", "folder": " -x -a '(__fish_complete_directories)'"}[option.follows]
    )


def _quoted(text: str) -> str:
    """A text in single quotes, as fish reads them."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


_BASH = """\
_aisafety_lint_words() {{
  local before=''
  [[ $word == *,* ]] && before="${{word%,*}},"
  COMPREPLY=($(compgen -P "$before" -W "$1" -- "${{word##*,}}"))
}}
_aisafety_lint() {{
  local word="${{COMP_WORDS[COMP_CWORD]}}" previous="${{COMP_WORDS[COMP_CWORD-1]}}" command=check options one
  COMPREPLY=()
  for one in {commands}; do
    [[ ${{COMP_WORDS[1]}} == "$one" && $COMP_CWORD -gt 1 ]] && command=$one
  done
  case "$command $previous" in
{values}
    'explain explain') _aisafety_lint_words '{rules}'; return ;;
  esac
  case "$command" in
{cases}
  esac
  if [[ $word == -* ]]; then
    COMPREPLY=($(compgen -W "$options" -- "$word"))
    return
  fi
  COMPREPLY=($(compgen -f -- "$word"))
  [[ $COMP_CWORD -eq 1 ]] && COMPREPLY+=($(compgen -W '{commands}' -- "$word"))
  return 0
}}
complete -o filenames -F _aisafety_lint aisafety-lint
"""
