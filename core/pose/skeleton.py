"""The one place for joint indices: COCO-17, MediaPipe-33, bones and sides."""

from typing import Final

import numpy as np

COCO_NAMES: Final = (
    "nose", "left_eye", "right_eye", "left_ear", "right_ear",
    "left_shoulder", "right_shoulder", "left_elbow", "right_elbow", "left_wrist", "right_wrist",
    "left_hip", "right_hip", "left_knee", "right_knee", "left_ankle", "right_ankle",
)  # fmt: skip
N_JOINTS: Final = 17

LANDMARK_NAMES: Final = (
    "nose", "left_eye_inner", "left_eye", "left_eye_outer", "right_eye_inner", "right_eye", "right_eye_outer",
    "left_ear", "right_ear", "mouth_left", "mouth_right",
    "left_shoulder", "right_shoulder", "left_elbow", "right_elbow", "left_wrist", "right_wrist",
    "left_pinky", "right_pinky", "left_index", "right_index", "left_thumb", "right_thumb",
    "left_hip", "right_hip", "left_knee", "right_knee", "left_ankle", "right_ankle",
    "left_heel", "right_heel", "left_foot_index", "right_foot_index",
)  # fmt: skip
N_LANDMARKS: Final = 33

LANDMARK_TO_COCO: Final = np.array([0, 2, 5, 7, 8, 11, 12, 13, 14, 15, 16, 23, 24, 25, 26, 27, 28])
"""(17,) landmark index of each COCO joint."""

LANDMARK_SWAP_SIDES: Final = np.array(
    [
        LANDMARK_NAMES.index(name.replace("left", "?").replace("right", "left").replace("?", "right"))
        for name in LANDMARK_NAMES
    ]
)
"""(33,) index of the same landmark on the other side."""

LANDMARK_JOINT: Final = np.array(
    [0, 1, 1, 1, 2, 2, 2, 3, 4, 0, 0, 5, 6, 7, 8, 9, 10, 9, 10, 9, 10, 9, 10, 11, 12, 13, 14, 15, 16, 15, 16, 15, 16]
)
"""(33,) the COCO joint that each landmark is or moves with: mouths with noses, hands with wrists, feet with ankles."""

NOSE: Final = 0
LEFT_EAR, RIGHT_EAR = 3, 4
LEFT_SHOULDER, RIGHT_SHOULDER = 5, 6
LEFT_ELBOW, RIGHT_ELBOW = 7, 8
LEFT_WRIST, RIGHT_WRIST = 9, 10
LEFT_HIP, RIGHT_HIP = 11, 12
LEFT_KNEE, RIGHT_KNEE = 13, 14
LEFT_ANKLE, RIGHT_ANKLE = 15, 16

BODY: Final = np.arange(5, 17)
"""(12,) joints that are scored; the face points 0-4 are reported apart."""

SWAP_SIDES: Final = np.array([0, 2, 1, 4, 3, 6, 5, 8, 7, 10, 9, 12, 11, 14, 13, 16, 15])
"""(17,) index of the same joint on the other side."""

BONE_NAMES: Final = (
    "left_upper_arm", "right_upper_arm", "left_forearm", "right_forearm",
    "left_thigh", "right_thigh", "left_shin", "right_shin", "shoulders", "hips",
)  # fmt: skip
BONES: Final = np.array([(5, 7), (6, 8), (7, 9), (8, 10), (11, 13), (12, 14), (13, 15), (14, 16), (5, 6), (11, 12)])
"""(10, 2) the bones whose length variation is measured, parent first."""

EDGES: Final = np.array(
    [
        *BONES.tolist(), (5, 11), (6, 12), (0, 1), (0, 2), (1, 3), (2, 4), (3, 5), (4, 6),
    ]
)  # fmt: skip
"""(18, 2) the lines that a view draws."""

SIDE: Final = np.array([0, 1, -1, 1, -1, 1, -1, 1, -1, 1, -1, 1, -1, 1, -1, 1, -1])
"""(17,) 1 left, -1 right, 0 on the midline."""

RIGID_ANCHORS: Final = {
    **dict.fromkeys((17, 19, 21), (15, 13)), **dict.fromkeys((18, 20, 22), (16, 14)),
    **dict.fromkeys((29, 31), (27, 25)), **dict.fromkeys((30, 32), (28, 26)),
}  # fmt: skip
"""Landmark → (anchor, parent) landmarks: hands ride on the forearm, feet on the shin."""
