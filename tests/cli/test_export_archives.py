"""`posecap export`: shards back to archives."""

from __future__ import annotations

import json

import numpy as np
import pytest
from typer.testing import CliRunner

from cli.posecap import app
from posecap.shards import GenerateConfig, generate
from tests.fixtures.h36m_files import write_h36m


@pytest.fixture(scope="module")
def shards(tmp_path_factory):
    folder = tmp_path_factory.mktemp("export")
    root = write_h36m(folder / "root", num_frames=6)
    generate(GenerateConfig("h36m", folder / "shards", root, ("gt", "noisy"), encoder=None))
    return folder / "shards"


def export(*arguments):
    return CliRunner().invoke(app, ["export", *map(str, arguments)])


def test_shards_are_written_as_archives(shards, tmp_path):
    result = export(shards, "--out", tmp_path / "out", "--keypoints", "gt", "--json")
    assert result.exit_code == 0, result.stderr
    assert [row["file"].rsplit("/")[-1] for row in json.loads(result.stdout)] == [
        "data_3d_h36m.npz",
        "data_2d_h36m_gt.npz",
    ]
    with np.load(tmp_path / "out" / "data_3d_h36m.npz", allow_pickle=True) as archive:
        assert archive["positions_3d"].item()["S9"]["Walking"].shape == (6, 17, 3)


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        (("--keypoints", "cpn"), 1, "unknown 2D source 'cpn'"),
        (("--keypoints", ","), 1, "names no 2D source"),
        (("--format", "coco"), 2, "coco"),
    ],
)
def test_what_cannot_be_exported_is_told(shards, tmp_path, options, code, message):
    result = export(shards, "--out", tmp_path / "out", *options)
    assert result.exit_code == code
    assert message in result.stderr
    assert not (tmp_path / "out").exists()


def test_cameras_that_archives_cannot_hold_are_told_of(tmp_path):
    generate(
        GenerateConfig(
            "demo", tmp_path / "shards", encoder=None, options={"seconds": 0.2, "subjects": "D1", "takes": 1}
        )
    )
    result = export(tmp_path / "shards", "--out", tmp_path / "out")
    assert result.exit_code == 0, result.stderr
    assert "cameras.parquet" in result.stderr
