"""Coverage-guided fuzzing of the parsers with atheris, which is not among the test packages: pip install atheris.

    python -m tests.fuzz.coverage_guided                     # every parser for a minute: make fuzz-guided
    python -m tests.fuzz.coverage_guided BVH TRC --seconds 600

What was learned stays in build/fuzz/PARSER, from which the next run goes on. An input that got past a parser, took
more than 20 seconds or over 2 GiB is kept in tests/fuzz/found, where every `make test` tries it.
"""

import argparse
import importlib.util
import subprocess
import sys
import tempfile
import warnings
import zipfile
from pathlib import Path

from core.system.files.program import ROOT
from tests.fuzz import found

FOLDER = ROOT / "build" / "fuzz"
_LIMITS = ["-timeout=20", "-rss_limit_mb=2048", "-max_len=16384", "-verbosity=1", "-print_final_stats=1"]


def main() -> int:
    """Fuzz one parser after the other, each in a process of its own; 1 when an input got past one."""
    from tests.fuzz.targets import TARGETS

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parsers", nargs="*", metavar="PARSER", help=", ".join(TARGETS))
    parser.add_argument("--seconds", type=int, default=60, help="For each parser.")
    chosen = parser.parse_args()
    unknown = [name for name in chosen.parsers if name not in TARGETS]
    if unknown:
        parser.error(f"there is no parser {unknown[0]}; there are {', '.join(TARGETS)}")
    if importlib.util.find_spec("atheris") is None:
        print("Skipped: coverage-guided fuzzing needs atheris, which is not installed: pip install atheris")
        return 0
    bad = [name for name in chosen.parsers or TARGETS if not _is_sound(name, TARGETS[name].seed, chosen.seconds)]
    print(f"Past the parser: {', '.join(bad)}; see {found.FOLDER}." if bad else "No input got past a parser.")
    return int(bool(bad))


def _is_sound(name: str, seed: bytes, seconds: int) -> bool:
    """Fuzz a parser in a child and print a line about it."""
    corpus = FOLDER / found.slug(name)
    for folder in (corpus, found.FOLDER):
        folder.mkdir(parents=True, exist_ok=True)
    (corpus / "seed").write_bytes(seed)
    options = [
        f"-max_total_time={seconds}",
        f"-artifact_prefix={found.FOLDER / found.slug(name)}-",
        *_LIMITS,
        str(corpus),
    ]
    command = [sys.executable, "-c", "from tests.fuzz.coverage_guided import fuzz; fuzz()", name, *options]
    ended = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
    said = ended.stderr.splitlines() + ended.stdout.splitlines()
    runs = next((line.split()[-1] for line in said if "number_of_executed_units" in line), "?")
    print(f"{name}: {runs} inputs, {len(list(corpus.iterdir()))} kept, {'sound' if not ended.returncode else 'FAILED'}")
    if ended.returncode:
        print("\n".join(said[-40:]))
    return not ended.returncode


def fuzz() -> None:
    """Fuzz the parser that the first argument names, in this process; the rest is for libFuzzer."""
    import atheris

    name, *options = sys.argv[1:]
    with atheris.instrument_imports(
        include=["core", "models.data", "models.data.pose_pool", "models.training.checkpoint"]
    ):
        from core.errors import NdrError
        from tests.fuzz.targets import TARGETS
    target = TARGETS[name]
    warnings.simplefilter("ignore")
    zipfile.ZipExtFile._update_crc = lambda *_: None  # else every change ends at the checksum
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / target.name

        def attempt(data: bytes) -> None:
            path.write_bytes(data)
            try:
                target.read(path)
            except NdrError:
                return

        atheris.Setup([sys.argv[0], *options], attempt)
        atheris.Fuzz()


if __name__ == "__main__":
    sys.exit(main())
