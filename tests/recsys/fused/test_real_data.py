import numpy as np
import pytest
from scipy.sparse import csr_array

from eval.split import default_metadata, read_split
from recsys.attributes import attribute_matrix
from recsys.fused.config import FusedConfig
from recsys.fused.model import FusedModel
from recsys.fused.training import ndcg
from recsys.models.base import TrainingData, Users
from tests.parts import shared_data


@pytest.mark.slow
@pytest.mark.shared_data
def test_between_a_floor_and_a_ceiling_on_films():
    """Popularity has .12 of these people's validation items; more than .35 would be a leak."""
    folder = shared_data() / "ml-1m" / "split"
    split = read_split(folder, default_metadata(folder))
    train, valid = (csr_array(part[:1200]) for part in (split.train, split.valid))
    attributes, _ = attribute_matrix(split.items)
    model = FusedModel(FusedConfig(dim=64, epochs=3, layers=1, neighbours=16))
    model.fit(TrainingData(train, attributes))
    users = Users(train)
    scores = model.score(users)
    assert 0.22 < ndcg(scores.copy(), train, valid) < 0.35
    shares = model.shares(users)
    np.testing.assert_allclose(sum(shares.values()), scores, atol=1e-5 * np.abs(scores).max())
