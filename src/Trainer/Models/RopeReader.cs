using LoraLint.Trainer.Json;

namespace LoraLint.Trainer.Models;

/// <summary>
/// Rotary embeddings of a config.json in either spelling: <c>rope_theta</c> and <c>rope_scaling</c> of transformers 4, or
/// <c>rope_parameters</c> of transformers 5, which may hold one per kind of attention. Formulas of transformers'
/// modeling_rope_utils.py.
/// </summary>
internal static class RopeReader
{
    private const string Kinds = "default, linear, dynamic, yarn, longrope, llama3";

    /// <summary>Reads the rotary embedding of all layers, or of those with full attention.</summary>
    /// <param name="config">The whole config.</param>
    /// <param name="shape">What has been read of it so far.</param>
    /// <param name="defaultTheta">The family's base.</param>
    public static RotaryEmbedding Read(JsonPlace config, RopeShape shape, double defaultTheta)
    {
        var section = config.Find("rope_scaling") ?? Parameters(config, "full_attention");
        return Embedding(config, section, shape, Base(section) ?? Base(config) ?? defaultTheta);
    }

    /// <summary>
    /// Reads the rotary embedding of the layers with a sliding window, where a family has another one for them (Gemma 3).
    /// </summary>
    public static RotaryEmbedding ReadLocal(JsonPlace config, RopeShape shape, double defaultTheta)
    {
        var section = IsNested(config) ? Parameters(config, "sliding_attention") : null;
        return Embedding(config, section, shape, Base(section) ?? Base(config, "rope_local_base_freq") ?? defaultTheta);
    }

    /// <summary>
    /// Tokens of a sequence at most. Of the kinds of scaling, dynamic alone reaches beyond <c>max_position_embeddings</c>, by its factor:
    /// it takes that as the trained length.
    /// </summary>
    public static int MostPositions(JsonPlace config, int maxPositions)
    {
        var section = config.Find("rope_scaling") ?? Parameters(config, "full_attention");
        return section is { } scaling && Kind(scaling)?.Text() == "dynamic"
            ? (int)Math.Min(maxPositions * Factor(scaling), int.MaxValue) : maxPositions;
    }

    private static double? Base(JsonPlace? place, string key = "rope_theta") => place?.Find(key)?.Number(1, 1e12);

    private static JsonPlace? Kind(JsonPlace section) => section.Find("rope_type") ?? section.Find("type");

    private static bool IsNested(JsonPlace config) => config.Find("rope_parameters") is { } parameters
        && parameters.Members().Any() && parameters.Members().All(m => m.Name is "full_attention" or "sliding_attention");

    private static JsonPlace? Parameters(JsonPlace config, string layerType)
    {
        var parameters = config.Find("rope_parameters");
        return IsNested(config) ? parameters?.Find(layerType) : parameters;
    }

    private static RotaryEmbedding Embedding(JsonPlace config, JsonPlace? section, RopeShape shape, double theta)
    {
        var written = section?.Find("partial_rotary_factor") ?? config.Find("partial_rotary_factor");
        var partial = written?.Number(0, 1) ?? 1;
        if (partial != 1 && !shape.MayBePartial)
            throw written!.Value.Wrong($"{written.Value.Shown} where 1 belongs for a model of this type");
        var dim = (int)(shape.HeadSize * partial);
        if (dim < 2 || dim % 2 != 0)
            throw config.Wrong($"head_dim leaves {dim} dimensions to turn where an even number of 2 or more belongs");
        var plain = Frequencies(theta, dim);
        if (section is not { } scaling || Kind(scaling) is not { } kindPlace)
            return new RotaryEmbedding(plain, 1);
        var kind = kindPlace.Text();
        if (shape.IsPhi && kind is "su" or "yarn")
            kind = "longrope";
        return kind switch
        {
            "default" => new RotaryEmbedding(plain, 1),
            "linear" => new RotaryEmbedding(Scaled(plain, 1 / Factor(scaling)), 1),
            "dynamic" => Dynamic(Factor(scaling), theta, dim, plain, shape.MaxPositions),
            "llama3" => Llama3(scaling, plain),
            "yarn" => Yarn(scaling, theta, dim, plain, shape.MaxPositions),
            "longrope" => LongRope(config, scaling, plain, shape),
            _ => throw kindPlace.Wrong($"{kindPlace.Shown} is not supported; supported are {Kinds}"),
        };
    }

    private static double Factor(JsonPlace section) => section.Get("factor").Number(1, 1e6);

    // theta^(-2i/dim), the angle that one position turns pair i by.
    private static double[] Frequencies(double theta, int dim)
    {
        var frequencies = new double[dim / 2];
        for (var i = 0; i < frequencies.Length; i++)
            frequencies[i] = Math.Pow(theta, -2.0 * i / dim);
        return frequencies;
    }

    private static double[] Scaled(double[] frequencies, double factor) => Array.ConvertAll(frequencies, f => f * factor);

    // Beyond the trained length the base grows with the length of the sequence.
    private static RotaryEmbedding Dynamic(double factor, double theta, int dim, double[] plain, int maxPositions) => new(plain, 1)
    {
        ShortPositions = maxPositions,
        LongInverseFrequencies = tokens => Frequencies(
            theta * Math.Pow((factor * tokens / maxPositions) - (factor - 1), dim / (dim - 2.0)), dim),
    };

