"""Many jobs that share sites: placed together, with a bound that says how far from the best the plan may be."""
