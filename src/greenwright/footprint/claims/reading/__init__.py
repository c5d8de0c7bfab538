"""Text becomes claims: numbers with their units, and what they are about."""
