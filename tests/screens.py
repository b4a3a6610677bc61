"""Screens in documents: commands with what they print, run with the real program in a copy of the example they name.

In a fenced block of `console`, a line that begins with `$ ` is a command and the lines below it are what it prints. The
title of the block is the folder that it runs in: a copy of that folder of the repository, or else an empty one. A block
of another language with a title is a file there, written when the reader comes to it. A page is one story: its blocks
run in order, all of the same title in the same folder.

What differs from run to run has placeholders: a line `...` is any lines that were left out, seconds are no number, and
the folder is `/home/you/FOLDER`.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from checkout import ROOT

_FENCE = re.compile(
    r"^(?P<fence>`{3,})(?P<language>[\w-]+)(?P<info>[^\n]*)\n(?P<text>.*?)^(?P=fence)$", re.MULTILINE | re.DOTALL
)
_NAMED = re.compile(r'(?:title="|path=)(?P<name>[^\s"]+)')
_LEFT_OUT = "..."
_SECONDS = re.compile(r"\b\d+\.\d s$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block: its language, the file or folder that it names, its text, and where that begins."""

    language: str
    name: str
    text: str
    start: int

    def screens(self) -> Iterator[tuple[str, str]]:
        """The commands of the block, each with what it prints."""
        for part in re.split(r"^\$ ", self.text, flags=re.MULTILINE)[1:]:
            command, _, output = part.partition("\n")
            yield command, output

    def write(self, folder: Path) -> None:
        """Write the file that the block stands for."""
        path = folder / self.name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(self.text, "utf-8")


def blocks(text: str, language: str = "") -> list[Block]:
    """The fenced blocks of a document, or those of one language."""
    found = [
        Block(match["language"], named["name"] if named else "", match["text"], match.start("text"))
        for match in _FENCE.finditer(text)
        for named in [_NAMED.search(match["info"])]
    ]
    return [block for block in found if language in ("", block.language)]


def steady(text: str) -> str:
    """What a program prints, without how long it took."""
    return _SECONDS.sub("N s", text)


def shows(screen: str, printed: str) -> bool:
    """Whether a screen shows what was printed: all of it, but for lines left out."""
    lines = steady(screen).splitlines()
    pattern = "".join(r"(?:.*\n)*?" if line == _LEFT_OUT else re.escape(line) + r"\n" for line in lines)
    return re.fullmatch(pattern, steady(printed)) is not None


@dataclass(frozen=True, slots=True)
class Story:
    """A page with its folders below a place of its own, in which its commands run with these variables."""

    text: str
    place: Path
    environment: Mapping[str, str]
    folders: dict[str, Path] = field(default_factory=dict)

    def told(self) -> Iterator[tuple[Block, list[tuple[str, str, str]]]]:
        """Run the blocks in order; each block of commands with (command, what the page shows, what was printed)."""
        waiting: list[Block] = []
        for block in blocks(self.text):
            if block.language != "console":
                waiting += [block] if block.name else []
            elif any(True for _ in block.screens()):
                folder = self._folder(block.name)
                for file in waiting:
                    file.write(folder)
                waiting = []
                yield block, [(command, shown, self._run(command, folder)) for command, shown in block.screens()]

    def _folder(self, name: str) -> Path:
        """The folder of that name: the copy, or an empty one, that was made when it was first asked for."""
        if name not in self.folders:
            folder = self.place / Path(name).name
            if (ROOT / name).is_dir():
                shutil.copytree(ROOT / name, folder)
            else:
                folder.mkdir(parents=True)
            subprocess.run(["git", "init", "--quiet", folder], check=True)
            self.folders[name] = folder
        return self.folders[name]

    def _run(self, command: str, folder: Path) -> str:
        """What a command prints, with the folder as the page calls it."""
        bin_ = Path(sys.executable).parent
        who = {f"GIT_{role}_{what}": "you" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
        path = f"{bin_}{os.pathsep}{self.environment.get('PATH', os.defpath)}"
        done = subprocess.run(
            ["bash", "-c", command],
            cwd=folder,
            env={**self.environment, **who, "PATH": path},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            encoding="utf-8",
            timeout=120,
            check=False,
        )
        return done.stdout.replace(str(folder), f"/home/you/{folder.name}")


def rewritten(story: Story) -> str:
    """The page with what its commands print now, where that is something else."""
    text = story.text
    for block, ran in reversed(list(story.told())):
        parts = [f"$ {command}\n{_renewed(shown, printed)}" for command, shown, printed in ran]
        text = text[: block.start] + "".join(parts) + text[block.start + len(block.text) :]
    return text


def _renewed(shown: str, printed: str) -> str:
    """A screen as it has to be now; what stands between two lines left out is not known to have moved, and stays."""
    if shows(shown, printed):
        return shown
    first, *between = re.split(rf"^{re.escape(_LEFT_OUT)}\n", shown, flags=re.MULTILINE)
    if not between:
        return printed
    lines, last = printed.splitlines(keepends=True), len(between.pop().splitlines())
    ends = "".join(lines[: len(first.splitlines())]), "".join(lines[len(lines) - last :])
    return f"{_LEFT_OUT}\n".join([ends[0], *between, ends[1]])
