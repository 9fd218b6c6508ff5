"""The desktop window: Qt around core; never torch, never models."""
