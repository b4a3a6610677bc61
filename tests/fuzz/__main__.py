"""Run harnesses for long, guided by coverage: `python -m fuzz NAME... --seconds N` (all of them without a name)."""

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

from fuzz.harnesses import HARNESSES


def main() -> int:
    """Run each harness in a process of its own; 1 where one has found something."""
    parser = argparse.ArgumentParser(prog="fuzz")
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(HARNESSES))
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--corpus", type=Path, default=Path(tempfile.gettempdir()) / "aisafety-lint-fuzz")
    given = parser.parse_args()
    if unknown := set(given.names) - HARNESSES.keys():
        parser.error(f"no harness {', '.join(sorted(unknown))}")
    failed = [name for name in given.names or HARNESSES if not _held(name, given.seconds, given.corpus / name)]
    print(f"failed: {', '.join(failed)}" if failed else "no harness has found anything")
    return int(bool(failed))


def _held(name: str, seconds: int, corpus: Path) -> bool:
    corpus.mkdir(parents=True, exist_ok=True)
    started = time.monotonic()
    child = os.fork()
    if not child:
        _fuzz(name, seconds, corpus)
    _, status = os.waitpid(child, 0)
    print(f"{name}: {'ok' if not status else 'FOUND SOMETHING'} after {time.monotonic() - started:.0f} s", flush=True)
    return not status


def _fuzz(name: str, seconds: int, corpus: Path) -> None:
    import atheris  # type: ignore[import-untyped,import-not-found,unused-ignore]

    atheris.instrument_all()
    options = [
        f"-max_total_time={seconds}",
        "-max_len=4096",
        "-timeout=60",
        "-rss_limit_mb=4096",
        "-print_final_stats=1",
    ]
    atheris.Setup([sys.argv[0], *options, f"-artifact_prefix={corpus}-", str(corpus)], HARNESSES[name])
    atheris.Fuzz()


if __name__ == "__main__":
    sys.exit(main())
