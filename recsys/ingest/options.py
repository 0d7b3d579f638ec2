"""Check the options that a person gives to an adapter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from recsys.errors import SourceError


def no_options(source: str, options: Mapping[str, str]) -> None:
    """Raise `SourceError` when any option is given."""
    only_options(source, options, ())


def only_options(source: str, options: Mapping[str, str], allowed: Sequence[str]) -> None:
    """Raise `SourceError` when an option is none of `allowed`."""
    wrong = sorted(set(options) - set(allowed))
    if wrong:
        takes = f"takes {_typed(allowed)}" if allowed else "takes no option"
        raise SourceError(f"{source} {takes}; it does not know {_typed(wrong)}.")


def _typed(names: Sequence[str]) -> str:
    return ", ".join(f"--{name}" for name in names)
