"""What this machine can train on; asked in a thread, since it starts another Python."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Device:
    """What was found.

    Attributes:
        text: For people: the device, or what is missing and how to get it.
        can_train: Whether the training packages are installed.
        is_gpu: Whether torch computes on a graphics card.
    """

    text: str
    can_train: bool
    is_gpu: bool = False


def find_device() -> Device:
    """Look for the training packages and the device that torch will compute on."""
    from core.doctor.checks import State
    from core.doctor.models import training

    check = training()[0]
    if check.state is not State.OK:
        return Device(f"The training packages are not installed ({check.found}): pip install -e '.[train]'", False)
    device = check.found.rpartition("computes on ")[2]
    if device.startswith("nothing"):
        return Device(f"torch does not start: {device}; install the training packages anew.", False)
    return Device(device, True, device != "the CPU")
