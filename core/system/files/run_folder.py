"""What a training run leaves in its folder: training writes it, the window and other commands read it."""

from typing import Final

BEST: Final = "best.ckpt"
"""The checkpoint with the smallest validation error so far."""
LAST: Final = "last.ckpt"
"""The checkpoint after the last whole epoch, from which the run goes on."""
LOG: Final = "log.csv"
"""A row of figures for each epoch."""
