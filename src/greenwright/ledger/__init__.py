"""The append-only store of what was measured, tried and released. Knows nothing about drawing."""
