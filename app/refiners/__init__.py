"""The refiners of this machine: runs, models, cards."""
