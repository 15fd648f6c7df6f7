from collections.abc import Iterator

import pytest

from tests.support.openai_server import OpenAIServer


@pytest.fixture(autouse=True)
def loopback_models_may_be_asked() -> Iterator[None]:
    """The suite forbids model requests; these tests make theirs to our own server."""
    from pydantic_ai.models import override_allow_model_requests

    with override_allow_model_requests(True):
        yield


@pytest.fixture
async def server():
    async with OpenAIServer() as server:
        yield server
