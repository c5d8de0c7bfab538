"""Versions of models as a team keeps them: registries they live in, how much they are called, which ones could go."""
