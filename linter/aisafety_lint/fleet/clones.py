"""Repositories at git addresses: which commit is there, and its files in a folder.

The commit alone is fetched, and its files are read from git's objects as those of a revision are: nothing is checked
out, and no hook, filter or submodule has a say. The settings of the user hold for who the user is (keys, proxies).
"""

import contextlib
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from aisafety_lint.revision import HARDENED, Repository, environment, lay_out

_TRANSPORT = (
    "protocol.https.allow=always",
    "protocol.ssh.allow=always",
    "core.sshCommand=ssh -o BatchMode=yes -o ClearAllForwardings=yes -o PermitLocalCommand=no",
    "core.askPass=",
    "credential.interactive=never",
    "http.followRedirects=false",
    "http.lowSpeedLimit=1000",
    "http.lowSpeedTime=30",
    "transfer.bundleURI=false",
    "fetch.recurseSubmodules=false",
    "maintenance.auto=false",
    "gc.auto=0",
    "init.templateDir=",
)
_LOOPBACK = ("127.0.0.1", "::1", "localhost")
_MOST_BYTES = 4_000_000_000
_SSH = re.compile(r"(?:[\w.][\w.-]*@)?[\w][\w.-]*:[^\s\\:-][^\s\\]*", re.ASCII)
_ADDRESS = re.compile(r"[!-~]+")


class CloneError(Exception):
    """A repository that cannot be fetched; the message says why."""


@dataclass(frozen=True, slots=True)
class Remote:
    """A repository at an address that may be asked for it; raises CloneError where it may not."""

    address: str

    def __post_init__(self) -> None:
        if not _ADDRESS.fullmatch(self.address):
            raise CloneError("the address has characters that none has")
        if "://" not in self.address:
            if not _SSH.fullmatch(self.address):
                raise CloneError("it is no address: https://HOST/PATH, ssh://HOST/PATH, or USER@HOST:PATH")
            return
        parts = urlsplit(self.address)
        local = parts.scheme == "http" and parts.hostname in _LOOPBACK
        if parts.scheme not in ("https", "ssh") and not local:
            raise CloneError("only https and ssh addresses are fetched; what is on this machine is given as a path")
        if parts.password is not None or (parts.username is not None and parts.scheme != "ssh"):
            raise CloneError(
                "the address holds a credential; git's credential helper or an ssh key is the place for it"
            )
        if not parts.hostname or parts.hostname.startswith("-") or (parts.username or "").startswith("-"):
            raise CloneError("the address names no host")

    def commit(self, seconds: float) -> str:
        """The commit that is there now."""
        found = self._git(["ls-remote", "--exit-code", self.address, "HEAD"], Path.cwd(), seconds).split()
        if not found or not re.fullmatch(r"[0-9a-f]{40,64}", found[0]):
            raise CloneError("git names no commit for its HEAD")
        return found[0]

    def files(self, folder: Path, limit: int, seconds: float) -> tuple[str, Path]:
        """The commit that is there now, and its files (of at most so many bytes each) in a folder below a new one."""
        objects, tree = folder / "git", folder / "tree"
        tree.mkdir(parents=True)
        self._git(["init", "--quiet", str(objects)], folder, seconds)
        words = ["fetch", "--quiet", "--depth=1", "--no-tags", "--no-recurse-submodules", "--no-write-fetch-head"]
        self._git([*words, self.address, "HEAD:refs/heads/fetched"], objects, seconds)
        repository = Repository(objects, _program())
        commit = repository.commit("fetched")
        lay_out(repository, commit, tree, limit)
        return commit, tree

    def _git(self, words: list[str], folder: Path, seconds: float) -> str:
        plain = ("protocol.http.allow=always",) if self.address.startswith("http://") else ()
        settings = [part for one in (*HARDENED, *_TRANSPORT, *plain) for part in ("-c", one)]
        surroundings = {**environment(folder), "GIT_ALLOW_PROTOCOL": "https:ssh:http" if plain else "https:ssh"}
        command = [_program(), *settings, "-C", str(folder), *words]
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**surroundings, "SSH_ASKPASS_REQUIRE": "never"},
        )
        _bound(process.pid)
        try:
            out, said = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            raise CloneError(f"git took longer than {seconds:.0f} s") from None
        finally:
            process.kill()
            process.wait()
        if process.returncode:
            lines = [line.strip() for line in said.decode("utf-8", "replace").splitlines() if line.strip()]
            message = next(
                (line for line in lines if line.startswith(("fatal:", "ERROR", "error:"))), "it does not say why"
            )
            raise CloneError(f"git cannot fetch it: {message.removeprefix('fatal: ')[:300]}")
        return out.decode("ascii", "replace")


def _program() -> str:
    git = shutil.which("git")
    if git is None:
        raise CloneError("there is no `git` to fetch it with")
    return git


def _bound(process: int) -> None:
    """No file that the process writes grows without end, whatever a server sends."""
    if sys.platform == "linux":
        import resource

        with contextlib.suppress(OSError):  # it has ended already
            resource.prlimit(process, resource.RLIMIT_FSIZE, (_MOST_BYTES, _MOST_BYTES))
