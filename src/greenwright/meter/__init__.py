"""Joules: probes read counters, windows derive energy, sessions and comparisons use both. Knows nothing about carbon or models."""
