"""Readers of tables and dumps: each turns a source into entities and triples under the source's own ids."""

from kg.sources.dump import Dump, DumpBuilder, Skipped, SourceError
from kg.sources.registry import SOURCES, Source, read_source

__all__ = ["SOURCES", "Dump", "DumpBuilder", "Skipped", "Source", "SourceError", "read_source"]
