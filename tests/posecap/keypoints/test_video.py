"""Videos: people found in every frame, with stand-ins for the video reader and the detectors."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from posecap.errors import InputError
from posecap.keypoints import read_keypoints
from tests.fixtures import keypoint_files as files

TRACK = files.tracks_of_people(12)[0]
POINTS = files.points_of(TRACK, "halpe26")
NOBODY = 5  # a frame in which nobody is found


class Capture:
    """Twelve frames whose first pixel is their number."""

    def __init__(self, path: str) -> None:
        self.number, self.there = 0, Path(path).is_file()

    def isOpened(self) -> bool:  # noqa: N802 - OpenCV's name
        return self.there

    def get(self, what: str) -> float:
        return {"width": 1000, "height": 1002, "fps": 25.0}[what] if self.there else 0

    def read(self) -> tuple[bool, np.ndarray | None]:
        self.number += 1
        return (True, np.array([[self.number - 1]])) if self.number <= 12 else (False, None)

    def release(self) -> None:
        self.there = False


class Detector:
    def __init__(self, onnx_model: str, model_input_size: tuple[int, int], **options: object) -> None:
        self.size = model_input_size

    def __call__(self, image: np.ndarray, bboxes: object = None) -> object:
        number = int(image[0, 0])
        if bboxes is None:
            return [] if number == NOBODY else [[0, 0, 10, 10]]
        assert self.size == (192, 256)
        return POINTS[number][None], np.full((1, 26), 0.8)


@pytest.fixture
def video(tmp_path: Path, monkeypatch) -> Path:
    names = {"CAP_PROP_FRAME_WIDTH": "width", "CAP_PROP_FRAME_HEIGHT": "height", "CAP_PROP_FPS": "fps"}
    monkeypatch.setitem(sys.modules, "cv2", SimpleNamespace(VideoCapture=Capture, **names))
    monkeypatch.setitem(sys.modules, "rtmlib", SimpleNamespace(YOLOX=Detector, RTMPose=Detector))
    (tmp_path / "weights").mkdir()
    for name in ("yolox_m.onnx", "rtmpose-m_halpe26-256x192.onnx"):
        (tmp_path / "weights" / name).touch()
    (tmp_path / "clip.mp4").touch()
    return tmp_path / "clip.mp4"


def test_people_of_a_video_are_found_with_its_size_and_frame_rate(video: Path):
    found = read_keypoints(video, weights=video.parent / "weights")
    assert (found.width, found.height, found.fps, found.format) == (1000, 1002, 25, "video")
    (person,) = found.people
    assert person.filled.all(axis=1).nonzero()[0].tolist() == [NOBODY]
    others = [frame for frame in range(12) if frame != NOBODY]
    np.testing.assert_allclose(person.pose_2d[others][:, 1:7], TRACK[others][:, 1:7], atol=0.01)


def test_weights_are_asked_for_and_never_fetched(video: Path):
    with pytest.raises(InputError, match=r"needs weights: give a folder with two \.onnx files"):
        read_keypoints(video)
    (video.parent / "weights/yolox_m.onnx").unlink()
    with pytest.raises(InputError, match=r"has no yolox\*\.onnx"):
        read_keypoints(video, weights=video.parent / "weights")


def test_a_file_that_is_no_video_is_told(video: Path):
    video.unlink()
    with pytest.raises(InputError, match=r"clip\.mp4: not a readable video"):
        read_keypoints(video, weights=video.parent / "weights")


def test_without_rtmlib_the_extra_is_named(video: Path, monkeypatch):
    monkeypatch.setitem(sys.modules, "rtmlib", None)
    with pytest.raises(InputError, match=r"pip install 'posecap\[video\]'"):
        read_keypoints(video, weights=video.parent / "weights")


def write_constant_network(path: Path, input_size: tuple[int, int], outputs: dict[str, np.ndarray]) -> None:
    """An ONNX file that answers the same to every image (1, 3, height, width)."""
    onnx = pytest.importorskip("onnx")
    image = onnx.helper.make_tensor_value_info("input", onnx.TensorProto.FLOAT, [1, 3, *input_size])
    nodes = [
        onnx.helper.make_node("Constant", [], [name], value=onnx.numpy_helper.from_array(value))
        for name, value in outputs.items()
    ]
    told = [
        onnx.helper.make_tensor_value_info(
            name, onnx.helper.np_dtype_to_tensor_dtype(value.dtype), list(value.shape)
        )
        for name, value in outputs.items()
    ]
    graph = onnx.helper.make_graph(nodes, "constant", [image], told)
    opset = [onnx.helper.make_opsetid("", 17)]
    onnx.save(onnx.helper.make_model(graph, opset_imports=opset, ir_version=8), path)


@pytest.fixture
def real_video(tmp_path: Path) -> Path:
    """Ten grey frames of 640 x 480, and detectors in the layouts of the public ones that see one person."""
    pytest.importorskip("rtmlib")
    cv2 = pytest.importorskip("cv2")
    path = tmp_path / "clip.mp4"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"mp4v"), 25.0, (640, 480))
    for _ in range(10):
        writer.write(np.full((480, 640, 3), 90, np.uint8))
    writer.release()
    boxes = np.array([[[200, 100, 320, 260, 0.9], [0, 0, 9, 9, 0.1]]], np.float32)
    write_constant_network(
        tmp_path / "yolox_m.onnx", (640, 640), {"dets": boxes, "labels": np.zeros((1, 2), np.int64)}
    )
    peaks = {"simcc_x": np.zeros((1, 26, 384), np.float32), "simcc_y": np.zeros((1, 26, 512), np.float32)}
    for point in range(26):
        peaks["simcc_x"][0, point, 100 + 5 * point] = 0.7
        peaks["simcc_y"][0, point, 90 + 9 * point] = 0.7
    write_constant_network(tmp_path / "rtmpose-m_halpe26-256x192.onnx", (256, 192), peaks)
    return path


def test_the_real_detectors_library_reads_a_real_video(real_video: Path, capsys):
    found = read_keypoints(real_video, weights=real_video.parent)
    assert (found.width, found.height, found.fps, found.num_frames) == (640, 480, 25.0, 10)
    (person,) = found.people
    assert person.num_frames == 10
    # the box of 120 x 160 is widened by a quarter about its middle and is 384 x 512 half pixels
    left_shoulder = [260 - 75 + (100 + 5 * 5) / 384 * 150, 180 - 100 + (90 + 9 * 5) / 512 * 200]
    np.testing.assert_allclose(person.pose_2d[:, 11], np.tile(left_shoulder, (10, 1)), atol=0.6)
    assert person.confidence[:, 11] == pytest.approx(0.7, abs=1e-5)
    assert capsys.readouterr().out == ""


def test_weights_that_are_no_network_are_named(real_video: Path):
    (real_video.parent / "yolox_m.onnx").write_bytes(b"no network")
    with pytest.raises(InputError, match=r"yolox_m\.onnx: cannot be used as detector"):
        read_keypoints(real_video, weights=real_video.parent)
