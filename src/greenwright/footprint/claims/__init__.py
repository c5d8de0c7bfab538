"""Find the known accounting mistakes in published numbers: reading turns text into claims, guards look at claims."""
