import pytest

import app.child_process

SCRIPT = """
import json, sys, time
kind = sys.argv[1]
if kind == "fails":
    print("There is no file clip.mp4; check the name.", file=sys.stderr)
    sys.exit(2)
print("line of", kind)
try:
    for frame in range(1, 4):
        print(json.dumps({"event": "progress", "done": frame, "total": 3}), flush=True)
    time.sleep(60 if kind == "slow" else 0)
except KeyboardInterrupt:
    sys.exit(130)
if len(sys.argv) > 2:
    open(sys.argv[2], "w").write(kind)
"""


@pytest.fixture
def program(monkeypatch, tmp_path):
    """A stand-in for main.py: its first argument says how it behaves, the second is a file that it writes."""
    script = tmp_path / "main.py"
    script.write_text(SCRIPT)
    monkeypatch.setattr(app.child_process, "MAIN", script)
    return script
