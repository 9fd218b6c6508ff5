"""Videos with known content, as those of core's tests."""

from tests.core.conftest import make_video

__all__ = ["make_video"]
