"""The benches that need the training packages; `core.bench.registry` imports them when they are asked for."""
