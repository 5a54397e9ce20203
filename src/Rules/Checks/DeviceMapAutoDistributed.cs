using LoraLint.Rules.Formats;
using LoraLint.Rules.Linting;

namespace LoraLint.Rules.Checks;

/// <summary>A quantized model is spread over all devices by each process of a distributed run.</summary>
public sealed class DeviceMapAutoDistributed : Rule
{
    private static readonly string[] s_spreading = ["auto", "balanced", "balanced_low_0", "sequential"];

    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL515",
        Name = "device-map-auto-distributed",
        Category = Category.Correctness,
        Summary = "A quantized model is loaded with a device map over all devices, and training runs in several processes.",
        Why = "Each process loads the model onto all devices, and accelerate refuses a 4- or 8-bit model that lies on more than one "
            + "device, or on another than the process's own.",
        Sources =
        [
            new("huggingface/accelerate@16cb6eb8 (2026-07-24)", "src/accelerate/accelerator.py:1835-1868"),
            new("huggingface/accelerate#1515, huggingface/trl#921"),
        ],
        Formats = ["python"],
        Fix = FixSafety.Unsafe,
    };

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        var map = context.Read.Text("device_map");
        if (!map.IsWritten || !map.TryGet(out var how) || !s_spreading.Contains(how)
            || context.Config.QuantizationBits.Or(16) is not (4 or 8) || SpreaderOf(context) is not { } spreader)
            return;
        // The process's own device, as PartialState tells it; where that class is not there the fix would need an import.
        var device = "{\"\": PartialState().process_index}";
        context.Report(
            map,
            $"device_map \"{how}\" spreads the quantized model over all devices in each process of a run with {spreader.Key}, which "
            + $"accelerate refuses; give each process its own: device_map={device} (accelerate's PartialState)",
            context.Document.Source.Text.Contains("PartialState") && !map.Entry!.Value.IsAlias
                ? new Fix(FixSafety.Unsafe, $"Set device_map to {device}", context.Edit.Replace(map.Entry!, device)) : null,
            related: context.Beside(spreader));
    }

    // FSDP and DeepSpeed run in one process a device; stage 3 is zero3-device-map's matter.
    private static Configs.ConfigEntry? SpreaderOf(CheckContext context) =>
        FsdpSettings.SwitchOf(context.Read) ?? (DeepSpeedCompanion.Of(context) is { Stage: not 3 } deepSpeed ? deepSpeed.Entry : null);
}
