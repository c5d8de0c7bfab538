"""Strategies of the prune stage: one file per method."""
