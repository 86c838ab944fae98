"""From a lifter to an ONNX graph."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from lifting.backbones import Lifter
from lifting.export.signature import BATCH, OUTPUT, input_ports, random_inputs
from posecap.errors import InputError

if TYPE_CHECKING:
    from onnx import ModelProto

OPSET = 18  # the oldest that torch's exporter writes, so that older runtimes read it
CLIPS_SEEN = 2  # a batch of one clip would be taken for a fixed size


class _PoseOnly(nn.Module):
    """The lifter without its features, which nothing outside training reads."""

    def __init__(self, model: Lifter) -> None:
        super().__init__()
        self.model = model

    def forward(self, *inputs: Tensor) -> Tensor:
        return self.model(*inputs).pose


def lifter_to_onnx(model: Lifter) -> ModelProto:
    """The graph of `model(...).pose` with its weights inside; the batch axis is free.

    Inputs and output are those of `lifting.export.signature`. The graph holds no trace of the machine
    that made it. InputError where the installed libraries do not go together.

    Attention exports as plain products: torch says itself that it is being exported, and
    `lifting.backbones.attention` then takes its one path without a backward pass of its own.
    """
    try:
        with torch.no_grad(), _quiet():
            return _without_traces(_export(model))
    except (ImportError, torch.onnx.OnnxExporterError) as error:
        reason = str(error).partition("\n")[0]
        raise InputError(
            f"torch {torch.__version__} cannot export with this onnxscript ({reason})"
        ) from error


def _export(model: Lifter) -> ModelProto:
    inputs = random_inputs(model, CLIPS_SEEN)
    batch = torch.export.Dim(BATCH)
    program = torch.onnx.export(
        _PoseOnly(model).eval(),
        inputs,
        dynamo=True,
        input_names=[port.name for port in input_ports(model, "")],
        output_names=[OUTPUT],
        dynamic_shapes=(tuple({0: batch} for _ in inputs),),
        opset_version=OPSET,
        external_data=False,
        verbose=False,
    )
    if program is None:
        raise ImportError("the exporter gave no program")
    return program.model_proto


def _without_traces(proto: ModelProto) -> ModelProto:
    """Without source lines, paths and the shapes between nodes, which runtimes infer themselves."""
    graph = proto.graph
    for part in (proto, graph, *graph.node, *graph.initializer, *graph.input, *graph.output):
        del part.metadata_props[:]
        part.doc_string = ""
    del graph.value_info[:]
    return proto


@contextmanager
def _quiet() -> Iterator[None]:
    """The exporter warns of its own deprecated calls and of libraries that are not needed here."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)
