"""From scores to a response."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from eval.systems.material import MeasuredItem
from eval.systems.protocol import Response


def ranked(items: Sequence[MeasuredItem], scores: ArrayLike, text: str = "") -> Response:
    """Return every item, highest score first, with the scores, so that ties can be counted against the system.

    `scores` has one finite number an item; `ValueError` otherwise.
    """
    values = np.asarray(scores, dtype=np.float64)
    if values.shape != (len(items),) or not np.isfinite(values).all():
        raise ValueError(f"{len(items)} items need as many finite scores, not {values.shape}")
    order = np.argsort(-values, kind="stable")
    return Response(tuple(items[place].id for place in order), text, tuple(values[order].tolist()))
