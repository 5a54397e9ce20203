using LoraLint.Rules.Configs;
using LoraLint.Rules.Linting;

namespace LoraLint.Rules.Checks;

/// <summary>A mapping holds a key twice: only one value can count.</summary>
public sealed class DuplicateKey : Rule
{
    // OmegaConf's loader raises; PyYAML and Python's json let the last entry win.
    private static readonly string[] s_refusing = ["torchtune", "llama-factory"];

    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL008",
        Name = "duplicate-key",
        Category = Category.Correctness,
        Tag = FindingTag.Unnecessary,
        Summary = "The same key is written twice in one mapping.",
        Why = "One of the two values is silently lost, or the loader refuses the file.",
        Sources =
        [
            new("omry/omegaconf 2.3", "omegaconf/_utils.py (OmegaConfLoader refuses duplicates)"),
            new("PyYAML 6.0.3 and CPython 3.12 json", "run: the last entry wins"),
            new("deepspeedai/DeepSpeed@edaa7221 (2026-08-22)", "deepspeed/runtime/config_utils.py:205"),
            new("TOML 1.0.0", "toml.io/en/v1.0.0#keyvalue-pair"),
        ],
        Fix = FixSafety.Unsafe,
    };

    /// <inheritdoc/>
    public override bool AlsoWithoutLora => true;

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        // Python refuses a keyword that comes twice, and its dicts rightly hold what they are given last.
        if (context.Recognised.Root.Origin is null)
            Walk(context, context.Recognised.Root);
    }

    private static void Walk(CheckContext context, ConfigNode node)
    {
        // What an alias shows was checked where its anchor stands.
        if (node.IsAlias)
            return;
        foreach (var entry in node.Entries)
        {
            if (entry.IsMerged)
                continue;
            if (entry.IsOverridden && !IsMember(context, entry) && node.Find(entry.Key) is { } winner)
                Report(context, entry, winner);
            Walk(context, entry.Value);
        }

        foreach (var item in node.Items)
            Walk(context, item);
    }

    // In C# a member may be given a value by the constructor, an initializer and an assignment; a key of a dictionary only once.
    private static bool IsMember(CheckContext context, ConfigEntry entry) =>
        context.Document.Language == ConfigLanguage.CSharp
        && (entry.KeySpan.Length == 0 || context.Document.Source.Text[entry.KeySpan.Start] != '"');

    private static void Report(CheckContext context, ConfigEntry lost, ConfigEntry winner)
    {
        var areScalars = winner.Value.IsScalar && lost.Value.IsScalar;
        var areEqual = areScalars && winner.Value.Text == lost.Value.Text;
        var line = context.Document.Source.Lines.PositionAt(winner.KeySpan.Start).Line;
        var counts = $"line {line} counts" + (areEqual ? ", with the same value"
            : areScalars ? $" ({Show(winner.Value)} instead of {Show(lost.Value)})" : " and replaces the whole block");
        var outcome = context switch
        {
            { Document.Language: ConfigLanguage.Toml } => "TOML does not allow that, so the file is not loaded",
            { Format.Name: "deepspeed" } => $"DeepSpeed itself refuses the file; where a trainer reads it first, {counts}",
            _ when IsRefused(context) => $"{context.Format.Title} reads the file with OmegaConf, which refuses it",
            _ => counts,
        };
        var isRefused = context.Document.Language == ConfigLanguage.Toml || IsRefused(context);
        context.Report(
            lost.KeySpan,
            $"{lost.Key} is written twice: {outcome}; keep one of them",
            new Fix(FixSafety.Unsafe, $"Remove this {lost.Key}", context.Edit.Remove(lost)),
            isRefused ? null : areEqual ? Category.Advice : Category.Suspicious,
            context.Beside(winner));
    }

    private static bool IsRefused(CheckContext context) =>
        context.Document.Language == ConfigLanguage.Yaml && s_refusing.Contains(context.Format.Name);

    private static string Show(ConfigNode value) => value.IsBlank ? "nothing" : value.Text;
}
