"""Training in several processes: how many, where, and which of them speaks.

Lightning starts one process per device by running the same command again; on several machines the command is run on
each, with MASTER_ADDR and NODE_RANK in the environment, or by torchrun or SLURM.
"""

import os
from dataclasses import dataclass
from typing import Any

import torch

from core.errors import SettingsError

_RANKS = ("RANK", "LOCAL_RANK", "SLURM_PROCID")


def is_main_process() -> bool:
    """Whether this process writes files and reports, as opposed to a helper that Lightning or a launcher started."""
    rank = next((os.environ[name] for name in _RANKS if name in os.environ), "0")
    return rank == "0" and ("RANK" in os.environ or os.environ.get("NODE_RANK", "0") == "0")


@dataclass(frozen=True)
class Processes:
    """How training is spread.

    Attributes:
        devices: Processes on each machine, one per GPU where there are GPUs; None: all GPUs, or one on the CPU.
        nodes: Machines.
    """

    devices: int | None = None
    nodes: int = 1

    def trainer_options(self) -> dict[str, Any]:
        """Return what `lightning.Trainer` is told.

        Raises:
            SettingsError: More devices than there are, or none.
        """
        n_gpus = torch.cuda.device_count() if torch.cuda.is_available() else 0
        devices = self.devices if self.devices is not None else max(n_gpus, 1)
        if devices < 1 or self.nodes < 1:
            raise SettingsError(
                f"Training on {devices} devices of {self.nodes} machines is impossible; give 1 or more."
            )
        if n_gpus and devices > n_gpus:
            raise SettingsError(
                f"{devices} devices were asked for, but there are {n_gpus} GPUs; ask for fewer, or hide the GPUs "
                "(CUDA_VISIBLE_DEVICES=) to use the CPU."
            )
        return {
            "accelerator": "gpu" if n_gpus else "cpu",
            "devices": devices,
            "num_nodes": self.nodes,
            "strategy": "ddp" if devices * self.nodes > 1 else "auto",
        }
