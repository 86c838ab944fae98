"""The wheel carries what the checkout has: packages, commands and every manifest."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from posecap import manifests

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def installed(tmp_path_factory) -> Path:
    """The project's wheel, unpacked in a folder of its own."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "site")
    return folder / "site"


def test_every_manifest_is_found_from_an_installed_wheel(installed, tmp_path):
    code = (
        f"import sys; sys.path.insert(0, {str(installed)!r})\n"
        "import json\n"
        "from posecap import manifests\n"
        "found = {family: manifests.names(family) for family in manifests.FAMILIES}\n"
        "print(json.dumps([str(manifests.manifest_root()), found]))"
    )
    run = subprocess.run(
        [sys.executable, "-I", "-c", code], cwd=tmp_path, check=True, capture_output=True, text=True
    )
    root, found = json.loads(run.stdout)
    assert Path(root).is_relative_to(installed)
    assert found == {family: manifests.names(family) for family in manifests.FAMILIES}


def test_both_commands_are_in_the_wheel(installed):
    (entry_points,) = installed.glob("*.dist-info/entry_points.txt")
    text = entry_points.read_text()
    assert "posecap = cli.posecap:app" in text
    assert "lift = cli.lift:app" in text


def test_page_and_other_data_files_of_the_packages_are_in_the_wheel(installed):
    for package in ("posecap", "lifting", "cli"):
        here = {
            p.relative_to(ROOT)
            for p in (ROOT / package).rglob("*")
            if p.is_file() and p.suffix in {".py", ".html", ".js", ".css"}
        }
        missing = [str(path) for path in here if not (installed / path).is_file()]
        assert not missing
