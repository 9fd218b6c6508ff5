"""Coverage-guided fuzzing of one parser with atheris, which is not among the test packages: pip install atheris.

    python -m tests.fuzz.coverage_guided BVH -runs=20000 -max_len=2000

What it writes with -artifact_prefix is an input that got past the parser; add it to the tests.
"""

import sys
import tempfile
import warnings
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["core", "models.data", "models.pose_pool", "models.checkpoint"]):
    from core.errors import NdrError
    from tests.fuzz.targets import TARGETS


def main() -> None:
    """Fuzz the parser that the first argument names; the rest is for libFuzzer."""
    name, *options = sys.argv[1:]
    target = TARGETS[name]
    warnings.simplefilter("ignore")
    with tempfile.TemporaryDirectory() as folder:
        path, corpus = Path(folder) / target.name, Path(folder) / "corpus"
        corpus.mkdir()
        (corpus / "seed").write_bytes(target.seed)

        def attempt(data: bytes) -> None:
            path.write_bytes(data)
            try:
                target.read(path)
            except NdrError:
                return

        atheris.Setup([sys.argv[0], *options, str(corpus)], attempt)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
