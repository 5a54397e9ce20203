using LoraLint.Rules.Knowledge;
using LoraLint.Rules.Linting;

namespace LoraLint.Rules.Checks;

/// <summary>An adapter names its base model by a folder of one machine.</summary>
public sealed class AdapterBaseModelPath : Rule
{
    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL703",
        Name = "adapter-base-model-path",
        Category = Category.Reproducibility,
        Summary = "The adapter names its base model by an absolute path.",
        Why = "Whoever loads the adapter with AutoPeftModel loads the base from that path, which is on one machine only.",
        Sources = [new(Upstream.Peft, "src/peft/auto.py:113-114, src/peft/peft_model.py:374-379")],
        Formats = ["peft"],
        Fix = FixSafety.Unsafe,
    };

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        var model = context.Config.BaseModel;
        if (!model.IsWritten || !model.TryGet(out var path) || !IsAbsolute(path))
            return;
        context.Report(
            model,
            $"{path} is a folder of one machine: elsewhere the adapter does not find its base; write the model's name on the hub",
            NameInCache(path) is { } name ? AskedFix.Set(context, model, context.Edit.Word(name)) : null);
    }

    // A snapshot in the cache tells the name: models--OWNER--NAME/snapshots/COMMIT.
    private static string? NameInCache(string path)
    {
        var folder = path.Split('/', '\\').FirstOrDefault(p => p.StartsWith("models--", StringComparison.Ordinal));
        var parts = folder?.Split(["--"], StringSplitOptions.None);
        return parts is { Length: 3 } && parts[1].Length > 0 && parts[2].Length > 0 ? parts[1] + "/" + parts[2] : null;
    }

    private static bool IsAbsolute(string path) =>
        path.Length > 1 && (path[0] is '/' or '~' or '\\' || (char.IsLetter(path[0]) && path[1] == ':'));
}
