"""One process that opens inputs, for all tests here: it takes seconds to start."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.fuzz.runner import Opener

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def opener(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Opener]:
    with Opener(tmp_path_factory.mktemp("found")) as opener:
        yield opener
