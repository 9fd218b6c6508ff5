"""The refiner's network."""
