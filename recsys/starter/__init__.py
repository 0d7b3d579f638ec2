"""The starter data, written for this project: films and an invented shop, with simulated behaviour."""

from recsys.starter.catalogue import STARTERS, is_current, load_starter

__all__ = ["STARTERS", "is_current", "load_starter"]
