"""What is known about items: the graph store, entity linking and paths."""
