using System.Globalization;
using LoraLint.Advisor.Commands;

namespace LoraLint.Advisor.Advice.Suggesting.Writers;

/// <summary>Writes a plan as a config of one framework.</summary>
internal abstract class ConfigWriter
{
    // The tables are about language models.
    private static readonly string[] s_ofImages = ["kohya", "kohya-gui", "ai-toolkit", "fastvideo"];

    /// <summary>All of them.</summary>
    public static IReadOnlyList<ConfigWriter> All { get; } =
    [
        new AxolotlWriter(), new LlamaFactoryWriter(), new TrlWriter(), new MsSwiftWriter(), new UnslothWriter(), new PythonWriter(),
        new TorchtuneWriter(), new LitgptWriter(), new MlxLmWriter(), new OumiWriter(), new LudwigWriter(), new PeftWriter(),
        new LoraLintWriter(),
    ];

    /// <summary>The format's name, as settings and options have it.</summary>
    public abstract string Format { get; }

    /// <summary>What the file is called unless the user says otherwise.</summary>
    public abstract string FileNameOf(Plan plan);

    /// <summary>Why the format cannot express the plan, as the end of a sentence that begins with its name; null when it can.</summary>
    public virtual string? Refuses(Plan plan) => null;

    /// <summary>The settings of <c>inspect</c> that the format has no key for.</summary>
    public virtual IReadOnlyList<string> Lacks(Plan plan) => [];

    /// <summary>What is to be done beside the file, in sentences without a final period.</summary>
    public virtual IEnumerable<string> Notes(Plan plan) => [];

    /// <summary>The file.</summary>
    public abstract string Write(Plan plan);

    /// <summary>The writer of a format.</summary>
    /// <exception cref="UserMistakeException">There is none.</exception>
    public static ConfigWriter Find(string format) => All.FirstOrDefault(w => w.Format == format)
        ?? throw new UserMistakeException(
            (s_ofImages.Contains(format) ? $"{format} trains models of images, for which there is no table of what to start with"
                : $"no config is written for {format}") + $"; there are {string.Join(", ", All.Select(w => w.Format))}");

    /// <summary>A text in the invariant culture.</summary>
    protected static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
