using LoraLint.Trainer.Engines.Managed.Kernels;
using LoraLint.Trainer.Models.Quantization;

namespace LoraLint.Trainer.Engines.Managed;

/// <summary>A frozen weight in 4 bits, dequantized panel by panel where it is used.</summary>
internal sealed unsafe class QuantizedMatrix(QuantizedTensor tensor, int rows, int columns) : FrozenMatrix(rows, columns)
{
    /// <inheritdoc/>
    public override void WidenRows(int firstRow, int rowCount, int firstColumn, int columnCount, float* destination, int stride)
    {
        for (var row = 0; row < rowCount; row++)
            tensor.CopyTo((long)(firstRow + row) * Columns + firstColumn, new Span<float>(destination + (long)row * stride, columnCount));
    }
}
