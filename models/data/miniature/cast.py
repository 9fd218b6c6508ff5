"""Who dances in the miniature AIST++, and what is irregular about it, as it is in the real one."""

from dataclasses import dataclass, field
from typing import Final

RATE_HZ: Final = 60.0
UNSYNCHRONISED_FRAMES: Final = 45


@dataclass(frozen=True)
class Dance:
    """One sequence.

    Attributes:
        sequence: Its name, with cAll.
        setting: Name of its cameras' file.
        split: pose_train, pose_val, pose_test, or empty for none.
        is_ignored: Whether the ignore list has it.
        rates: View → frames per second, where it is not 60.
        shifts: View → by how many annotated frames the video is ahead.
        unknown: (joint, first frame, frame after the last) without truth; joint -1 is all of them.
    """

    sequence: str
    setting: str
    split: str
    is_ignored: bool = False
    rates: dict[str, float] = field(default_factory=dict)
    shifts: dict[str, int] = field(default_factory=dict)
    unknown: tuple[tuple[int, int, int], ...] = ()

    def video(self, view: str) -> str:
        """Return the name of a view's video, without its ending."""
        return self.sequence.replace("cAll", view)


CAST: Final = (
    # its c05 is the view that is known not to be synchronised
    Dance(
        "gBR_sBM_cAll_d04_mBR0_ch01",
        "setting1",
        "pose_train",
        rates={"c01": 60000 / 1001},
        shifts={"c05": UNSYNCHRONISED_FRAMES},
    ),
    Dance("gPO_sFM_cAll_d10_mPO1_ch02", "setting2", "pose_val", shifts={"c01": 7}),
    Dance("gWA_sFM_cAll_d26_mWA2_ch21", "setting2", "pose_test", unknown=((9, 10, 25), (-1, 30, 34))),
    Dance("gJB_sBM_cAll_d07_mJB3_ch05", "setting1", "", is_ignored=True),
)
