namespace LoraLint.Tests.Support;

/// <summary>A part of a page between two comments that a test writes; LORALINT_UPDATE=1 rewrites it.</summary>
internal static class GeneratedPart
{
    /// <summary>Compares, or rewrites.</summary>
    /// <param name="page">From the repository's root.</param>
    /// <param name="name">Stands in the comments.</param>
    /// <param name="text">What belongs between them; ends with a line break.</param>
    public static void Check(string page, string name, string text)
    {
        var path = Repository.PathTo(page);
        var content = File.ReadAllText(path).ReplaceLineEndings("\n");
        var (begin, end) = ($"<!-- {name}: written by a test -->\n", $"<!-- end of {name} -->\n");
        var start = content.IndexOf(begin, StringComparison.Ordinal);
        var stop = content.IndexOf(end, StringComparison.Ordinal);
        Assert.True(start >= 0 && stop > start, $"{page} has no {begin.Trim()} and {end.Trim()}");
        start += begin.Length;
        if (Repository.Updates)
            File.WriteAllText(path, content[..start] + "\n" + text + "\n" + content[stop..]);
        else
            Assert.Equal("\n" + text + "\n", content[start..stop]);
    }
}
