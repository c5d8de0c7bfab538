"""Joules become grams, litres and money. Pure functions: whatever depends on place or time is an argument."""
