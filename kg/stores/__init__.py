"""The stores that hold a graph: Ladybug (embedded) and Neo4j (a server)."""
