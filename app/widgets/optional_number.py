"""A box for a number that may also be left open."""

from PySide6.QtWidgets import QDoubleSpinBox


class OptionalNumber(QDoubleSpinBox):
    """A number within a range, or none, which is its own word one step below the range; 0 stands for none.

    A box from 0 on would offer numbers that are refused later: a person of 2 cm.

    Args:
        possible: The smallest and the largest number.
        step: Between two numbers.
        none: What is shown for none.
    """

    def __init__(self, possible: tuple[float, float], *, step: float, decimals: int, suffix: str, none: str) -> None:
        low, high = possible
        super().__init__(decimals=decimals, minimum=low - step, maximum=high, singleStep=step, suffix=suffix)
        self.setSpecialValueText(none)
        self.setValue(0.0)
        self.setKeyboardTracking(False)  # a number counts when it is whole: 1 is on the way to 1.74

    def show_number(self, number: float) -> None:
        """Show a number, 0 for none; what somebody is typing stays when it is none other than before."""
        if max(number, self.minimum()) != self.value():
            self.setValue(number)

    @property
    def chosen(self) -> float:
        """The number, 0 for none."""
        return 0.0 if self.value() <= self.minimum() else self.value()
