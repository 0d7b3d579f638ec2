"""How good is the knowledge graph? One module a question; `eval.kg` runs them all."""
