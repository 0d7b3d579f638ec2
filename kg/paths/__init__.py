"""Paths through the graph that explain why an item fits an interest."""

from kg.paths.candidates import HUB_DEGREE, MIDDLE_EDGES, Candidate, PathReader
from kg.paths.explaining import explaining_paths, path_sources
from kg.paths.finding import find_paths
from kg.paths.specificity import RelationStatistics, specificity

__all__ = [
    "HUB_DEGREE",
    "MIDDLE_EDGES",
    "Candidate",
    "PathReader",
    "RelationStatistics",
    "explaining_paths",
    "find_paths",
    "path_sources",
    "specificity",
]
