"""Whatever bytes a file holds, reading it gives data or one clear line, and allocates little.

FUZZ_EXAMPLES sets the number of cases a test (`make fuzz` runs thousands).
"""

from __future__ import annotations

import io
import json
import os
import pickle
import struct
import tracemalloc
import zipfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from posecap.errors import InputError
from posecap.io import read_npy, read_npz, read_pickle, read_poses
from posecap.keypoints import read_keypoints
from posecap.readers import open_dataset
from tests.fixtures import keypoint_files as keypoints
from tests.fixtures.h36m_files import save_tree, swinging_motion, write_h36m
from tests.fixtures.mpi_inf_3dhp_files import write_annotations, write_archives

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "40"))
MOST_BYTES = 60_000_000  # allocated while reading a file of some kilobytes
FUZZ = settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize="FUZZ_EXAMPLES" not in os.environ,
    suppress_health_check=list(HealthCheck),
)


def is_read_or_refused(read: Callable[[], Any]) -> None:
    """Calls `read`; anything but data or an InputError of one line fails, and so does greed."""
    tracemalloc.start()
    message = ""
    try:
        read()
    except InputError as error:
        message = str(error)
    finally:
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert "\n" not in message
    assert len(message) < 1000
    assert peak < MOST_BYTES


def read_all(name: str, root: Path, sources: tuple[str, ...] = ("gt",), **options: Any) -> None:
    data = open_dataset(name, root, sources, **options)
    keys = data.keys()
    for key in keys:
        data.num_frames(key)
        data.read(key)


@st.composite
def mutations(draw: st.DrawFn) -> Callable[[bytes], bytes]:
    """A few changes of bytes: flipped, cut, put in, repeated, numbers made extreme."""
    steps = draw(
        st.lists(
            st.tuples(
                st.sampled_from(("set", "cut", "insert", "repeat", "truncate", "number")),
                st.floats(0, 1, exclude_max=True),
                st.binary(min_size=1, max_size=8),
                st.sampled_from((0, 1, 255, 2**31 - 1, 2**32 - 1, 2**40, 2**63 - 1, 2**64 - 1)),
            ),
            min_size=1,
            max_size=4,
        )
    )

    def mutate(data: bytes) -> bytes:
        for kind, place, chunk, number in steps:
            data = _mutate(data, kind, int(place * max(len(data), 1)), chunk, number)
        return data

    return mutate


def _mutate(data: bytes, kind: str, at: int, chunk: bytes, number: int) -> bytes:
    if kind == "set":
        return data[:at] + chunk + data[at + len(chunk) :]
    if kind == "cut":
        return data[:at] + data[at + len(chunk) :]
    if kind == "insert":
        return data[:at] + chunk + data[at:]
    if kind == "repeat":
        return data[:at] + data[at : at + 50] * 3 + data[at + 50 :]
    if kind == "truncate":
        return data[:at]
    width = 8 if number > 2**32 - 1 else 4
    return data[:at] + struct.pack("<Q", number)[:width] + data[at + width :]


@cache
def good_files() -> dict[str, bytes]:
    """Whole files of every layout, by name."""
    with TemporaryDirectory() as folder:
        root = Path(folder)
        write_h36m(root, ("S1",), ("Walking",), num_frames=3, sources=("gt", "noisy"), num_joints=17)
        write_archives(root, num_frames=6)
        write_annotations(root, num_frames=3)
        people = keypoints.tracks_of_people(3, 2)
        keypoints.write_alphapose(root / "alphapose.json", people)
        keypoints.write_coco_annotations(root / "coco.json", people)
        keypoints.write_mmpose(root / "mmpose.json", people)
        keypoints.write_detectron(root / "detectron.npz", people)
        keypoints.write_custom(root / "custom.npz", people)
        keypoints.write_rtmlib(root / "rtmlib.npz", people)
        np.save(root / "poses.npy", swinging_motion(3))
        return {
            path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()
        }


