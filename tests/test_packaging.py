"""The package: however it is installed, it holds the same rules as the checkout."""

import json
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from hashlib import sha256
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parent.parent

pytestmark = pytest.mark.slow
# What may be used and handed on by everybody: some ask for their notice, one (MPL) for its own files only.
LICENCES = (
    "Apache",
    "BSD",
    "ISC",
    "MIT",
    "MPL-2.0",
    "Mozilla Public License 2.0",
    "PSF-2.0",
    "Python Software Foundation",
)


def rules(python: str | Path, folder: Path) -> list[dict[str, object]]:
    """The rules that an installation lists, asked from a folder where nothing of the checkout can be picked up."""
    command = [python, "-m", "aisafety_lint", "rules", "--output-format", "json"]
    listed = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True)
    found: list[dict[str, object]] = json.loads(listed.stdout)["rules"]
    return found


def pip_install(folder: Path, *arguments: str | Path) -> Path:
    """Install into a fresh virtual environment; return its Python."""
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    python = folder / "bin" / "python"
    subprocess.run([python, "-m", "pip", "install", "--quiet", *arguments], check=True)
    return python


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sdist of the checkout and the wheel that is built from it."""
    folder = tmp_path_factory.mktemp("dist")
    subprocess.run([sys.executable, "-m", "build", "--outdir", folder, ROOT], check=True, capture_output=True)
    return folder


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, object]]:
    """The rules of the checkout, with nothing installed but what it needs."""
    listed = rules(sys.executable, tmp_path_factory.mktemp("elsewhere"))
    on_disk = {path.stem for path in (ROOT / "rules" / "catalog").glob("*/*.md")}
    assert {rule["id"] for rule in listed} == on_disk
    return listed


def test_the_wheel_has_all_rules(dist: Path, expected: list[dict[str, object]], tmp_path: Path) -> None:
    (wheel,) = dist.glob("*.whl")
    assert rules(pip_install(tmp_path / "venv", wheel), tmp_path) == expected


def test_two_builds_are_equal_to_the_byte(dist: Path, tmp_path: Path) -> None:
    """From another folder, with other times and modes of files: what is published can be built again and compared."""
    copied = tmp_path / "elsewhere"
    shutil.copytree(ROOT, copied, ignore=shutil.ignore_patterns(".git", ".venv", ".*_cache", "node_modules"))
    for path in copied.rglob("*"):
        os.utime(path, (1_000_000_000, 1_000_000_000))
        path.chmod(path.stat().st_mode | 0o020)
    for target in ("--sdist", "--wheel"):
        command = [sys.executable, "-m", "build", target, "--outdir", str(tmp_path / "again"), str(copied)]
        subprocess.run(command, check=True, capture_output=True)
    again = {path.name: sha256(path.read_bytes()).hexdigest() for path in (tmp_path / "again").iterdir()}
    assert again == {path.name: sha256(path.read_bytes()).hexdigest() for path in dist.iterdir()}


def contents(wheel: Path) -> dict[str, int]:
    """The files of a wheel with their checksums."""
    with zipfile.ZipFile(wheel) as archive:
        return {entry.filename: entry.CRC for entry in archive.infolist()}


def test_an_editable_installation_has_all_rules(expected: list[dict[str, object]], tmp_path: Path) -> None:
    assert rules(pip_install(tmp_path / "venv", "--editable", ROOT), tmp_path) == expected


def test_the_wheel_has_nothing_but_the_package(dist: Path) -> None:
    (wheel,) = dist.glob("*.whl")
    tops = {name.split("/")[0] for name in contents(wheel)}
    assert "aisafety_lint" in tops
    assert all(top == "aisafety_lint" or top.endswith(".dist-info") for top in tops)
    assert "aisafety_lint/py.typed" in contents(wheel)


def test_the_sdist_has_the_tests_and_the_documents(dist: Path) -> None:
    (sdist,) = dist.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        names = {name.split("/", 1)[1] for name in archive.getnames() if "/" in name}
    assert {"LICENSE", "README.md", "CHANGELOG.md", "action.yml", "tests/test_packaging.py"} <= names


def needed(name: str, extras: tuple[str, ...] = ("",)) -> set[str]:
    """All packages that one needs here, itself among them."""
    found = {name}
    for text in metadata.requires(name) or ():
        requirement = Requirement(text)
        if requirement.marker is None or any(requirement.marker.evaluate({"extra": extra}) for extra in extras):
            found |= needed(requirement.name, ("", *requirement.extras)) if requirement.name not in found else set()
    return found


def licence(name: str) -> str:
    """What a package says of its licence."""
    about = metadata.metadata(name)
    said = [text for name in ("License-Expression", "License") for text in about.get_all(name) or []]
    return " ".join([*said, *(line for line in about.get_all("Classifier") or [] if line.startswith("License ::"))])


def test_what_is_needed_may_be_used_by_everybody() -> None:
    told = {name: licence(name) for name in sorted(needed("aisafety-lint", ("", "upload")))}
    assert len(told) > 10
    assert {name: text for name, text in told.items() if not any(one in text for one in LICENCES)} == {}
