"""Fixtures for every test."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

# no test is timed, so none fails on a busy machine; the same examples every time, so none fails by chance
# (make fuzz looks for new ones)
settings.register_profile(
    "repeatable", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("search", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("search" if os.environ.get("FUZZ_EXAMPLES") else "repeatable")


@pytest.fixture(scope="session")
def shared() -> Path:
    """Reference data that lies beside some checkouts; tests that need it skip where it is absent."""
    folder = Path(__file__).parents[2] / "shared"
    if not folder.is_dir():
        pytest.skip("needs the reference data beside the checkout, which are absent here")
    return folder
