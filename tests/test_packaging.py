"""The package: however it is installed, it holds the same rules as the checkout."""

import json
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

pytestmark = pytest.mark.slow


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


def test_a_wheel_built_straight_from_the_checkout_is_the_same(dist: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "build", "--wheel", "--outdir", str(tmp_path), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True)
    (straight,), (through_sdist,) = tmp_path.glob("*.whl"), dist.glob("*.whl")
    assert straight.name == through_sdist.name
    assert contents(straight) == contents(through_sdist)


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
