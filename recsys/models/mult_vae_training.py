"""The network of MultVAE and its training. Imports torch: import this module late."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.sparse import csr_array
from torch import Tensor, nn
from torch.nn import functional

if TYPE_CHECKING:
    from recsys.models.mult_vae import MultVaeConfig

Layers = dict[str, NDArray[np.float32]]


class _Network(nn.Module):
    def __init__(self, popularity: Tensor, hidden: int, latent: int) -> None:
        super().__init__()
        n_items = len(popularity)
        self.encode, self.latent = nn.Linear(n_items, hidden), nn.Linear(hidden, 2 * latent)
        self.decode, self.items = nn.Linear(latent, hidden), nn.Linear(hidden, n_items)
        for layer in (self.encode, self.latent, self.decode, self.items):
            nn.init.xavier_normal_(layer.weight)
            nn.init.zeros_(layer.bias)
        with torch.no_grad():
            self.items.bias.copy_(popularity)

    def forward(self, shown: Tensor, noise: torch.Generator) -> tuple[Tensor, Tensor]:
        """Return logits (n, n_items) and each person's divergence from a standard normal."""
        mean, log_variance = self.latent(torch.tanh(self.encode(functional.normalize(shown)))).chunk(2, dim=1)
        drawn = torch.empty_like(mean).normal_(generator=noise)
        taste = mean + drawn * torch.exp(0.5 * log_variance)
        divergence = 0.5 * (mean**2 + log_variance.exp() - 1.0 - log_variance).sum(dim=1)
        return self.items(torch.tanh(self.decode(taste))), divergence


def train(met: csr_array, config: MultVaeConfig, take: Callable[[Layers, int], None]) -> None:
    """Train on the histories in `met`, (n_users, n_items); `take` gets the layers after each pass.

    The output layer's bias begins at the log popularity, so that the first steps need not learn it.
    """
    noise = torch.Generator().manual_seed(config.seed)
    people = np.flatnonzero(np.diff(met.indptr) > 1)
    popularity = np.log1p(np.asarray(met.sum(axis=0)).ravel())
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(config.seed)
        start = torch.from_numpy((popularity - popularity.mean()).astype(np.float32))
        network = _Network(start, config.hidden, config.latent)
    optimiser = torch.optim.Adam(network.parameters(), lr=config.learning_rate)
    per_epoch = max(1, math.ceil(len(people) / config.batch))
    fall = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, config.epochs * per_epoch)
    step = 0
    for epoch in range(1, config.epochs + 1):
        order = people[torch.randperm(len(people), generator=noise).numpy()]
        for start_row in range(0, len(order), config.batch):
            rows = met[order[start_row : start_row + config.batch]].toarray()
            step += 1
            weight = config.kl * min(1.0, step / config.warm_up)
            loss = _loss(network, torch.from_numpy(rows).sign(), config.shown, weight, noise)
            optimiser.zero_grad(set_to_none=True)
            loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
            fall.step()
        take(_layers(network), epoch)


def _loss(
    network: _Network, rows: Tensor, shares: tuple[float, float], weight: float, noise: torch.Generator
) -> Tensor:
    share = torch.empty(len(rows), 1).uniform_(*shares, generator=noise)
    seen = rows * (torch.rand(rows.shape, generator=noise) < share)
    logits, divergence = network(seen, noise)
    likely = functional.log_softmax(logits.masked_fill(seen > 0, -1e9), dim=1)
    hidden = rows - seen
    loss: Tensor = (-(likely * hidden).sum(dim=1) + weight * divergence).mean()
    return loss


def _layers(network: _Network) -> Layers:
    found: Layers = {}
    for name in ("encode", "latent", "decode", "items"):
        layer: nn.Linear = getattr(network, name)
        found[f"{name}.weight"] = layer.weight.detach().numpy().T.copy()
        found[f"{name}.bias"] = layer.bias.detach().numpy().copy()
    return found
