"""Changes to MediaPipe's TFLite networks: the metadata that PoseLandmarker wants, and no mask that nobody asks for.

Both are done on the flatbuffers themselves, with the schemas that mediapipe's wheel brings. They are imported where
they are needed: importing mediapipe takes most of a second, and every start of the program passes this module.
"""

from typing import Any, Final

import flatbuffers
import numpy as np

from core.errors import ModelError

_MASK_SHAPE: Final = (1, 256, 256, 1)


def without_mask(model: bytes) -> bytes:
    """Return the landmark network without the branch that draws a segmentation mask, 45 % of full's arithmetic.

    The other four outputs are the same to the last bit. PoseLandmarker insists on five, so the mask's tensor stays
    and a slice of the input image is written into it.

    Args:
        model: A TFLite landmark network, lite, full or heavy.

    Raises:
        ModelError: The network has no such mask.
    """
    from mediapipe.tasks.metadata import schema_py_generated as schema

    model_t: Any = schema.ModelT.InitFromPackedBuf(model, 0)
    graph = model_t.subgraphs[0]
    masks = [i for i in graph.outputs if tuple(graph.tensors[i].shape) == _MASK_SHAPE]
    if len(masks) != 1:
        raise ModelError("MediaPipe's landmark network has no segmentation mask to leave out; start again.")
    needed = {int(i) for i in graph.outputs} - {int(masks[0])}
    kept = []
    for operator in reversed(graph.operators):  # they stand in the order of running
        if needed & {int(i) for i in operator.outputs}:
            needed |= {int(i) for i in operator.inputs}
            kept.append(operator)
    graph.operators = kept[::-1]
    in_use = {graph.tensors[i].buffer for i in needed if i >= 0} | {entry.buffer for entry in model_t.metadata or []}
    for index, buffer in enumerate(model_t.buffers):
        if index not in in_use:
            buffer.data = None  # weights of the mask
    graph.operators.append(_slice_of_input(model_t, int(masks[0])))
    return _pack(model_t, b"TFL3")


def _slice_of_input(model_t: Any, output: int) -> Any:
    """Return an operator that fills the tensor `output` from the corner of the image at 0, 0, 0, 0."""
    from mediapipe.tasks.metadata import schema_py_generated as schema

    graph = model_t.subgraphs[0]

    def constant(name: str, values: tuple[int, ...]) -> int:
        buffer = schema.BufferT()
        buffer.data = np.array(values, "<i4").view(np.uint8)
        model_t.buffers.append(buffer)
        tensor = schema.TensorT()
        tensor.name, tensor.type, tensor.shape = name, schema.TensorType.INT32, [len(values)]
        tensor.buffer = len(model_t.buffers) - 1
        graph.tensors.append(tensor)
        return len(graph.tensors) - 1

    code = schema.OperatorCodeT()
    code.builtinCode = code.deprecatedBuiltinCode = schema.BuiltinOperator.SLICE
    code.version = 1
    model_t.operatorCodes.append(code)
    operator = schema.OperatorT()
    operator.opcodeIndex = len(model_t.operatorCodes) - 1
    begin = constant("mask_begin", (0,) * len(_MASK_SHAPE))
    operator.inputs = [int(graph.inputs[0]), begin, constant("mask_size", _MASK_SHAPE)]
    operator.outputs = [output]
    operator.builtinOptionsType, operator.builtinOptions = schema.BuiltinOptions.SliceOptions, schema.SliceOptionsT()
    return operator


def with_normalisation(model: bytes, *, mean: float, std: float) -> bytes:
    """Return the TFLite model with the metadata buffer that PoseLandmarker insists on."""
    from mediapipe.tasks.metadata import metadata_schema_py_generated as metadata_schema
    from mediapipe.tasks.metadata import schema_py_generated as model_schema

    options = metadata_schema.NormalizationOptionsT()
    options.mean, options.std = [mean], [std]
    process_unit = metadata_schema.ProcessUnitT()
    process_unit.optionsType = metadata_schema.ProcessUnitOptions.NormalizationOptions
    process_unit.options = options
    image_properties = metadata_schema.ImagePropertiesT()
    image_properties.colorSpace = metadata_schema.ColorSpaceType.RGB
    content = metadata_schema.ContentT()
    content.contentPropertiesType = metadata_schema.ContentProperties.ImageProperties
    content.contentProperties = image_properties
    tensor = metadata_schema.TensorMetadataT()
    tensor.name, tensor.content, tensor.processUnits = "image", content, [process_unit]

    model_t: Any = model_schema.ModelT.InitFromPackedBuf(model, 0)
    graph = metadata_schema.SubGraphMetadataT()
    graph.inputTensorMetadata = [tensor]
    graph.outputTensorMetadata = []
    for index in range(len(model_t.subgraphs[0].outputs)):
        output = metadata_schema.TensorMetadataT()
        output.name = f"output_{index}"
        graph.outputTensorMetadata.append(output)
    metadata = metadata_schema.ModelMetadataT()
    metadata.name, metadata.subgraphMetadata = "pose", [graph]
    packed = _pack(metadata, b"M001")

    buffer = model_schema.BufferT()
    buffer.data = list(packed)
    model_t.buffers.append(buffer)
    entry = model_schema.MetadataT()
    entry.name, entry.buffer = "TFLITE_METADATA", len(model_t.buffers) - 1
    model_t.metadata = [*(model_t.metadata or []), entry]
    return _pack(model_t, b"TFL3")


def _pack(table: Any, identifier: bytes) -> bytes:
    builder = flatbuffers.Builder(0)
    builder.Finish(table.Pack(builder), file_identifier=identifier)
    return bytes(builder.Output())