    // Low frequencies are slowed by the factor, high ones kept, those between blended.
    private static RotaryEmbedding Llama3(JsonPlace section, double[] plain)
    {
        var factor = Factor(section);
        var low = section.Get("low_freq_factor").Number(1e-6, 1e6);
        var high = section.Get("high_freq_factor").Number(1e-6, 1e6);
        var original = section.Get("original_max_position_embeddings").Whole(1, int.MaxValue);
        if (high <= low)
            throw section.Get("high_freq_factor").Unexpected($"a number above low_freq_factor, {low},");
        return new RotaryEmbedding(Array.ConvertAll(plain, frequency =>
        {
            var turns = original * frequency / (2 * Math.PI);
            if (turns < low)
                return frequency / factor;
            if (turns > high)
                return frequency;
            var kept = (turns - low) / (high - low);
            return ((1 - kept) * frequency / factor) + (kept * frequency);
        }), 1);
    }

    // YaRN (arXiv 2309.00071): dimensions that turn often within the trained length are kept, those that turn seldom are slowed.
    private static RotaryEmbedding Yarn(JsonPlace section, double theta, int dim, double[] plain, int maxPositions)
    {
        var original = section.Find("original_max_position_embeddings")?.Whole(1, int.MaxValue) ?? maxPositions;
        // Where both are written and disagree, the factor counts (transformers 5).
        var factor = section.Find("factor")?.Number(1, 1e6) ?? (double)maxPositions / original;
        var fast = section.Find("beta_fast")?.Number(0, 1e6) is > 0 and var writtenFast ? writtenFast : 32;
        var slow = section.Find("beta_slow")?.Number(0, 1e6) is > 0 and var writtenSlow ? writtenSlow : 1;
        var from = DimensionOf(fast);
        var to = DimensionOf(slow);
        if (section.Flag("truncate", true))
            (from, to) = (Math.Floor(from), Math.Ceiling(to));
        from = Math.Max(from, 0);
        to = Math.Min(to, dim - 1);
        if (from == to)
            to += 0.001;
        var frequencies = new double[plain.Length];
        for (var i = 0; i < plain.Length; i++)
        {
            var slowed = Math.Clamp((i - from) / (to - from), 0, 1);
            frequencies[i] = (plain[i] / factor * slowed) + (plain[i] * (1 - slowed));
        }

        var mscale = section.Find("mscale")?.Number(0, 1e6) ?? 0;
        var mscaleAll = section.Find("mscale_all_dim")?.Number(0, 1e6) ?? 0;
        var scale = section.Find("attention_factor")?.Number(0, 1e6)
            ?? (mscale > 0 && mscaleAll > 0 ? ScaleOf(mscale) / ScaleOf(mscaleAll) : ScaleOf(1));
        return new RotaryEmbedding(frequencies, scale);

        // The pair of dimensions that turns so many times within the trained length.
        double DimensionOf(double rotations) => dim * Math.Log(original / (rotations * 2 * Math.PI)) / (2 * Math.Log(theta));

        double ScaleOf(double weight) => factor <= 1 ? 1 : (0.1 * weight * Math.Log(factor)) + 1;
    }

    // LongRoPE (arXiv 2402.13753): a factor per pair, one list up to the trained length and another beyond it.
    private static RotaryEmbedding LongRope(JsonPlace config, JsonPlace section, double[] plain, RopeShape shape)
    {
        // Phi-3 writes the trained length beside the rope's keys, and the factor follows from it.
        var outer = config.Find("original_max_position_embeddings")?.Whole(1, int.MaxValue) ?? (shape.IsPhi ? 4096 : null);
        var original = outer ?? section.Find("original_max_position_embeddings")?.Whole(1, int.MaxValue) ?? shape.MaxPositions;
        var ratio = (double)shape.MaxPositions / original;
        var factor = outer is null ? section.Find("factor")?.Number(0, 1e6) ?? ratio : ratio;
        var scale = section.Find("attention_factor")?.Number(0, 1e6)
            ?? (factor <= 1 ? 1 : Math.Sqrt(1 + (Math.Log(factor) / Math.Log(original))));
        var beyond = Divided("long_factor");
        return new RotaryEmbedding(Divided("short_factor"), scale) { ShortPositions = original, LongInverseFrequencies = _ => beyond };

        double[] Divided(string key)
        {
            var factors = section.Get(key);
            return factors.Length == plain.Length ? [.. plain.Zip(factors.Numbers(1e-6, 1e9), (frequency, factor) => frequency / factor)]
                : throw factors.Wrong($"{factors.Length} numbers where {plain.Length} belong, one for each pair of dimensions");
        }
    }
}

/// <summary>What the rotary embedding depends on beside its own keys.</summary>
/// <param name="HeadSize">Width of a head.</param>
/// <param name="MaxPositions"><c>max_position_embeddings</c>.</param>
/// <param name="MayBePartial">Whether the family can turn a part of each head only.</param>
/// <param name="IsPhi">Whether Phi-3's exceptions hold.</param>
internal sealed record RopeShape(int HeadSize, int MaxPositions, bool MayBePartial, bool IsPhi);
