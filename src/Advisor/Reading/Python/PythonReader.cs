using LoraLint.Rules.Configs;
using LoraLint.Rules.Text;

namespace LoraLint.Advisor.Reading.Python;

/// <summary>
/// Reads the calls of a Python script that configure LoRA. Each call that makes an adapter, or its config, is a root; the calls that
/// surely feed the same run give their keywords to it. A script without such a call has no root, and no script has problems but that it
/// passes a limit: what is wrong with its grammar, Python says.
/// </summary>
internal static class PythonReader
{
    /// <summary>Reads a script.</summary>
    public static ConfigDocument Read(SourceText source)
    {
        if (!PythonCalls.MayBeIn(source.Text))
            return new ConfigDocument { Source = source, Language = ConfigLanguage.Python, Roots = [] };
        var (roots, comments, problems) = Read(source.Text);
        return new ConfigDocument
        {
            Source = source, Language = ConfigLanguage.Python, Roots = roots, Comments = comments, Problems = problems,
        };
    }

    /// <summary>The roots and comments of a script, and the limit that it passes.</summary>
    public static (IReadOnlyList<ConfigNode> Roots, IReadOnlyList<ConfigComment> Comments, IReadOnlyList<ReadProblem> Problems) Read(
        string text)
    {
        var (tokens, comments) = PythonLexer.Read(text);
        var script = PythonScript.Read(text, tokens);
        var limit = new CodeLimit();
        return (PythonRuns.Find(script, limit), comments, limit.Problems);
    }
}
