"""Ask pip-audit whether a known vulnerability is in what is pinned for this Python; one sentence where it cannot tell.

Usage: audit.py PIP_AUDIT. Exit code 0: none is known; 1: there are some, which pip-audit lists; 2: nobody could tell.
"""

import subprocess
import sys
from pathlib import Path

_UNREACHED = ("not found on PyPI", "ConnectionError", "ConnectTimeout", "Max retries exceeded", "Failed to resolve")


def main() -> int:
    """Run it and pass on what it says."""
    pinned = Path(__file__).with_name(f"ci-{sys.version_info.major}.{sys.version_info.minor}.txt")
    command = [sys.argv[1], "--strict", "--disable-pip", "--require-hashes", "-r", str(pinned)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    said = ended.stdout + ended.stderr
    reason = next((line for line in said.splitlines() if any(text in line for text in _UNREACHED)), None)
    if ended.returncode and reason:
        known = reason.rpartition("_cli:")[2].strip()[:160]
        sentence = "No vulnerabilities could be looked up: the package index that pip-audit asks has no such data"
        print(f"{sentence} ({known}); run it where the public index can be reached.", file=sys.stderr)
        return 2
    print(said.strip())
    return ended.returncode


if __name__ == "__main__":
    raise SystemExit(main())
