"""Every route against its own description: many requests, right and wrong ones, and no answer of another form."""

from collections import Counter

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from starlette.applications import Starlette

from ui.api.app import Api
from ui.api.config import ApiConfig
from ui.api.keys import KeyStore
from ui.api.tracing import Tracing

pytestmark = pytest.mark.slow
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    response_headers_conformance,
]


@pytest.fixture(scope="module")
def described(served, tmp_path_factory):
    """Return the description, served without a network by the API over the agents that are open already."""
    app = Starlette()
    keys = KeyStore(tmp_path_factory.mktemp("no-keys"))
    Api(served.agents, keys, "schema", ApiConfig(), Tracing()).add_to(app)
    return schemathesis.openapi.from_asgi("/v1/openapi.json", app)


OPERATIONS = [
    "POST /chat/completions",
    "GET /models",
    "GET /models/{model}",
    "POST /chat",
    "POST /recommend",
    "POST /explain",
    "POST /feedback",
    "GET /profile",
    "PATCH /profile",
    "DELETE /profile",
    "GET /profile/export",
    "DELETE /profile/interests/{interest}",
    "GET /health",
    "GET /metrics",
]


def test_every_operation_is_tried(described):
    assert {result.ok().label for result in described.get_all_operations()} == set(OPERATIONS)


@pytest.mark.parametrize("mode", list(GenerationMode))
@pytest.mark.parametrize("label", OPERATIONS)
def test_every_answer_is_one_that_is_described(described, label, mode):
    method, path = label.split()
    operation = described[path][method]
    statuses = Counter()

    @given(case=operation.as_strategy(generation_mode=mode))
    @settings(
        max_examples=25,
        derandomize=True,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def check(case):
        answer = case.call_and_validate(checks=CHECKS)
        statuses[answer.status_code] += 1

    try:
        check()
    except Unsatisfiable:
        # It takes nothing, so nothing of it can be wrong.
        assert (label, mode) == ("GET /health", GenerationMode.NEGATIVE)
    else:
        assert statuses
