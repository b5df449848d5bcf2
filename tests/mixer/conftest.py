"""Fixtures of the mixer's tests."""

import pytest

from services.runtime.stores.files import FileStore
from services.runtime.workbench import Workbench
from tests.mixer.band import make_stems


@pytest.fixture(scope="session")
def stems():
    return make_stems()


@pytest.fixture
def bench(tmp_path):
    """A bench over a store of files; `said` on it collects progress."""
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    return Workbench(FileStore(tmp_path / "store", sync=False), scratch, lambda _, __: None)
