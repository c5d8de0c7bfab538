"""The frozen records that folders hand to one another, a file per subject. They hold facts; they compute nothing."""
