"""Read what organisations have (job logs, bills, exports), and say what it took, where it is wasted, and what to do."""
