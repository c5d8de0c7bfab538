"""Strategies of the runtime stage: one file per method."""
