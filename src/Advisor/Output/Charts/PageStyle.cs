namespace LoraLint.Advisor.Output.Charts;

/// <summary>How the pages of runs and sweeps look, light and dark, on paper too.</summary>
internal static class PageStyle
{
    /// <summary>The style sheet.</summary>
    public static string Text { get; } = Read();

    private static string Read()
    {
        using var reader = new StreamReader(typeof(PageStyle).Assembly.GetManifestResourceStream("page.css")!);
        return reader.ReadToEnd();
    }
}
