"""Frameworks that own the training loop: one file each, with a callback that measures every epoch."""
