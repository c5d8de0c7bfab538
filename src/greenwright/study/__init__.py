"""The search: recipes over strategies, trials, the front, the proof and the certificate."""
