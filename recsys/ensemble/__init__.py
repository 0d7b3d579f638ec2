"""How are several models made one, and how much does each count?"""

from recsys.ensemble.ensemble import Ensemble, EnsembleConfig
from recsys.ensemble.members import Member
from recsys.ensemble.presets import default_ensemble

__all__ = ["Ensemble", "EnsembleConfig", "Member", "default_ensemble"]