def unzipped(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def zipped(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def spoil(data: bytes, mutate: Callable[[bytes], bytes], inside: bool) -> bytes:
    """The file changed, or, of an archive, what is in it, so that the change gets past the checksum."""
    if not inside or not data.startswith(b"PK"):
        return mutate(data)
    return zipped({name: mutate(member) for name, member in unzipped(data).items()})


H36M = ("data_3d_h36m.npz", "data_2d_h36m_gt.npz", "data_2d_h36m_noisy.npz", "data_2d_h36m_noisy_conf.npz")
ARCHIVES = ("data_train_3dhp_ori.npz", "data_test_3dhp_ori.npz")
MATLAB = ("S2/Seq1/annot.mat", "mpi_inf_3dhp_test_set/TS1/annot_data.mat")
KEYPOINTS = (
    "alphapose.json",
    "coco.json",
    "mmpose.json",
    "detectron.npz",
    "custom.npz",
    "rtmlib.npz",
    "poses.npy",
)


def lay_out(root: Path, names: tuple[str, ...], spoilt: str, data: bytes) -> None:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data if name == spoilt else good_files()[name])


@FUZZ
@given(st.sampled_from(H36M), mutations(), st.booleans())
def test_spoilt_human36m_archives(name: str, mutate, inside: bool):
    with TemporaryDirectory() as folder:
        root = Path(folder)
        lay_out(root, H36M, name, spoil(good_files()[name], mutate, inside))
        is_read_or_refused(lambda: read_all("h36m", root, ("gt", "noisy")))


@FUZZ
@given(st.sampled_from(ARCHIVES), mutations(), st.booleans())
def test_spoilt_3dhp_archives(name: str, mutate, inside: bool):
    with TemporaryDirectory() as folder:
        root = Path(folder)
        lay_out(root, ARCHIVES, name, spoil(good_files()[name], mutate, inside))
        is_read_or_refused(lambda: read_all("mpi_inf_3dhp", root, up="camera"))


@FUZZ
@given(st.sampled_from(MATLAB), mutations())
def test_spoilt_3dhp_annotations(name: str, mutate):
    with TemporaryDirectory() as folder:
        root = Path(folder)
        lay_out(root, MATLAB, name, mutate(good_files()[name]))
        is_read_or_refused(lambda: read_all("mpi_inf_3dhp", root))


@FUZZ
@given(st.sampled_from(KEYPOINTS), mutations(), st.booleans())
def test_spoilt_keypoint_files(name: str, mutate, inside: bool):
    with TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(spoil(good_files()[name], mutate, inside))
        is_read_or_refused(lambda: read_keypoints(path, size=(1000, 1002)))
        is_read_or_refused(lambda: read_poses(path))


PICKLES = [
    pickle.dumps(content, protocol)
    for protocol in range(6)
    for content in (
        {"S1": {"Walking": np.ones((2, 17, 3), "f4")}},
        np.array([{"a": np.arange(3)}, None, "text"], dtype=object),
        [np.float64(1), np.array(["a", "b"]), {1, 2}, (1, 2, (3, b"4"))],
    )
]
OPCODES = [
    bytes([code])
    for code in b"(.0123FNIJKLMRSTUVXYbcd}aeghijlqru2pst]BC\x80\x81\x82\x85\x86\x87\x88"
    b"\x8c\x8e\x90\x93\x94\x95\x96\x97\x98"
]
WORDS = [
    b"cnumpy\nndarray\n",
    b"cnumpy\ndtype\n",
    b"cnumpy.core.multiarray\n_reconstruct\n",
    b"cnumpy.core.multiarray\nscalar\n",
    b"cnumpy.core.numeric\n_frombuffer\n",
    b"c_codecs\nencode\n",
    b"cbuiltins\nbytearray\n",
    b"cbuiltins\nset\n",
    b"ccollections\nOrderedDict\n",
    b"cos\nsystem\n",
    b"X\x02\x00\x00\x00f4",
    b"X\x01\x00\x00\x00O",
    b"C\x04abcd",
    b"K\x01",
    b"J\xff\xff\xff\x7f",
    b"I1000000000\n",
    b"I-1\n",
    b"I00\n",
]


@FUZZ
@given(st.sampled_from(PICKLES), mutations())
def test_spoilt_pickles(data: bytes, mutate):
    with TemporaryDirectory() as folder:
        path = Path(folder) / "a.pkl"
        path.write_bytes(mutate(data))
        is_read_or_refused(lambda: read_pickle(path))


@FUZZ
@given(st.lists(st.one_of(st.sampled_from(OPCODES), st.sampled_from(WORDS)), max_size=40))
def test_programs_for_the_unpickler(program: list[bytes]):
    with TemporaryDirectory() as folder:
        path = Path(folder) / "a.pkl"
        path.write_bytes(b"".join(program) + b".")
        is_read_or_refused(lambda: read_pickle(path))


SHAPES = st.lists(st.sampled_from((-1, 0, 1, 2, 3, 17, 32, 10**9, 2**63)), max_size=4).map(tuple)
DESCRS = st.sampled_from(("<f4", "<f8", "|O", "|S3", "<U2", "|V8", "<M8[s]", ">i4", "|b1", "x", ""))


@FUZZ
@given(SHAPES, DESCRS, st.booleans(), st.binary(max_size=40))
def test_declared_shapes_and_types(shape: tuple[int, ...], descr: str, fortran: bool, data: bytes):
    header = f"{{'descr': {descr!r}, 'fortran_order': {fortran}, 'shape': {shape}, }}\n".encode()
    content = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + data
    with TemporaryDirectory() as folder:
        plain, archive = Path(folder) / "a.npy", Path(folder) / "a.npz"
        plain.write_bytes(content)
        archive.write_bytes(zipped({"positions_3d.npy": content}))
        is_read_or_refused(lambda: read_npy(plain))
        is_read_or_refused(lambda: read_npz(archive))


def make_array(shape: tuple[int, ...], dtype: str, value: float) -> np.ndarray:
    with np.errstate(all="ignore"):
        return np.full(shape, value).astype(dtype)


ARRAYS = st.builds(
    make_array,
    st.sampled_from([(), (0,), (3,), (3, 17), (3, 17, 2), (3, 17, 3), (3, 32, 3), (0, 17, 3), (4, 17, 2)]),
    st.sampled_from(["f4", "f8", "i4", "u1", "c8", "S1", "b1"]),
    st.sampled_from([0.0, 1.0, np.nan, np.inf, -1.0, 1e30]),
)
NAMES = st.sampled_from(
    ["S1", "S9", "TS1", "Walking", "S1 Seq1", "0", "data_2d", "data_3d", "valid", "custom", "w", "h", ""]
)
TREES = st.recursive(
    st.one_of(ARRAYS, st.none(), st.integers(), st.floats(), st.text(max_size=3), st.booleans()),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.one_of(NAMES, st.integers(0, 3)), inner, max_size=3),
        st.tuples(inner, inner),
    ),
    max_leaves=8,
)


