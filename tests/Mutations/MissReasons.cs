using LoraLint.Rules.Formats;

namespace LoraLint.Tests.Mutations;

/// <summary>
/// Why mistakes are missed, as far as looking at some of each kind tells; a miss of another kind needs a reason here, or a better rule.
/// </summary>
internal static class MissReasons
{
    private const string NoTable = "the framework has no list of keys, or hands the mapping on to a class, and nothing that the file needs "
        + "is missing for sure";

    private const string NotKnownToTrain =
        "a file without use_peft that a script of one's own reads, so that it is not known to train LoRA";

    private const string OwnSchema =
        "in a project's own schema no key is unknown, and a rank of 0 or of no number may say that there is no adapter";

    // By what the mistake's name holds; the first that fits.
    private static readonly (string Words, string Why)[] s_reasons =
    [
        ("moved into another mapping", "the mapping is handed on to a class, so that no key is known to be wrong there"),
        ("DoRA as a word", "ms-swift's table lets text pass for switches"),
        ("deprecated", "the key works and has no other name, so nothing is said"),
        ("invented key", "the framework checks no keys, or scripts on its parser bring their own"),
        ("LoRA switched off", "other keys in the file say that a script of one's own reads it"),
        ("base model's key", "the key stands among a class's arguments, or the file is told by it"),
        ("optimizer's key", "a section's name: no table says that the section has to be there"),
        ("scheduler's key", "a section's name: no table says that the section has to be there"),
        ("qlora is meant", "the base is quantized on the hub already, or its experts by a switch of their own, so little changes"),
        ("unknown initialization", "Megatron-SWIFT, which does not read the key"),
        ("unknown way of training", "with no other key of LoRA in it, the file is passed over as one that trains without"),
        ("learning rate negative", "a part's own rate in a file that Kohya's GUI wrote"),
        ("learning rate 0", "a part's own rate in a file that Kohya's GUI wrote"),
        ("epochs 0", "the GUI's other key for the length counts"),
        ("half precision", "examples of rules' pages that hold part of a recipe"),
        ("module to save", "short examples of rules' pages; why the rule is silent there is open"),
        ("adapter's key forgotten", "training goes on with an adapter's folder"),
        ("a key that was removed", "the key's end has no version, and a script of one's own may have it"),
        ("camel case in the key of the target modules", "the file has plugins, which bring keys of their own"),
    ];

    /// <summary>The reason, or both where a part of the misses is in schemas of projects' own.</summary>
    public static string Of(Mistake mistake, IReadOnlyCollection<string> formats)
    {
        if (!formats.Contains(OwnSchemaFormat.FormatName))
            return OfFrameworks(mistake);
        return formats.Any(f => f != OwnSchemaFormat.FormatName) ? $"{OfFrameworks(mistake)}; {OwnSchema}" : OwnSchema;
    }

    private static string OfFrameworks(Mistake mistake)
    {
        foreach (var (words, why) in s_reasons)
        {
            if (mistake.Name.Contains(words, StringComparison.Ordinal))
                return why;
        }

        return mistake.Name.Contains("key", StringComparison.Ordinal) ? NoTable : NotKnownToTrain;
    }
}
