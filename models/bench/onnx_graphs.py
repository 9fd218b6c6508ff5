"""ONNX graphs for benches: counting the arithmetic of one, and making a plain matrix product."""

from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper, shape_inference

from core.errors import ModelError


def count_flops(content: bytes, batch: int) -> float:
    """Return the floating point operations of one run, matrix products only: two for each multiply and add.

    Args:
        content: An ONNX file.
        batch: What its dynamic batch is taken to be.

    Raises:
        ModelError: A product's shape cannot be worked out.
    """
    model = onnx.load_from_string(content)
    for value in (*model.graph.input, *model.graph.output):
        first = value.type.tensor_type.shape.dim
        if first and not first[0].HasField("dim_value"):
            first[0].Clear()
            first[0].dim_value = batch
    del model.graph.value_info[:]
    graph = shape_inference.infer_shapes(model, data_prop=True).graph
    shapes = {v.name: [d.dim_value for d in v.type.tensor_type.shape.dim] for v in (*graph.value_info, *graph.input,
                                                                                   *graph.output)}  # fmt: skip
    shapes |= {tensor.name: list(tensor.dims) for tensor in graph.initializer}
    shapes |= {
        node.output[0]: list(numpy_helper.to_array(node.attribute[0].t).shape)
        for node in graph.node
        if node.op_type == "Constant" and node.attribute[0].HasField("t")
    }
    total = 0.0
    for node in graph.node:
        if node.op_type not in ("MatMul", "Gemm", "Conv", "Einsum"):
            continue
        a, b, out = (shapes.get(name, []) for name in (node.input[0], node.input[1], node.output[0]))
        if not out or 0 in out or not a:
            raise ModelError(f"The shape of {node.op_type} '{node.name}' is unknown; its arithmetic cannot be counted.")
        if node.op_type == "Conv":
            depth = float(np.prod(b[1:]))
        elif node.op_type == "Einsum":
            raise ModelError("Einsum is not counted; export the network with matrix products.")
        else:
            transposed = node.op_type == "Gemm" and any(x.name == "transA" and x.i for x in node.attribute)
            depth = float(a[-2] if transposed else a[-1])
        total += 2.0 * float(np.prod(out)) * depth
    return total


def matrix_product(m: int, k: int, n: int) -> bytes:
    """Return an ONNX file that multiplies `a` (m, k) with a constant (k, n)."""
    weight = np.random.default_rng(0).normal(size=(k, n)).astype(np.float32)
    graph = helper.make_graph(
        [helper.make_node("MatMul", ["a", "w"], ["b"])],
        "product",
        [helper.make_tensor_value_info("a", TensorProto.FLOAT, [m, k])],
        [helper.make_tensor_value_info("b", TensorProto.FLOAT, [m, n])],
        [numpy_helper.from_array(weight, "w")],
    )
    model: Any = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)
    content: bytes = model.SerializeToString()
    return content