@FUZZ
@given(TREES, TREES)
def test_archives_of_anything(first: object, second: object):
    with TemporaryDirectory() as folder:
        root = Path(folder)
        save_tree(root / "data_3d_h36m.npz", positions_3d=first)
        save_tree(root / "data_2d_h36m_gt.npz", positions_2d=second)
        save_tree(root / "data_train_3dhp.npz", data=first)
        save_tree(root / "data_test_3dhp.npz", data=second)
        is_read_or_refused(lambda: read_all("h36m", root))
        is_read_or_refused(lambda: read_all("h36m", root, skip_invalid=True))
        is_read_or_refused(lambda: read_all("mpi_inf_3dhp", root, up="camera"))


@FUZZ
@given(TREES)
def test_known_places_holding_anything(tree: object):
    pose = np.ones((3, 17, 3), "f4")
    with TemporaryDirectory() as folder:
        root = Path(folder)
        save_tree(root / "data_3d_h36m.npz", positions_3d={"S1": {"Walking": pose}})
        save_tree(root / "data_2d_h36m_gt.npz", positions_2d={"S1": {"Walking": tree}})
        save_tree(
            root / "data_train_3dhp.npz", data={"S1 Seq1": [{"0": {"data_2d": tree, "data_3d": pose}}, 25]}
        )
        save_tree(root / "data_test_3dhp.npz", data={"TS1": tree})
        rows = {"joint_2d": tree, "joint3d_image": pose, "camera_name": ["54138969"] * 3, "source": tree}
        (root / "h36m_sh_conf_cam_source_final.pkl").write_bytes(pickle.dumps({"train": rows}))
        is_read_or_refused(lambda: read_all("h36m", root))
        is_read_or_refused(lambda: read_all("h36m", root, files="motionbert"))
        is_read_or_refused(lambda: read_all("mpi_inf_3dhp", root))
        for content in (
            {"positions_2d": tree},
            {"boxes": tree, "keypoints": tree},
            {"keypoints": tree, "scores": tree},
        ):
            save_tree(root / "k.npz", **content)
            is_read_or_refused(lambda: read_keypoints(root / "k.npz", size=(10, 10)))


