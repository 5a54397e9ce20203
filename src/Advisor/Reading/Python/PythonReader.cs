using LoraLint.Rules.Configs;
using LoraLint.Rules.Text;

namespace LoraLint.Advisor.Reading.Python;

/// <summary>
/// Reads the calls of a Python script that configure LoRA. Each call that makes an adapter, or its config, is a root; the calls that
/// surely feed the same run give their keywords to it. A script without such a call has no root, and no script has problems: what is
/// wrong with its grammar, Python says.
/// </summary>
internal static class PythonReader
{
    /// <summary>Reads a script.</summary>
    public static ConfigDocument Read(SourceText source)
    {
        if (!PythonCalls.MayBeIn(source.Text))
            return new ConfigDocument { Source = source, Language = ConfigLanguage.Python, Roots = [] };
        var (roots, comments) = Read(source.Text);
        return new ConfigDocument { Source = source, Language = ConfigLanguage.Python, Roots = roots, Comments = comments };
    }

    /// <summary>The roots and comments of a script.</summary>
    public static (IReadOnlyList<ConfigNode> Roots, IReadOnlyList<ConfigComment> Comments) Read(string text)
    {
        var (tokens, comments) = PythonLexer.Read(text);
        var script = PythonScript.Read(text, tokens);
        return (PythonRuns.Find(script), comments);
    }
}
