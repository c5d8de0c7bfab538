"""Budgets: read them, measure what they limit, and decide whether they hold. ``decide`` and ``causes`` are pure."""
