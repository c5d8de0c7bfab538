"""Numbers from outside: one file per quantity, each value with range, unit, source and year."""
