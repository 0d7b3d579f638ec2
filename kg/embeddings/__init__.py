"""Vectors of entities and relations, learned from the edges of the graph; how well they predict edges."""
