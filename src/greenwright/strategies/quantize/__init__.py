"""Strategies of the quantize stage: one file per method."""
