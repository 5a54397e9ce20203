using LoraLint.Rules.Text;

namespace LoraLint.Rules.Configs;

/// <summary>
/// Where a root that was read out of code comes from: calls of a script, or one command line. Its keys are their keywords or flags,
/// joined as far as they surely feed the same run.
/// </summary>
/// <param name="Format">The name of its format; the reader knows it from what is called.</param>
/// <param name="Calls">The calls that it was joined from, the one that makes the adapter first.</param>
/// <param name="Modules">The modules that the script imports, without what is behind their first dot.</param>
public sealed record CodeOrigin(string Format, IReadOnlyList<CodeCall> Calls, IReadOnlyList<string> Modules)
{
    /// <summary>
    /// The mapping whose missing keys have their defaults; null for all, empty for none: of a builder only what it builds is in the script,
    /// and a command line that adds to a file says nothing about the rest.
    /// </summary>
    public string? DefaultsUnder { get; init; }

    /// <summary>
    /// The path of the file that the program which starts training reads (<c>accelerate launch --config_file FILE</c>), or null.
    /// </summary>
    public ConfigNode? LaunchFile { get; init; }

    /// <summary>The card that a notebook is run on, as its own settings name it, or null.</summary>
    public ConfigNode? Card { get; init; }

    /// <summary>Whether it is a command line whose settings are put over those of a file that it names.</summary>
    public bool IsAddition => Calls[0] is { Kind: CodeCallKind.Command, IsComplete: false };

    /// <summary>Whether a key that is not there has its default.</summary>
    public bool KnowsDefaultOf(string key) =>
        DefaultsUnder is not { } parent || (parent.Length > 0 && key.StartsWith(parent + ".", StringComparison.Ordinal));

    /// <summary>The call of a kind, or null.</summary>
    public CodeCall? Find(CodeCallKind kind) => Calls.FirstOrDefault(c => c.Kind == kind);

    /// <summary>The first call of a method by one of some names, or null.</summary>
    public CodeCall? FindMethod(params string[] names) =>
        Calls.FirstOrDefault(c => c.Kind == CodeCallKind.Method && names.Contains(c.Name));

    /// <summary>The innermost call that holds an offset, or takes the entry of a dict that stands there; or null.</summary>
    public CodeCall? At(int offset) =>
        Calls.Where(c => c.Span.Contains(offset)).OrderBy(c => c.Span.Length).FirstOrDefault()
        ?? Calls.FirstOrDefault(c => c.Unpacked.Any(s => s.Contains(offset)));
}

/// <summary>What a call has to do with a run.</summary>
public enum CodeCallKind
{
    /// <summary>Makes the adapter or its config.</summary>
    Adapter,

    /// <summary>Makes the config of the base model's quantization.</summary>
    Quantization,

    /// <summary>Makes the trainer's arguments.</summary>
    Arguments,

    /// <summary>Loads the base model.</summary>
    Model,

    /// <summary>Makes the trainer.</summary>
    Trainer,

    /// <summary>Makes a quantized model ready for training.</summary>
    Preparation,

    /// <summary>Makes batches of samples.</summary>
    Collator,

    /// <summary>Makes the token that ends texts the one that pads them: an assignment, or its call.</summary>
    Padding,

    /// <summary>Calls a method that matters to a rule, on whatever object; its span is the name.</summary>
    Method,

    /// <summary>A whole command line.</summary>
    Command,
}

/// <summary>A call in code.</summary>
/// <param name="Kind">What it has to do with a run.</param>
/// <param name="Name">What is called, by the name of its library whatever the script calls it: <c>LoraConfig</c>.</param>
/// <param name="Span">From its name to its closing bracket.</param>
/// <param name="IsComplete">
/// Whether all of its arguments are known by their names, so that one which is not there has its default.
/// </param>
public sealed record CodeCall(CodeCallKind Kind, string Name, TextSpan Span, bool IsComplete)
{
    /// <summary>The keys that it takes out of dicts (<c>**settings</c>), wherever those are written.</summary>
    public IReadOnlyList<TextSpan> Unpacked { get; init; } = [];

    /// <summary>The same call with all of its places moved into another text.</summary>
    public CodeCall Moved(Func<TextSpan, TextSpan> move) => this with { Span = move(Span), Unpacked = [.. Unpacked.Select(move)] };
}
