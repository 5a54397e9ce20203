namespace LoraLint.Trainer.Models.Quantization;

/// <summary>
/// The signed 8-bit dynamic type of bitsandbytes, which holds the constants of 4-bit blocks under double quantization: 256 values in -1
/// to 1, seven decades with a fraction that gets a bit finer in each (functional.py, create_dynamic_map).
/// </summary>
public static class DynamicMap
{
    private const int Decades = 7;

    private static readonly float[] s_values = Create();

    /// <summary>The value of each code, ascending.</summary>
    public static ReadOnlySpan<float> Values => s_values;

    /// <summary>The code of the nearest value, by the search of the CUDA kernel (csrc/kernels.cu, dQuantize).</summary>
    /// <param name="value">In -1 to 1.</param>
    public static byte CodeOf(float value)
    {
        var pivot = 127;
        var upperPivot = 255;
        var lowerPivot = 0;
        var lower = -1f;
        var upper = 1f;
        var at = s_values[pivot];
        for (var step = 64; step > 0; step >>= 1)
        {
            if (value > at)
            {
                lowerPivot = pivot;
                lower = at;
                pivot += step;
            }
            else
            {
                upperPivot = pivot;
                upper = at;
                pivot -= step;
            }

            at = s_values[pivot];
        }

        if (upperPivot == 255)
            upper = s_values[255];
        if (lowerPivot == 0)
            lower = s_values[0];
        // The halves of a tie differ on both sides of the last pivot: as on the GPU.
        if (value > at)
            return (byte)(value > (upper + at) * 0.5f ? upperPivot : pivot);
        return (byte)(value < (lower + at) * 0.5f ? lowerPivot : pivot);
    }

    private static float[] Create()
    {
        var values = new List<float>(256) { 0, 1 };
        for (var decade = 0; decade < Decades; decade++)
        {
            var items = 1 << decade;
            var size = (float)Math.Pow(10, decade - (Decades - 1));
            for (var i = 0; i < items; i++)
            {
                var mean = (Boundary(i, items) + Boundary(i + 1, items)) / 2;
                values.Add(size * mean);
                values.Add(-size * mean);
            }
        }

        values.Sort();
        return [.. values];
    }

    // torch.linspace(0.1, 1, items + 1) bit for bit, as PyTorch's AVX2 kernel does it: eight neighbours from one base, what is left one by
    // one, each from the nearer end. (Its AVX-512 kernel takes sixteen from a base and differs in the last bit of some.)
    private static float Boundary(int index, int items)
    {
        var step = (1f - 0.1f) / items;
        var isVector = index < (items + 1) / 16 * 16;
        var first = isVector ? index / 8 * 8 : index;
        var start = first < (items + 1) / 2
            ? MathF.FusedMultiplyAdd(step, first, 0.1f) : MathF.FusedMultiplyAdd(-step, items - first, 1f);
        return start + (step * (index - first));
    }
}
