"""`import lifting` is light; its parts load when they are used."""

from __future__ import annotations

import subprocess
import sys

import pytest

import lifting


def test_importing_the_package_loads_no_heavy_library():
    heavy = ("torch", "pandas", "transformers", "matplotlib")
    code = f"import sys, lifting; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_every_promised_name_is_there_and_no_other():
    assert all(getattr(lifting, name) is not None for name in lifting.__all__)
    with pytest.raises(AttributeError, match="no attribute 'buld'"):
        lifting.buld  # noqa: B018
