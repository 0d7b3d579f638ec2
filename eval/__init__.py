"""How good it is: offline ranking, catalogue checks, replayed requests."""
