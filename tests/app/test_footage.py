from app.inspector.footage import FrameFetcher
from core.system.files.program import SAMPLE


def test_the_very_first_frame_is_fetched_first(qtbot):
    fetcher = FrameFetcher(SAMPLE)
    failures = []
    fetcher.failed.connect(failures.append)
    for index in (0, 3, 200, 1):
        with qtbot.waitSignal(fetcher.fetched, timeout=10_000) as fetched:
            fetcher.want(index)
        assert fetched.args[0] == index
    fetcher.close()
    assert not failures
