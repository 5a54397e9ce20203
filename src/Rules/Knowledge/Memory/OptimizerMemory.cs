namespace LoraLint.Rules.Knowledge.Memory;

/// <summary>
/// What optimizers keep for a value that is trained, in bytes, by the names that frameworks give them (transformers' OptimizerNames,
/// torch, bitsandbytes).
/// </summary>
public static class OptimizerMemory
{
    // A moment in 8 bits, with a constant of 32 bits for 256 values (bitsandbytes, functional.py, optim/optimizer.py).
    private const double EightBitMoment = 1 + (4.0 / 256);

    /// <summary>Bytes of a value; null for an optimizer that is not known.</summary>
    public static double? BytesOf(string name)
    {
        var lower = name.ToLowerInvariant();
        if (Has("galore", "apollo", "lomo", "schedule", "dadapt", "prodigy", "4bit", "int4", "mini"))
            return null;
        var moment = Has("8bit", "8_bit", "int8", "fp8") ? EightBitMoment : 4;
        // A row and a column of a matrix are all that Adafactor keeps.
        if (Has("adafactor", "came"))
            return 0;
        if (Has("adam", "lamb"))
            return 2 * moment;
        if (Has("lion", "adagrad", "rmsprop", "muon"))
            return moment;
        return lower is "sgd" or "torch.optim.sgd" ? 0 : null;

        bool Has(params string[] parts) => parts.Any(p => lower.Contains(p));
    }
}
