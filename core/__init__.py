"""Geometry, detection, refinement and files: everything that needs neither a window nor a trainer."""

from core.system.telemetry import keep_quiet

keep_quiet()  # before anything imports ONNX Runtime
