"""Whom the sections measure with: as many people as were asked for, all in one workspace."""

from __future__ import annotations

from collections.abc import Callable

from eval.figures import MeasureOptions
from eval.simulated.world import World, open_world
from recsys.errors import TastegraphError

PEOPLE = 100
QUICK_PEOPLE = 10
_HELD_OUT_FOR = 200
"""People whose targets the workspace never saw, however many of them talk."""
SEEDS = 3


def people_of(options: MeasureOptions, progress: Callable[[str], None]) -> World:
    """Return the people of a run; the workspace is the same however many of them are asked for."""
    count = number(options, "people", QUICK_PEOPLE if options.quick else PEOPLE)
    world = open_world(options.data, options.out, max(_HELD_OUT_FOR, count), options.seed, progress)
    return World(world.workspace, world.tastes[:count], world.vocabulary, world.key)


def number(options: MeasureOptions, name: str, otherwise: int) -> int:
    """Return a setting that is a whole number from 1. Raises `TastegraphError` when it is not."""
    told = options.settings.get(name, str(otherwise))
    if not told.isdecimal() or int(told) < 1:
        raise TastegraphError(f"--set {name}={told}: give a whole number from 1.")
    return int(told)
