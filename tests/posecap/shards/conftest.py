"""One small shard directory for the tests that only read."""

from __future__ import annotations

from pathlib import Path

import pytest

from posecap.shards import GenerateConfig, generate
from tests.fixtures.tiny_dataset import TinyDataset


@pytest.fixture(scope="session")
def tiny_shards(tmp_path_factory) -> Path:
    """Five sequences in three parts, two cameras, two 2D sources, no features."""
    out = tmp_path_factory.mktemp("shards") / "tiny"
    dataset = TinyDataset(sources=("gt", "sim"))
    generate(GenerateConfig("tiny", out, encoder=None, part_frames=50), dataset=dataset)
    return out
