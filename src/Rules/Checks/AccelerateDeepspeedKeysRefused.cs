using LoraLint.Rules.Configs;
using LoraLint.Rules.Linting;

namespace LoraLint.Rules.Checks;

/// <summary>Accelerate: DeepSpeed's settings stand beside a DeepSpeed file that should hold them.</summary>
public sealed class AccelerateDeepspeedKeysRefused : Rule
{
    private static readonly string[] s_refused =
    [
        "gradient_accumulation_steps", "gradient_clipping", "zero_stage", "offload_optimizer_device", "offload_param_device",
        "offload_param_nvme_path", "zero3_save_16bit_model",
    ];

    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL513",
        Name = "accelerate-deepspeed-keys-refused",
        Category = Category.Correctness,
        Summary = "DeepSpeed's settings stand beside the DeepSpeed file.",
        Why = "With a DeepSpeed file Accelerate takes everything from there, and raises a ValueError when its own config has a value for "
            + "something that belongs into the file.",
        Sources =
        [
            new("huggingface/accelerate@16cb6eb8 (2026-07-24)", "src/accelerate/utils/dataclasses.py:1507-1532: _deepspeed_config_checks"),
            new("huggingface/accelerate@16cb6eb8 (2026-07-24)", "src/accelerate/commands/launch.py:1281-1286, 1387-1391: which keys count"),
        ],
        Formats = ["accelerate"],
        Fix = FixSafety.Unsafe,
    };

    /// <inheritdoc/>
    public override bool AlsoWithoutLora => true;

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        var read = context.Read;
        if (!read.Text("deepspeed_config.deepspeed_config_file").TryGet(out var file) || file.Length == 0
            || !string.Equals(read.Text("distributed_type").Or(""), "DEEPSPEED", StringComparison.OrdinalIgnoreCase))
            return;
        foreach (var key in s_refused)
        {
            if (read.Find("deepspeed_config." + key) is { } entry)
                Report(context, entry, file, null);
        }

        // One on the command line would take its place and is not refused.
        if (read.Find("mixed_precision") is { } precision && !read.IsNull(precision.Value))
            Report(context, precision, file, Category.Suspicious);
    }

    private static void Report(CheckContext context, ConfigEntry entry, string file, Category? weaker) =>
        context.Report(
            entry.KeySpan,
            $"Accelerate stops at {entry.Key} beside deepspeed_config_file: write it in {file} in DeepSpeed's own words, and take it out "
            + "here",
            new Fix(FixSafety.Unsafe, $"Remove {entry.Key}", context.Edit.Remove(entry)),
            weaker,
            context.Beside(context.Read.Find("deepspeed_config.deepspeed_config_file")!));
}
