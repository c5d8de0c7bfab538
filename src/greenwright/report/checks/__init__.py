"""A check becomes a table, a comment, JUnit XML or SARIF. All draw from one ``CheckRecord``, and say the same."""
