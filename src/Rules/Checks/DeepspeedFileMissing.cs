using LoraLint.Rules.Linting;

namespace LoraLint.Rules.Checks;

/// <summary>The DeepSpeed file is not where the config says.</summary>
public sealed class DeepspeedFileMissing : Rule
{
    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL506",
        Name = "deepspeed-file-missing",
        Category = Category.Suspicious,
        Summary = "The DeepSpeed file that the config names is not there.",
        Why = "The trainer reads the file when it starts and stops without it, often only after the model was downloaded.",
        Sources =
        [
            new("huggingface/accelerate@16cb6eb8 (2026-07-24)", "src/accelerate/utils/deepspeed.py: HfDeepSpeedConfig.__init__"),
        ],
        Formats = ["axolotl", "llama-factory", "trl", "ms-swift", "python", "accelerate"],
    };

    /// <inheritdoc/>
    public override bool AlsoWithoutLora => true;

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        // Accelerate's file starts any training; of other configs only those with an adapter are looked at.
        if (!context.Config.ConcernsLora && context.Format.Name != "accelerate")
            return;
        if (!context.Config.DeepSpeed.TryGet(out var path) || context.Config.DeepSpeed.Entry is not { Value.IsScalar: true } entry
            || !path.EndsWith(".json", StringComparison.OrdinalIgnoreCase) || context.Files.Exists(path) != false)
            return;
        // A folder that is not here either belongs to another checkout (the framework's own examples/deepspeed, for one).
        var slash = path.LastIndexOf('/');
        if (slash > 0 && context.Files.Exists(path.Substring(0, slash)) != true)
            return;
        context.Report(
            entry,
            $"{path} is not there: neither beside this config nor in a folder above it; relative paths count from where training is "
            + "started, so check the name, or ignore this when it is started elsewhere");
    }
}
