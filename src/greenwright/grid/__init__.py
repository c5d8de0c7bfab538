"""Carbon intensity over time: where it comes from, whether it can be believed, and what it will be."""
