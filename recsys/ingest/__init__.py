"""Adapters: one source each, turned into the one schema."""

from recsys.ingest.download import download
from recsys.ingest.registry import ADAPTERS, AdapterInfo, load
from recsys.ingest.rows import RowErrors

__all__ = ["ADAPTERS", "AdapterInfo", "RowErrors", "download", "load"]
