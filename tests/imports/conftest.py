"""What every test of an import may ask for."""

from pathlib import Path

import pytest

from tests.imports.files import Importer
from tests.world import World


@pytest.fixture
def importer(world: World, tmp_path: Path) -> Importer:
    return Importer(tmp_path)
