"""A run that starts from good weights and keeps a share of them.

What a run learns of its own pairs it pays for with what it forgets about people who are not in them. Weights between
those that it started from and those that it arrived at are as good on its own pairs and better on others (Wortsman
et al., Robust fine-tuning of zero-shot models, CVPR 2022).
"""

import lightning as L
import torch
from lightning.pytorch.callbacks import Callback
from torch import Tensor, nn


class WeightInterpolation(Callback):
    """Moves a network's parameters back towards its first ones, once: before the last epoch is validated.

    Args:
        network: As the run starts from it.
        share: 0 to stay where training led, 1 to go all the way back.
    """

    def __init__(self, network: nn.Module, share: float) -> None:
        self._first: dict[str, Tensor] = {name: p.detach().clone() for name, p in network.named_parameters()}
        self._network = network
        self._share = share

    def on_validation_start(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        """Move them, if no step follows."""
        if trainer.current_epoch + 1 != trainer.max_epochs:
            return
        with torch.no_grad():
            for name, parameter in self._network.named_parameters():
                parameter.lerp_(self._first[name].to(parameter.device), self._share)
