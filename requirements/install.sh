#!/usr/bin/env bash
# Install what the tests need with the Python given: the hashed lock where there is one for it, then the program.
# A file that is not the one in the lock ends it. A lock that cannot be installed from here (another index, a release
# that was withdrawn) is said, and the bounds of pyproject.toml decide instead.
set -euo pipefail
python=$1
lock=requirements/ci-$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])').txt
pip=("$python" -m pip install --quiet --disable-pip-version-check)
if [ -f "$lock" ] && [ "$(uname -sm)" = "Linux x86_64" ]; then
    said=$(mktemp)
    trap 'rm -f "$said"' EXIT
    if ! "${pip[@]}" --require-hashes -r "$lock" 2>"$said"; then
        cat "$said" >&2
        if grep -q "DO NOT MATCH THE HASHES" "$said"; then exit 1; fi
        echo "$lock cannot be installed here; installing by the bounds of pyproject.toml instead." >&2
    fi
fi
"${pip[@]}" --editable '.[train,dev]'
