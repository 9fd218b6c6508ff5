"""How good a refiner is, and what a set of pairs holds."""
