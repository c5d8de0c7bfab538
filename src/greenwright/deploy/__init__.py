"""What runs a model: runtimes and export. Knows nothing about searching."""
