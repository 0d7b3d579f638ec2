"""ALS and BPR of the package implicit."""

from __future__ import annotations

from typing import Any

import numpy as np
from implicit.cpu.als import AlternatingLeastSquares  # type: ignore[import-not-found]
from implicit.cpu.bpr import BayesianPersonalizedRanking  # type: ignore[import-not-found]
from scipy.sparse import csr_matrix

from eval.peers.exchange import Task
from eval.peers.peer import Answer, Watch


class _Factors:
    """A factorisation whose score is the product of two factors."""

    def model(self, task: Task) -> Any:  # noqa: ANN401 - the package has no types
        """Return the package's model under the task's settings."""
        raise NotImplementedError

    def prepare(self, task: Task) -> None:
        """Make the model and the old kind of sparse matrix that it takes."""
        self.train = csr_matrix(task.train)
        self.fitted = self.model(task)

    def fit(self, watch: Watch) -> None:
        """Train for the iterations that were asked for."""
        self.fitted.fit(self.train, show_progress=False)

    def answer(self) -> Answer:
        """Multiply the factors; BPR's bias of an item is one of them."""
        scores = self.fitted.user_factors @ self.fitted.item_factors.T
        return np.asarray(scores, dtype=np.float32)


class ImplicitAls(_Factors):
    """Alternating least squares by conjugate gradients."""

    def model(self, task: Task) -> Any:  # noqa: ANN401 - the package has no types
        """Return ALS."""
        return AlternatingLeastSquares(**task.settings, num_threads=task.threads, random_state=task.seed)


class ImplicitBpr(_Factors):
    """Bayesian personalised ranking by stochastic gradients."""

    def model(self, task: Task) -> Any:  # noqa: ANN401 - the package has no types
        """Return BPR."""
        return BayesianPersonalizedRanking(**task.settings, num_threads=task.threads, random_state=task.seed)
