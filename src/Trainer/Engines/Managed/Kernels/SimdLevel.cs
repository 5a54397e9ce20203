using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace LoraLint.Trainer.Engines.Managed.Kernels;

/// <summary>How wide the kernels' vectors are.</summary>
public enum SimdLevel
{
    /// <summary>128 bits, by whatever the processor has: NEON, SSE, or plain code.</summary>
    Portable,

    /// <summary>256 bits with fused multiply-add.</summary>
    Avx2,

    /// <summary>512 bits.</summary>
    Avx512,
}

/// <summary>What the processor can do.</summary>
public static class SimdLevels
{
    /// <summary>The environment variable that asks for less than the processor can do: portable, avx2 or avx512.</summary>
    public const string Variable = "LORALINT_SIMD";

    /// <summary>The widest that the processor has.</summary>
    public static SimdLevel Best =>
        Vector512.IsHardwareAccelerated && Avx512F.IsSupported ? SimdLevel.Avx512
        : Vector256.IsHardwareAccelerated && Avx2.IsSupported && Fma.IsSupported ? SimdLevel.Avx2
        : SimdLevel.Portable;

    /// <summary>What <see cref="Variable"/> asks for, or the best.</summary>
    /// <exception cref="TrainerException">The variable holds no level, or one that the processor lacks.</exception>
    public static SimdLevel Choose()
    {
        var wish = Environment.GetEnvironmentVariable(Variable);
        if (string.IsNullOrEmpty(wish))
            return Best;
        if (!Enum.TryParse<SimdLevel>(wish, ignoreCase: true, out var level) || !Enum.IsDefined(level))
            throw new TrainerException($"{Variable} is '{wish}': use portable, avx2 or avx512, or leave it unset");
        if (level > Best)
            throw new TrainerException($"{Variable} is '{wish}', which this processor lacks: use {Best.ToString().ToLowerInvariant()}");
        return level;
    }
}
