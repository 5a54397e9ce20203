using LoraLint.Advisor.Reading;
using LoraLint.Rules.Configs;
using LoraLint.Rules.Linting;

namespace LoraLint.Advisor.Lsp;

/// <summary>What is known of one version of a document.</summary>
/// <param name="Document">The text as read.</param>
/// <param name="Options">The options that hold for it.</param>
/// <param name="Files">The files around it.</param>
/// <param name="Result">The configs in it with their findings.</param>
internal sealed record Analysis(ConfigDocument Document, LintOptions Options, ICompanionFiles Files, LintResult Result)
{
    /// <summary>The mistakes in it when it is a settings file.</summary>
    public IReadOnlyList<SettingsMistake> Mistakes { get; init; } = [];
}
