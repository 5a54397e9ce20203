using System.Globalization;
using LoraLint.Rules.Knowledge;
using LoraLint.Rules.Knowledge.Guidance;
using LoraLint.Rules.Knowledge.Memory;
using LoraLint.Rules.Knowledge.Models;

namespace LoraLint.Advisor.Advice.Suggesting;

/// <summary>What fits together on a card: the largest micro batch that does, and whether activations are computed again.</summary>
/// <param name="MicroBatchSize">Sequences at a time.</param>
/// <param name="Checkpointing">Whether activations are computed again.</param>
/// <param name="Workload">The load that this is; null where memory is not known.</param>
internal sealed record FittedBatch(Advised<int> MicroBatchSize, Advised<bool> Checkpointing, Workload? Workload);

/// <summary>Chooses between LoRA and QLoRA by what the card has, as the guidance does (2.7).</summary>
internal sealed class MethodChoice
{
    private const string Source = "the memory estimate (docs/memory.md); guidance 2.7";

    private readonly SuggestRequest _request;
    private readonly IReadOnlyList<string>? _modules;
    private readonly int _length;

    /// <summary>Chooses.</summary>
    /// <param name="request">What is known.</param>
    /// <param name="modules">Target modules, or null for all linear layers.</param>
    /// <param name="length">Tokens of a sequence.</param>
    public MethodChoice(SuggestRequest request, IReadOnlyList<string>? modules, int length)
    {
        (_request, _modules, _length) = (request, modules, length);
        Method = Choose();
    }

    /// <summary>The method.</summary>
    public Advised<AdvisedMethod> Method { get; }

    /// <summary>The load of a method; null where the model, or what the framework does with it, is not known.</summary>
    public Workload? LoadOf(AdvisedMethod method, int rank, long microBatchSize, bool recomputes)
    {
        if (_request.Model is not { Dimensions: not null } model || LayerWidths.Of(model.Dimensions, model.Shape) is null
            || EstimatedFramework.Find(_request.Framework) is not { } framework)
            return null;
        var adapter = AdapterShape.Find(model.Shape, new AdapterRequest
        {
            Rank = rank,
            UseDora = method == AdvisedMethod.Dora,
            TargetsAllLinear = _modules is null,
            Targets = new PeftTargets { Names = _modules ?? [] },
        });
        return adapter is null ? null : new Workload
        {
            Model = model,
            Adapter = adapter,
            Framework = framework,
            Bits = method == AdvisedMethod.Qlora ? 4 : 16,
            OptimizerBytes = OptimizerMemory.BytesOf(method == AdvisedMethod.Qlora ? "adamw_8bit" : "adamw")!.Value,
            MicroBatchSize = microBatchSize,
            SequenceLength = _length,
            Recomputes = recomputes,
            Drops = true,
            UsesDora = method == AdvisedMethod.Dora,
        };
    }

    /// <summary>The largest power of two of sequences that surely fits, up to what a card has of a step.</summary>
    public FittedBatch Fit(int rank, int mostSequences)
    {
        if (_request.Gpu is not { } gpu || LoadOf(Method.Value, rank, 1, recomputes: true) is null)
        {
            return new FittedBatch(
                new(1, "fits the most cards; a larger one is faster", "without a card nothing is known of its memory"),
                new(true, "saves memory", Source),
                LoadOf(Method.Value, rank, 1, recomputes: true));
        }

        // Computing again costs about a third more time, so first without; but not for a smaller batch.
        var (kept, with) = (Largest(gpu, rank, mostSequences, recomputes: false), Largest(gpu, rank, mostSequences, recomputes: true));
        var recomputes = with > kept || kept == 0;
        var sequences = Math.Max(1, recomputes ? with : kept);
        return new FittedBatch(
            new(sequences, with == 0 && kept == 0 ? "even one is not sure to fit" : Text($"the most that fits {gpu.Name}"), Source),
            recomputes ? new(true, "without it less fits", Source) : new(false, "fits without, and is faster", Source),
            LoadOf(Method.Value, rank, sequences, recomputes));
    }

    /// <summary>Whether a method surely fits with one sequence; null where that is not known.</summary>
    public bool? Fits(AdvisedMethod method, int rank) =>
        _request.Gpu is { } gpu && LoadOf(method, rank, 1, recomputes: true)?.Estimate() is { } estimate
            ? estimate.High <= CardFit.Usable * gpu.Bytes : null;

    private Advised<AdvisedMethod> Choose()
    {
        if (_request.Method is { } asked)
            return new(asked, "asked for", "you");
        if (CheckpointNames.SuggestsQuantized(_request.ModelName) || _request.Model?.Quantization is not null)
            return new(AdvisedMethod.Qlora, "the base is quantized already", "its name or config.json");
        const int UsualRank = 16;
        if (Fits(AdvisedMethod.Lora, UsualRank) is not { } fits)
        {
            return _request.Model is { Parameters: > 13_000_000_000 }
                ? new(AdvisedMethod.Qlora, "a large model, and no card is named", "guidance 2.7")
                : new(
                    AdvisedMethod.Lora,
                    "faster and a little better where there is memory for it",
                    "guidance 2.5 to 2.7; +39 % time for QLoRA (Raschka 2023)");
        }

        return fits ? new(AdvisedMethod.Lora, Text($"the base fits {_request.Gpu!.Name} in 16 bits"), Source)
            : new(AdvisedMethod.Qlora, Text($"in 16 bits the base is too large for {_request.Gpu!.Name}"), Source);
    }

    private int Largest(Gpu gpu, int rank, int most, bool recomputes)
    {
        var sequences = 0;
        for (var next = 1; next <= most; next *= 2)
        {
            if (LoadOf(Method.Value, rank, next, recomputes)?.Estimate() is not { } estimate || estimate.High > CardFit.Usable * gpu.Bytes)
                break;
            // The rest of a step is made up of whole micro batches.
            if (most % next == 0)
                sequences = next;
        }

        return sequences;
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