JSON_NAMES = st.one_of(
    st.sampled_from(("people", "pose_keypoints_2d", "person_id", "annotations", "images", "image_id", "id")),
    st.sampled_from(("idx", "box", "instances", "instance_info", "frame_id", "keypoint_scores", "track_id")),
    st.sampled_from(("width", "height", "file_name", "joints", "keypoints")),
)
NUMBERS = st.one_of(st.integers(-5, 3000), st.floats(), st.just(10**400))
JSON = st.recursive(
    st.one_of(
        st.none(), st.booleans(), NUMBERS, st.text(max_size=3), st.lists(NUMBERS, min_size=51, max_size=51)
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(JSON_NAMES, inner, max_size=4)),
    max_leaves=12,
)
ENTRIES = st.lists(
    st.fixed_dictionaries(
        {"image_id": JSON, "keypoints": st.one_of(JSON, st.lists(NUMBERS, min_size=51, max_size=51))},
        optional={"idx": JSON, "box": JSON, "track_id": JSON, "frame_id": JSON, "instances": JSON},
    ),
    min_size=1,
    max_size=3,
)
OPENPOSE = st.fixed_dictionaries(
    {"people": st.lists(st.fixed_dictionaries({"pose_keypoints_2d": JSON, "person_id": JSON}), max_size=2)}
)


@FUZZ
@given(st.one_of(JSON, ENTRIES, OPENPOSE, st.fixed_dictionaries({"annotations": ENTRIES, "images": JSON})))
def test_json_of_anything(content: object):
    with TemporaryDirectory() as folder:
        path = Path(folder) / "a.json"
        path.write_text(json.dumps(content))
        is_read_or_refused(lambda: read_keypoints(path, size=(10, 10)))
        is_read_or_refused(lambda: read_poses(path))


@pytest.mark.parametrize("name", [*KEYPOINTS])
def test_the_files_that_are_spoilt_are_good_before(name: str, tmp_path: Path):
    path = tmp_path / name
    path.write_bytes(good_files()[name])
    (read_poses if name == "poses.npy" else read_keypoints)(
        path, **({} if name == "poses.npy" else {"size": (9, 9)})
    )


def test_the_data_sets_that_are_spoilt_are_good_before(tmp_path: Path):
    for names, read in (
        (H36M, lambda root: read_all("h36m", root, ("gt", "noisy"))),
        (ARCHIVES, lambda root: read_all("mpi_inf_3dhp", root, up="camera")),
        (MATLAB, lambda root: read_all("mpi_inf_3dhp", root)),
    ):
        root = tmp_path / names[0].split(".")[0]
        lay_out(root, names, "", b"")
        read(root)
