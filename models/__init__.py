"""The training side: network, data, trainer, export and evaluation."""
