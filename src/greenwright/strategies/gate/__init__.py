"""Strategies of the gate stage: one file per method."""
