"""`.npy` and `.npz` files: equal to numpy's reading, and bad ones end in one line."""

from __future__ import annotations

import io
import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis.extra import numpy as hnp

from posecap.errors import InputError
from posecap.io import npz_names, read_npy, read_npz
from posecap.io.npy import _read_array


def npy_bytes(shape: str, data: bytes, descr: str = "'<f4'", version: tuple[int, int] = (1, 0)) -> bytes:
    header = f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}\n".encode()
    return b"\x93NUMPY" + bytes(version) + struct.pack("<H", len(header)) + header + data


def zipped(path: Path, **members: bytes) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(f"{name}.npy", data)
    return path


@given(
    hnp.arrays(
        hnp.scalar_dtypes().filter(lambda dtype: dtype.kind in "biufcSU"),
        hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4),
    )
)
def test_any_plain_array_is_read_as_numpy_reads_it(array: np.ndarray):
    buffer = io.BytesIO()
    np.save(buffer, array)
    buffer.seek(0)
    found = _read_array(buffer, len(buffer.getvalue()), "memory")
    assert found.dtype == array.dtype
    np.testing.assert_array_equal(found, array)


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_an_archive_of_plain_and_pickled_arrays_is_read(tmp_path: Path, save):
    tree = {"S1": {"Walking": np.ones((4, 17, 3), np.float32)}}
    save(tmp_path / "a.npz", plain=np.asfortranarray(np.eye(3)[:2]), tree=np.array(tree, dtype=object))
    found = read_npz(tmp_path / "a.npz")
    np.testing.assert_array_equal(found["plain"], np.eye(3)[:2])
    assert found["tree"]["S1"]["Walking"].shape == (4, 17, 3)
    assert npz_names(tmp_path / "a.npz") == ["plain", "tree"]
    assert list(read_npz(tmp_path / "a.npz", ["plain"])) == ["plain"]


def test_arrays_from_a_plain_file_can_be_written_to(tmp_path: Path):
    np.save(tmp_path / "a.npy", np.zeros(3))
    read_npy(tmp_path / "a.npy")[0] = 1


def test_a_missing_array_is_named_with_those_there_are(tmp_path: Path):
    np.savez(tmp_path / "a.npz", one=np.zeros(2))
    with pytest.raises(InputError, match=r"a\.npz: has no array 'two' \(it has: one\)"):
        read_npz(tmp_path / "a.npz", ["two"])


@pytest.mark.parametrize(
    ("content", "words"),
    [
        pytest.param(npy_bytes("(1000000000, 17, 3)", b"abcd"), "204.0 GB.*holds 4 bytes", id="10^9 frames"),
        pytest.param(npy_bytes("(-1, 17, 3)", b"abcd"), "impossible shape", id="negative shape"),
        pytest.param(npy_bytes("(2,)", b"abcd"), "declares 2 float32", id="truncated"),
        pytest.param(npy_bytes("(1,)", b"abcdefgh"), "declares 1 float32", id="too long"),
        pytest.param(npy_bytes("(True,)", b"abcd"), "a.npy", id="a bool as size"),
        pytest.param(npy_bytes("(1,)", b"abcd", "[('a', '<f4')]"), "expected numbers", id="structured"),
        pytest.param(npy_bytes("(1,)", b"abcdefgh", "'|O'"), "pickle", id="pointers for objects"),
        pytest.param(npy_bytes("(1,)", b"abcdefgh", "'<M8[s]'"), "expected numbers", id="dates"),
        pytest.param(npy_bytes("(1,)", b"abcd", "'nonsense'"), "a.npy", id="unknown dtype"),
        pytest.param(npy_bytes("(1,)", b"abcd", version=(9, 9)), "version", id="unknown version"),
        pytest.param(npy_bytes("__import__('os')", b"abcd"), "a.npy", id="code as shape"),
        pytest.param(b"", "a.npy", id="empty"),
        pytest.param(b"\x93NUMPY\x01", "a.npy", id="cut in the header"),
        pytest.param(b"text", "a.npy", id="text"),
    ],
)
@pytest.mark.parametrize("in_archive", [False, True])
def test_bad_arrays_end_in_one_clear_line(tmp_path: Path, content: bytes, words: str, in_archive: bool):
    (tmp_path / "a.npy").write_bytes(content)
    zipped(tmp_path / "b.npz", a=content)
    read, name = (read_npz, "b.npz") if in_archive else (read_npy, "a.npy")
    with pytest.raises(InputError, match=words) as caught:
        read(tmp_path / name)
    assert "\n" not in str(caught.value)
    assert name in str(caught.value)


def test_a_zip_bomb_is_refused_before_it_is_unpacked(tmp_path: Path):
    size = 50_000_000
    path = zipped(tmp_path / "a.npz", a=npy_bytes(f"({size // 4},)", bytes(size)))
    assert path.stat().st_size < 100_000
    with pytest.raises(InputError, match=r"a\.npz: unpacks to 50\.0 MB, more than the limit 1\.0 MB"):
        read_npz(path, max_bytes=1_000_000)


def test_a_zip_directory_that_lies_about_a_size_is_refused(tmp_path: Path):
    path = zipped(tmp_path / "a.npz", a=npy_bytes("(5000,)", bytes(20_000)))
    data = bytearray(path.read_bytes())
    entry = data.index(b"PK\x01\x02")
    data[entry + 24 : entry + 28] = struct.pack("<I", 200)
    path.write_bytes(data)
    with pytest.raises(InputError, match=r"a\.npz"):
        read_npz(path)


def test_every_cut_of_an_archive_is_refused(tmp_path: Path):
    np.savez_compressed(tmp_path / "a.npz", a=np.arange(50), b=np.array({"x": np.arange(3)}, dtype=object))
    data = (tmp_path / "a.npz").read_bytes()
    for length in range(0, len(data), 7):
        (tmp_path / "cut.npz").write_bytes(data[:length])
        with pytest.raises(InputError, match=r"cut\.npz"):
            read_npz(tmp_path / "cut.npz")


def test_an_encrypted_member_is_refused(tmp_path: Path):
    path = zipped(tmp_path / "a.npz", a=npy_bytes("(1,)", b"abcd"))
    data = bytearray(path.read_bytes())
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(mark) + offset] |= 1
    path.write_bytes(data)
    with pytest.raises(InputError, match="encrypted"):
        read_npz(path)


def test_a_class_in_a_pickled_member_is_named(tmp_path: Path):
    np.savez(tmp_path / "a.npz", a=np.array({"x": Path("y")}, dtype=object))
    with pytest.raises(InputError, match=r"a\.npz: a\.npy: holds a .*Path; only numpy arrays"):
        read_npz(tmp_path / "a.npz")


def test_a_folder_or_no_file_is_named(tmp_path: Path):
    with pytest.raises(InputError, match="is a folder"):
        read_npz(tmp_path)
    with pytest.raises(InputError, match="no such file"):
        read_npy(tmp_path / "none.npy")
