"""What a workspace learns after it was built: tuned settings, the ensemble, and what people said since."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import polars as pl
from pydantic import BaseModel, ConfigDict

from recsys.behaviour import Behaviour
from recsys.ensemble import Ensemble, default_ensemble
from recsys.errors import TastegraphError
from recsys.feedback.events import feedback_interactions, without_feedback
from recsys.models.base import TrainingData
from recsys.models.persist import load_model
from recsys.train import SCALES, refit_plain_models, set_behaviour_scale
from recsys.training_data import training_data
from recsys.tuning import MODELS, Tuned, TuningConfig, read_tuned, scorer_of, tune
from recsys.workspace import Workspace, derive_workspace

ENSEMBLE = "ensemble"
BASELINE = "ease"
TUNING = "tuning"
"""Folder in the workspace for trials and what was chosen."""


class Learned(BaseModel):
    """What came of a training."""

    model_config = ConfigDict(frozen=True)

    build: str
    installed: str
    """`ensemble`, or `ease` where the ensemble did not beat it."""
    held_out: dict[str, float]
    """Model to NDCG@20 on held-out meetings; `ensemble` is all of them together, cross-fitted."""
    weights: dict[str, float]
    """Member to its weight, before what depends on a person and an item."""
    events: int
    """Likes, dislikes and ratings of the chat that took part."""
    verdict: str
    """What was put in use and why, in a sentence."""


def tune_workspace(
    workspace: Workspace,
    config: TuningConfig,
    models: tuple[str, ...] = tuple(MODELS),
    progress: Callable[[str], None] = lambda _: None,
) -> Tuned:
    """Choose settings on this workspace's meetings; `learn_workspace` uses them while the data is the same."""
    data, _ = _data(workspace.build_dir, workspace, workspace.interactions)
    return tune(data, workspace.path / TUNING, config, models, progress)


def learn_workspace(
    workspace: Workspace,
    seed: int = 0,
    updating: bool = False,
    without: tuple[str, ...] = (),
    progress: Callable[[str], None] = lambda _: None,
) -> Learned:
    """Train the ensemble on the workspace's meetings, put it in use where it beats EASE on held-out ones.

    With `updating`, what people said in the chat since becomes meetings too, and the plain models are fitted
    again. `without` leaves members out. The result is a new build; the old one stays in use until it is whole.
    Raises `TastegraphError` when nobody met anything, and `WorkspaceError` when another build is under way.
    """
    interactions, events = workspace.interactions, 0
    if updating:
        said = feedback_interactions(workspace)
        events = said.height
        # An earlier update's rows go first: none counts twice, and whoever was erased since is gone.
        interactions = pl.concat([without_feedback(interactions), said])
    if not workspace.manifest.counts.get("meetings", 0) and not events:
        raise TastegraphError(
            f"Nobody met anything in the workspace in {workspace.path}; there is nothing to learn from."
        )
    found: list[Learned] = []

    def step(folder: Path) -> dict[str, int]:
        data, people = _data(folder, workspace, interactions)
        counts = {"meetings": int(data.interactions.nnz), "users": len(people)}
        if updating:
            progress("Fitting the plain models again")
            simulated = workspace.manifest.simulated
            counts |= refit_plain_models(folder / "models", data, seed, simulated, progress)
        ensemble = proposed_ensemble(workspace, data, seed, without)
        ensemble.fit(data, progress)
        learned = _verdict(folder.name, ensemble, events)
        _install(folder / "models", ensemble if learned.installed == ENSEMBLE else None, seed)
        found.append(learned)
        return counts

    derive_workspace(workspace, [step], seed, interactions if updating else None)
    return found[0]


def _data(folder: Path, workspace: Workspace, interactions: pl.DataFrame) -> tuple[TrainingData, list[str]]:
    return training_data(workspace.items, interactions, folder / "triples.parquet")


def proposed_ensemble(
    workspace: Workspace, data: TrainingData, seed: int, without: tuple[str, ...] = ()
) -> Ensemble:
    """Return the ensemble to be fitted: the members that the data can feed, with the settings that were tuned."""
    ensemble = default_ensemble(data, seed)
    unknown = [name for name in without if name not in ensemble.names]
    if unknown:
        raise TastegraphError(
            f"There is no member {unknown[0]!r} to leave out. There are: {', '.join(ensemble.names)}."
        )
    tuned = read_tuned(workspace.path / TUNING)
    members = []
    for member in ensemble.members:
        if member.name in without:
            continue
        trial = tuned.chosen.get(member.name.replace("-", "_")) if tuned else None
        members.append(replace(member, scorer=scorer_of(trial)) if trial else member)
    return Ensemble(members, ensemble.config)


def _verdict(build: str, ensemble: Ensemble, events: int) -> Learned:
    held_out = {name: worth.alone for name, worth in ensemble.worth.items()}
    weights = dict(zip(ensemble.names, map(float, ensemble.gate.base), strict=True))
    if not held_out:
        installed, verdict = BASELINE, "EASE stays in use: there is too little to learn weights on."
    else:
        held_out[ENSEMBLE] = ensemble.held_out
        better = ensemble.held_out > held_out.get(BASELINE, 0.0)
        installed = ENSEMBLE if better else BASELINE
        verdict = (
            f"The ensemble of {', '.join(ensemble.names)} is in use."
            if better
            else "EASE stays in use: the ensemble was not better on held-out meetings."
        )
    return Learned(
        build=build,
        installed=installed,
        held_out=held_out,
        weights=weights,
        events=events,
        verdict=verdict,
    )


def _install(models: Path, ensemble: Ensemble | None, seed: int) -> None:
    """Put the ensemble, or plain EASE for None, in use among the models of a build."""
    shutil.rmtree(models / ENSEMBLE, ignore_errors=True)
    for file in models.glob(f"{ENSEMBLE}.*"):
        file.unlink()
    if ensemble is not None:
        ensemble.save(models)
    n_items = load_model(models, SCALES)[0].n_items
    set_behaviour_scale(models, Behaviour.open(models, n_items).unit(seed))
