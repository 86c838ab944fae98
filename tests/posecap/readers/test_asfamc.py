"""ASF/AMC: the CMU files give the motion that was made from them; small files are read by the rules."""

from __future__ import annotations

import json

import numpy as np
import pytest

from posecap.errors import InputError
from posecap.io.asfamc import read_amc, read_asf
from posecap.readers import open_dataset
from posecap.skeletons import load_skeleton

_BONES = sorted({bone for bones in load_skeleton("cmu31").h36m17 for bone in bones})


def _direction(bone):
    index = _BONES.index(bone)
    return "2 0 0" if bone.endswith("femur") else f"{np.cos(index)} {np.sin(index)} 0.{index}"


def write_small(folder, frames=("0 10 0 0 90 0",) * 5, bend="30"):
    """One subject whose bones all hang from the root, two units each, the thighs along x; rfemur turns."""
    bones = "".join(
        f"  begin\n id {i}\n name {name}\n direction {_direction(name)}\n length 2\n axis 0 0 0 XYZ\n"
        + (" dof rz\n limits (-90 90)\n" if name == "rfemur" else "")
        + "  end\n"
        for i, name in enumerate(_BONES)
    )
    (folder / "07.asf").write_text(
        ":version 1.10\n:units\n mass 1\n length 0.45\n angle deg\n"
        ":root\n order TX TY TZ RX RY RZ\n axis XYZ\n position 0 0 0\n orientation 0 0 0\n"
        f":bonedata\n{bones}:hierarchy\n begin\n root {' '.join(_BONES)}\n end\n"
    )
    rows = "".join(f"{i + 1}\nroot {root}\nrfemur {bend}\n" for i, root in enumerate(frames))
    (folder / "07_01.amc").write_text(f"#!OML\n:FULLY-SPECIFIED\n:DEGREES\n{rows}")


def edit(folder, old, new):
    path = folder / "07.asf"
    path.write_text(path.read_text().replace(old, new))


def compare_with_published(folder, keys):
    """The reader's joints are those of the published file, to a millimetre."""
    published = np.load(folder / "cmu_h36m17.npz")
    dataset = open_dataset("asfamc", folder / "cmu_asfamc")
    found = 0
    for entry in json.loads((folder / "cmu_index.json").read_text()):
        key = entry["source_file"].split("subjects/")[-1].removesuffix(".amc")
        if entry["source"] != "asfamc" or key not in (keys or dataset.files):
            continue
        found += 1
        sequence = dataset.read(key)
        assert sequence.fps == entry["fps"] == 60
        assert dataset.num_frames(key) == sequence.num_frames
        first = entry["first_source_frame"] // 2
        joints = sequence.joints[first : first + entry["n_frames"]]
        # 03_02's floor was measured without the frames that were left out, 0.1 mm away
        assert np.abs(joints - published[entry["key"]]).max() < 1e-3
    return found


def test_cmu_files_give_the_published_joints(shared):
    keys = ("02/02_01", "02/02_03", "03/03_02")
    assert compare_with_published(shared / "data", keys) == len(keys)


def test_all_bones_can_be_had(shared):
    whole = open_dataset("asfamc", shared / "data" / "cmu_asfamc", skeleton="cmu31").read("02/02_03")
    few = open_dataset("asfamc", shared / "data" / "cmu_asfamc").read("02/02_03")
    assert whole.joints.shape[1] == 31
    assert np.allclose(load_skeleton("cmu31").to_h36m17(whole.joints), few.joints, atol=1e-5)


@pytest.mark.slow
def test_all_cmu_files_give_the_published_joints(shared):
    assert compare_with_published(shared / "data", ()) >= 10


def test_a_bone_turns_about_its_axes_and_its_parent_carries_it(tmp_path):
    write_small(tmp_path)
    asf = read_asf(tmp_path / "07.asf")
    joints = read_amc(tmp_path / "07_01.amc", asf)
    unit = 0.0254 / 0.45
    assert asf.joints[0] == "root"
    assert joints.shape == (5, 1 + len(_BONES), 3)
    assert np.allclose(joints[:, 0], [0, 10 * unit, 0])
    straight = joints[0, asf.joints.index("lfemur")] - joints[0, 0]
    bent = joints[0, asf.joints.index("rfemur")] - joints[0, 0]
    assert np.allclose(straight, [0, 0, -2 * unit])  # x turned by 90 degrees about y
    assert np.allclose(bent, [0, 2 * unit * np.sin(np.pi / 6), -2 * unit * np.cos(np.pi / 6)])


def test_frames_are_kept_one_in_every_so_many(tmp_path):
    write_small(tmp_path)
    dataset = open_dataset("asfamc", tmp_path, every=2, fps=120)
    sequence = dataset.read("07_01")
    assert (sequence.num_frames, sequence.fps) == (3, 60.0)
    assert dataset.num_frames("07_01") == 3
    assert open_dataset("asfamc", tmp_path, every=1).read("07_01").num_frames == 5


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda folder: (folder / "07.asf").unlink(), r"needs one skeleton.*07\.asf; found none"),
        (lambda folder: (folder / "07.asf").write_text("hello"), "not an ASF file: has no :bonedata"),
        (lambda folder: (folder / "07_01.amc").write_text("1\nroot 1 2\n"), "frame 1: 'root' has 2 values"),
        (lambda folder: (folder / "07_01.amc").write_text("nothing"), "not an AMC file"),
        (
            lambda folder: edit(folder, "direction 2 0 0", "direction 2 0"),
            "bone .*femur: direction",
        ),
        (lambda folder: edit(folder, "XYZ", "XXY"), "axis order XXY"),
        (lambda folder: write_small(folder, bend="x"), "something else than numbers"),
        (
            lambda folder: write_small(folder, frames=("nan 0 0 0 0 0", "0 0 0 0 0 0")),
            "07_01: no frame has finite",
        ),
    ],
)
def test_bad_files_are_told(spoil, message, tmp_path):
    write_small(tmp_path)
    spoil(tmp_path)
    with pytest.raises(InputError, match=message):
        open_dataset("asfamc", tmp_path).read("07_01")


def test_a_skeleton_without_the_usual_bones_is_told(tmp_path):
    write_small(tmp_path)
    path = tmp_path / "07.asf"
    path.write_text(path.read_text().replace("lwrist", "lpaw"))
    with pytest.raises(InputError, match="has no bone 'lwrist'"):
        open_dataset("asfamc", tmp_path).read("07_01")
