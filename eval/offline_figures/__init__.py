"""The recommender's figures, a module for each question."""
