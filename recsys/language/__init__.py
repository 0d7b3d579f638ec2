"""The language tower: a text encoder fine-tuned on the recommendation task.

`recsys.language.training.train_tower` trains one and keeps it in a folder, `recsys.language.scorer.LanguageTower` is
the model, `recsys.language.compress` makes it smaller. What is named here can be imported without loading torch.
"""

from recsys.language.config import LanguageTowerConfig, TowerError

__all__ = ["LanguageTowerConfig", "TowerError"]
