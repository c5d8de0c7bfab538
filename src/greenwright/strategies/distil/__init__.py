"""Strategies of the distil stage: one file per method."""
