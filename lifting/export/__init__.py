"""Runs as ONNX files: one file that other programs can execute without this project.

MixSTE and DSTformer are exported whole, D3DP as its denoiser step. The number of clips in a batch is
free, their length is the run's. What goes in and comes out stands in the file's metadata.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from lifting.runs import open_run
from posecap.errors import InputError
from posecap.writing import whole_file

if TYPE_CHECKING:
    from onnx import ModelProto

    from lifting.backbones import Lifter

__all__ = ["TOLERANCE", "ExportedFile", "export_run"]

TOLERANCE = 1e-4  # of any coordinate: a tenth of a millimetre
LARGEST_FILE = 2**31 - 2**24  # bytes of weights; one protobuf message holds 2 GB


@dataclass(frozen=True)
class ExportedFile:
    """A file that was checked against PyTorch; largest_difference is of any output value."""

    path: Path
    num_bytes: int
    backbone: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    largest_difference: float


def export_run(run: str | Path, onnx: str | Path) -> ExportedFile:
    """Writes the lifter of a run folder as the ONNX file `onnx`, in place only once it is checked.

    The check runs both on random clips, in batches of other sizes than the export saw. InputError where
    the extra is not installed, the run is not fit, or a value differs by more than TOLERANCE.
    """
    _require_extra()
    from lifting.export.facts import add_metadata
    from lifting.export.graph import lifter_to_onnx

    opened, path = open_run(run), Path(onnx)
    _check_place(path)
    model = opened.model()
    _check_size(opened.path, model)
    graph = lifter_to_onnx(model)
    add_metadata(graph, opened, model)
    return _write(path, graph, model, opened.info.recipe.backbone.name)


def _write(path: Path, graph: ModelProto, model: Lifter, backbone: str) -> ExportedFile:
    """Written beside, checked there, and put in place."""
    from lifting.export.check import largest_difference

    with whole_file(path) as beside:
        beside.write_bytes(graph.SerializeToString())
        difference = largest_difference(model, beside)
        if not difference <= TOLERANCE:  # nor where it is not a number
            found = f"differs from PyTorch by {difference:.1e}, more than {TOLERANCE:g}"
            raise InputError(f"{path}: not written, for the exported {backbone} {found}")
        size = beside.stat().st_size
    inputs, outputs = (
        tuple(value.name for value in side) for side in (graph.graph.input, graph.graph.output)
    )
    return ExportedFile(path, size, backbone, inputs, outputs, difference)


def _require_extra() -> None:
    for module in ("onnx", "onnxscript", "onnxruntime"):
        try:
            import_module(module)
        except ImportError as error:
            raise InputError(f"export needs {module}: pip install 'posecap[export]'") from error


def _check_place(path: Path) -> None:
    """Before the work, not after it."""
    if path.is_dir():
        raise InputError(f"{path}: is a folder, expected the name of a file")
    if path.suffix.lower() != ".onnx":  # so that a slip of the pen does not replace a file of data
        raise InputError(f"{path}: expected a file name that ends in .onnx")
    if not path.parent.is_dir():
        raise InputError(f"{path}: there is no folder {path.parent}")


def _check_size(run: Path, model: Lifter) -> None:
    num_bytes = sum(value.numel() * value.element_size() for value in model.parameters())
    if num_bytes > LARGEST_FILE:
        raise InputError(f"{run}: {num_bytes / 1e9:.1f} GB of weights, one ONNX file holds 2 GB")
