"""The errors that a person may see. Each message says what happened and what to do."""

from __future__ import annotations


class TastegraphError(Exception):
    """Base of every error whose message is meant for a person."""


class WorkspaceError(TastegraphError):
    """A workspace is missing, half there, or of another version."""


class SourceError(TastegraphError):
    """A data source has bad rows; nothing was written."""


class DownloadError(TastegraphError):
    """A download failed or its checksum was wrong; nothing was written."""
