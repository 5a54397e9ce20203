"""4-bit quantization as bitsandbytes stores it: blocks of 64 values, each with its largest magnitude.

Tables, thresholds and order of operations are from csrc/kernels.cu and bitsandbytes/functional.py of bitsandbytes. All arithmetic is in
32 bits, as there; only the mean of double quantization is summed in 64 bits and rounded, for a sum in 32 bits depends on its order.
"""

import numpy
import torch

BLOCK = 64
NESTED_BLOCK = 256

NF4 = numpy.array(
    [-1.0, -0.6961928009986877, -0.5250730514526367, -0.39491748809814453, -0.28444138169288635, -0.18477343022823334,
     -0.09105003625154495, 0.0, 0.07958029955625534, 0.16093020141124725, 0.24611230194568634, 0.33791524171829224,
     0.44070982933044434, 0.5626170039176941, 0.7229568362236023, 1.0], dtype=numpy.float32)  # fmt: skip

# A value above the i-th threshold has a code above i.
NF4_THRESHOLDS = numpy.array(
    [-0.8480964004993439, -0.6106329262256622, -0.4599952697753906, -0.33967943489551544, -0.23460740596055984,
     -0.13791173323988914, -0.045525018125772476, 0.03979014977812767, 0.1202552504837513, 0.2035212516784668,
     0.2920137718319893, 0.3893125355243683, 0.5016634166240692, 0.6427869200706482, 0.8614784178118011], dtype=numpy.float32)  # fmt: skip

# Sign, two bits of exponent, one of fraction, in the order of the bits; the largest is 12.
FP4 = (numpy.array([0, 0.0625, 8, 12, 4, 6, 2, 3, -0.0, -0.0625, -8, -12, -4, -6, -2, -3], dtype=numpy.float32) / numpy.float32(12)).astype(
    numpy.float32
)

FP4_THRESHOLDS = numpy.array([0.00260417, 0.0859375, 0.20833333, 0.29166667, 0.4166667, 0.583333, 0.8333333], dtype=numpy.float32)
FP4_ORDER = numpy.array([0b000, 0b001, 0b110, 0b111, 0b100, 0b101, 0b010, 0b011], dtype=numpy.uint8)


def dynamic_map():
    """The signed 8-bit type of the constants: seven exponents of ten, the fraction's bits grow with the exponent."""
    values = [0.0, 1.0]
    for exponent in range(7):
        # Not numpy's linspace, which rounds differently.
        edges = torch.linspace(0.1, 1, 2**exponent + 1, dtype=torch.float32).numpy()
        means = (edges[:-1] + edges[1:]) / numpy.float32(2)
        scaled = numpy.float32(10.0 ** (exponent - 6)) * means
        values += [*scaled.tolist(), *(-scaled).tolist()]
    return numpy.array(sorted(values), dtype=numpy.float32)


class Quantized:
    """A tensor in 4 bits.

    codes: one a value; packed: two to a byte, the first in the upper half. absmax: one a block, in 32 bits, or what double quantization
    gives back; with it also absmax_codes, nested_absmax and offset.
    """

    def __init__(self, values, kind, double):
        values = numpy.ascontiguousarray(values, dtype=numpy.float32).reshape(-1)
        self.kind, self.double, self.length = kind, double, len(values)
        scaled, self.absmax = _scale(values, BLOCK)
        self.codes = _nf4_codes(scaled) if kind == "nf4" else _fp4_codes(scaled)
        pairs = numpy.pad(self.codes, (0, len(self.codes) % 2))
        self.packed = (pairs[::2] << 4) | pairs[1::2]
        if double:
            self.offset = numpy.float32(self.absmax.astype(numpy.float64).mean())
            scaled, self.nested_absmax = _scale(self.absmax - self.offset, NESTED_BLOCK)
            table = dynamic_map()
            # The nearest entry of the table, by the midpoints between entries.
            self.absmax_codes = numpy.searchsorted((table[:-1] + table[1:]) / numpy.float32(2), scaled, side="left").astype(numpy.uint8)
            self.absmax = table[self.absmax_codes] * numpy.repeat(self.nested_absmax, NESTED_BLOCK)[: len(self.absmax)] + self.offset

    def dequantize(self):
        table = NF4 if self.kind == "nf4" else FP4
        return table[self.codes] * numpy.repeat(self.absmax, BLOCK)[: self.length]

    def tensors(self):
        """What a quantizer is to reproduce bit for bit."""
        tensors = {"codes": self.packed}
        if self.double:
            tensors |= {"absmax_codes": self.absmax_codes, "nested_absmax": self.nested_absmax, "offset": self.offset.reshape(1)}
        else:
            tensors["absmax"] = self.absmax
        return tensors


def _scale(values, block):
    blocks = numpy.pad(values, (0, -len(values) % block)).reshape(-1, block)
    absmax = numpy.abs(blocks).max(axis=1)
    return (blocks * (numpy.float32(1) / absmax)[:, None]).reshape(-1)[: len(values)], absmax


def _nf4_codes(scaled):
    return numpy.searchsorted(NF4_THRESHOLDS, scaled, side="left").astype(numpy.uint8)


def _fp4_codes(scaled):
    magnitudes = FP4_ORDER[numpy.searchsorted(FP4_THRESHOLDS, numpy.abs(scaled), side="left")]
    return (magnitudes | ((scaled < 0).astype(numpy.uint8) << 3)).astype(numpy.uint8)
