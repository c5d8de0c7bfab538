"""From gathering data to retirement: what a model's whole life costs, and when it has paid for itself."""
