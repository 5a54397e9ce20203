using LoraLint.Rules.Configs;
using LoraLint.Rules.Linting;

namespace LoraLint.Rules.Checks;

/// <summary>The same key in two sections of a kohya TOML: sections are dropped, so the last one counts.</summary>
public sealed class KohyaTomlSectionShadow : Rule
{
    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL951",
        Name = "kohya-toml-section-shadow",
        Category = Category.Suspicious,
        Tag = FindingTag.Unnecessary,
        Summary = "Two sections hold the same key with different values, and only the last one counts.",
        Why = "The loader of sd-scripts puts the keys of all sections into one set without a word, so the earlier value is lost.",
        Sources = [new("kohya-ss/sd-scripts@48d368fa (2026-02-16)", "library/train_util.py:4748-4761")],
        Formats = ["kohya"],
        Fix = FixSafety.Unsafe,
    };

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        var last = new Dictionary<string, ConfigEntry>(StringComparer.Ordinal);
        var all = context.Recognised.Root.Entries
            .Where(e => !e.IsOverridden)
            .SelectMany(e => e.Value.IsMapping ? e.Value.Entries.Where(i => !i.IsOverridden) : [e])
            .Where(e => e.Value.IsScalar)
            .ToList();
        foreach (var entry in all)
            last[entry.Key] = entry;
        foreach (var entry in all)
        {
            var winner = last[entry.Key];
            if (ReferenceEquals(entry, winner) || entry.Value.Text == winner.Value.Text)
                continue;
            var line = context.Document.Source.Lines.PositionAt(winner.KeySpan.Start).Line;
            context.Report(
                entry,
                $"{entry.Key} {entry.Value.Text} is lost: sd-scripts ignores the names of sections, and line {line} sets {entry.Key} to "
                + $"{winner.Value.Text}; keep one of them",
                new Fix(FixSafety.Unsafe, $"Remove this {entry.Key}", context.Edit.Remove(entry)),
                related: context.Beside(winner));
        }
    }
}
