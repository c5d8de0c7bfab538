"""What the grid will emit, from what it emitted and, where given, from the weather to come; judged by what waiting saves."""
