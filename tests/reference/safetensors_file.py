"""Reads and writes safetensors files: eight bytes of header length, a JSON header, the tensors' bytes."""

import json
import struct

import numpy
import torch

_TYPES = {"F64": torch.float64, "F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16, "U8": torch.uint8, "I32": torch.int32}
_NAMES = {type_: name for name, type_ in _TYPES.items()}


def write(path, tensors, metadata=None):
    """Writes tensors by name, in order of the names, so that the same tensors give the same bytes."""
    header = {} if metadata is None else {"__metadata__": metadata}
    parts, start = [], 0
    for name in sorted(tensors):
        part = _bytes(tensors[name])
        header[name] = {"dtype": _NAMES[tensors[name].dtype], "shape": list(tensors[name].shape), "data_offsets": [start, start + len(part)]}
        parts.append(part)
        start += len(part)
    text = json.dumps(header, separators=(",", ":"), sort_keys=True).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + b"".join(parts))


def read(path):
    """The tensors by name, as they are stored."""
    with open(path, "rb") as file:
        data = file.read()
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + length])
    tensors = {}
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        start, end = (8 + length + offset for offset in entry["data_offsets"])
        values = torch.from_numpy(numpy.frombuffer(data[start:end], dtype=numpy.uint8).copy())
        tensors[name] = values.view(_TYPES[entry["dtype"]]).reshape(entry["shape"])
    return tensors


def _bytes(tensor):
    # numpy has no bfloat16: the bytes are taken as integers of the same width.
    tensor = tensor.detach().contiguous()
    if tensor.dtype == torch.bfloat16:
        tensor = tensor.view(torch.int16)
    return tensor.numpy().tobytes()
