"""Records become a page. Knows no torch and no meter."""
