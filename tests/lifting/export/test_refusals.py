"""What `lift export` refuses before any work; needs no extra."""

from __future__ import annotations

import subprocess
import sys

import pytest
from typer.testing import CliRunner

from cli.lift import app


def export(run, onnx):
    return CliRunner().invoke(app, ["export", str(run), "--onnx", str(onnx)])


@pytest.mark.parametrize("module", ["onnx", "onnxscript", "onnxruntime"])
def test_a_missing_extra_is_told_in_one_line(tmp_path, monkeypatch, module):
    for name in ("onnx", "onnxscript", "onnxruntime"):
        monkeypatch.setitem(sys.modules, name, None if name == module else sys)
    result = export(tmp_path, tmp_path / "model.onnx")
    assert result.exit_code == 1
    assert result.stderr == f"error: export needs {module}: pip install 'posecap[export]'\n"


@pytest.mark.parametrize(
    ("onnx", "message"),
    [
        ("no/model.onnx", "there is no folder"),
        (".", "is a folder, expected the name of a file"),
        ("poses.npy", "ends in .onnx"),
    ],
)
def test_a_place_that_cannot_be_written_is_told_before_the_work(tmp_path, monkeypatch, onnx, message):
    monkeypatch.setattr("lifting.export._require_extra", lambda: None)
    monkeypatch.setattr("lifting.export.open_run", lambda path: None)
    result = export(tmp_path, tmp_path / onnx)
    assert result.exit_code == 1
    assert message in result.stderr
    assert result.stderr.count("\n") == 1


def test_a_folder_without_a_run_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr("lifting.export._require_extra", lambda: None)
    result = export(tmp_path, tmp_path / "model.onnx")
    assert result.exit_code == 1
    assert "run.json is missing" in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_help_of_export_loads_no_heavy_library():
    code = (
        "import sys\nfrom typer.testing import CliRunner\nfrom cli.lift import app\n"
        "assert CliRunner().invoke(app, ['export', '--help']).exit_code == 0\n"
        "print(sorted({'torch', 'onnx', 'onnxruntime', 'onnxscript'} & sys.modules.keys()))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
