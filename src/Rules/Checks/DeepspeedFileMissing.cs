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
        Formats = ["axolotl", "llama-factory", "trl", "ms-swift", "python"],
    };

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        if (context.Config.DeepSpeed.TryGet(out var path) && context.Config.DeepSpeed.Entry is { Value.IsScalar: true } entry
            && IsMissing(context.Files, path))
        {
            context.Report(
                entry,
                $"{path} is not there: neither beside this config nor in a folder above it; relative paths count from where training is "
                + "started, so check the name, or ignore this when it is started elsewhere");
        }

        if (AccelerateCompanion.Of(context) is { } accelerate
            && accelerate.Read.Text("deepspeed_config.deepspeed_config_file").TryGet(out var file) && IsMissing(context.Files, file))
        {
            var named = accelerate.Read.Find("deepspeed_config.deepspeed_config_file")!;
            context.Report(
                accelerate.PathNode,
                $"{file}, which {accelerate.PlaceOf(named)} names, is not there: neither beside this script nor in a folder above it; "
                + "check the name, or ignore this when training is started elsewhere",
                related: [accelerate.Place(named)]);
        }
    }

    private static bool IsMissing(ICompanionFiles files, string path)
    {
        if (!path.EndsWith(".json", StringComparison.OrdinalIgnoreCase) || files.Exists(path) != false)
            return false;
        // A folder that is not here either belongs to another checkout (the framework's own examples/deepspeed, for one).
        var slash = path.LastIndexOf('/');
        return slash <= 0 || files.Exists(path.Substring(0, slash)) == true;
    }
}
