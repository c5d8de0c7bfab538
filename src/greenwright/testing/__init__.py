"""Contract tests that plugin authors inherit; our own plugins pass the same ones."""
