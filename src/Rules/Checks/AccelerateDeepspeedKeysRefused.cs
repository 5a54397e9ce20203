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
        Summary = "The Accelerate file has DeepSpeed's settings beside a DeepSpeed file.",
        Why = "With a DeepSpeed file Accelerate takes everything from there, and raises a ValueError when its own file has a value for "
            + "something that belongs into the other.",
        Sources =
        [
            new("huggingface/accelerate@16cb6eb8 (2026-07-24)", "src/accelerate/utils/dataclasses.py:1507-1532: _deepspeed_config_checks"),
            new("huggingface/accelerate@16cb6eb8 (2026-07-24)", "src/accelerate/commands/launch.py:1281-1286, 1387-1391: which keys count"),
        ],
        Formats = ["llama-factory", "trl", "ms-swift"],
    };

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        if (AccelerateCompanion.Of(context) is not { } accelerate || !accelerate.IsOf("DEEPSPEED")
            || !accelerate.Read.Text("deepspeed_config.deepspeed_config_file").TryGet(out var file) || file.Length == 0)
            return;
        // mixed_precision on the command line would take its place and is not refused; the words before the script are not known here.
        foreach (var key in s_refused)
        {
            if (accelerate.Read.Find("deepspeed_config." + key) is not { } entry)
                continue;
            context.Report(
                accelerate.PathNode,
                $"Accelerate stops at {entry.Key} beside deepspeed_config_file ({accelerate.PlaceOf(entry)}): write it in {file} in "
                + "DeepSpeed's own words, and take it out there",
                related: [accelerate.Place(entry)]);
        }
    }
}
