"""Files of arrays, read without trusting them: `.npy`, `.npz`, `.pkl`."""

from posecap.io.limits import MAX_BYTES
from posecap.io.npy import npz_names, read_npy, read_npz
from posecap.io.pickles import read_pickle
from posecap.io.poses import read_poses, told_up
from posecap.io.scratch import Scratch, StoredArray

__all__ = [
    "MAX_BYTES",
    "Scratch",
    "StoredArray",
    "npz_names",
    "read_npy",
    "read_npz",
    "read_pickle",
    "read_poses",
    "told_up",
]
