"""Errors of the agent layer that a person may see."""

from __future__ import annotations

from recsys.errors import TastegraphError


class ChatModelUnavailable(TastegraphError):  # noqa: N818 - reads as a state, which it is
    """The chat model does not answer now, or answers wrongly; it may be back later."""


class InvalidRequest(TastegraphError):  # noqa: N818 - the request is the subject
    """A user or thread name that cannot be used."""
