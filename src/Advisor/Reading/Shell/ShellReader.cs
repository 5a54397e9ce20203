using LoraLint.Rules.Configs;
using LoraLint.Rules.Formats;
using LoraLint.Rules.Text;

namespace LoraLint.Advisor.Reading.Shell;

/// <summary>
/// Reads the command lines of a shell script that train: <c>llamafactory-cli train</c>, <c>swift sft</c>, <c>trl sft</c>, and the scripts
/// that python, torchrun, accelerate and deepspeed start with flags of a known framework. Each is a root with its flags for keys. A command
/// that takes a config file, or flags from elsewhere, is passed over: what holds in the end is not in the script. Of
/// <c>llamafactory-cli train FILE KEY=VALUE</c> and <c>axolotl train FILE --key value</c>, which put settings over those of a file, the
/// settings on the line are read, and nothing else is known. Settings with dotted paths: <see cref="DottedSettings"/>.
/// </summary>
internal static class ShellReader
{
    private static readonly string[] s_launchers = ["python", "python3", "torchrun", "accelerate", "deepspeed"];
    private static readonly string[] s_ofScripts = ["llama-factory", "trl", "ms-swift"];
    private static readonly string[] s_swift = ["sft", "pt", "rlhf"];
    private static readonly string[] s_trl = ["sft", "dpo", "kto", "grpo", "reward", "rloo"];
    private static readonly string[] s_configFlags = ["config", "config_file", "yaml", "config_path"];

    /// <summary>Whether a script has a word without which none of its commands configures LoRA.</summary>
    public static bool MayHoldConfig(string text) => text.Contains("lora", StringComparison.OrdinalIgnoreCase);

    /// <summary>Reads a script.</summary>
    public static ConfigDocument Read(SourceText source)
    {
        if (!MayHoldConfig(source.Text))
            return new ConfigDocument { Source = source, Language = ConfigLanguage.Shell, Roots = [] };
        var (commands, comments) = ShellScript.Read(source.Text);
        var limit = new CodeLimit();
        var roots = new List<ConfigNode>();
        foreach (var command in commands)
        {
            if ((DottedSettings.RootOf(command, source.Text, limit) ?? RootOf(command, limit)) is not { } root)
                continue;
            // Every rule looks at every command.
            if (roots.Count == ReadLimits.MaxRuns)
            {
                limit.Pass("the script has more commands that train", ReadLimits.MaxRuns, command.Words[0].Span);
                break;
            }

            roots.Add(root);
        }

        return new ConfigDocument
        {
            Source = source, Language = ConfigLanguage.Shell, Roots = roots, Comments = comments, Problems = limit.Problems,
        };
    }

    private static ConfigNode? RootOf(ShellCommand command, CodeLimit limit)
    {
        var words = command.Words;
        var program = words[0].Text[(words[0].Text.LastIndexOf('/') + 1)..];
        var verb = words.Count > 1 ? words[1].Text : "";
        var format = program switch
        {
            "llamafactory-cli" or "lmf" when verb == "train" => "llama-factory",
            "swift" when s_swift.Contains(verb) => "ms-swift",
            "trl" when s_trl.Contains(verb) => "trl",
            _ => null,
        };
        if (OverridesOf(words, program, verb, limit) is { } overrides)
            return overrides;
        var first = format is not null ? 2 : s_launchers.Contains(program) ? BehindScript(words) : -1;
        if (first < 0 || Flags(words, first, limit) is not { Count: > 0 } entries)
            return null;
        var span = TextSpan.FromBounds(words[0].Span.Start, words[^1].Span.End);
        // The flags of a script of somebody's own tell whose they are, as the keys of a file do.
        format ??= FormatCatalog.Recognise(ConfigNode.Mapping(span, entries, isFlow: true), "")?.Name;
        if (format is null || !s_ofScripts.Contains(format))
            return null;
        // TRL's flags are many scripts' flags: one that it does not have says that the script is another.
        if (format == "trl" && program != "trl" && FormatCatalog.Find(format)?.Keys is { } table
            && entries.Any(e => table.Find(e.Key) is null))
            return null;
        var call = new CodeCall(CodeCallKind.Command, program + (verb.Length > 0 && first == 2 ? " " + verb : ""), span, IsComplete: true);
        var launch = program == "accelerate" ? LaunchFileOf(words, first) : null;
        return ConfigNode.OfCode(span, entries, new CodeOrigin(format, [call], []) { LaunchFile = launch });
    }

    private static ConfigNode? OverridesOf(IReadOnlyList<ShellWord> words, string program, string verb, CodeLimit limit)
    {
        var takesPairs = program is "llamafactory-cli" or "lmf";
        if (verb != "train" || words.Count < 4 || !(takesPairs || program == "axolotl") || words[2].Text.StartsWith('-')
            || (takesPairs ? Pairs(words, 3, limit) : Flags(words, 3, limit)) is not { } entries)
            return null;
        var format = FormatCatalog.Find(takesPairs ? "llama-factory" : "axolotl")!;
        // Axolotl's command line has options of its own besides.
        if (!takesPairs)
            entries.RemoveAll(e => format.Keys?.Find(e.Key) is null);
        if (entries.Count == 0)
            return null;
        var span = TextSpan.FromBounds(words[0].Span.Start, words[^1].Span.End);
        var call = new CodeCall(CodeCallKind.Command, program + " train", span, IsComplete: false);
        return ConfigNode.OfCode(span, entries, new CodeOrigin(format.Name, [call], []) { DefaultsUnder = "" });
    }

    private static List<ConfigEntry>? Pairs(IReadOnlyList<ShellWord> words, int first, CodeLimit limit)
    {
        var entries = new List<ConfigEntry>();
        foreach (var word in words.Skip(first))
        {
            if (IsFull(entries, word, limit))
                return null;
            var equals = word.Text.IndexOf('=');
            if (equals <= 0 || word.MaySplit || word.Text[0] == '-')
                return null;
            var keySpan = new TextSpan(word.Span.Start, Math.Min(equals, word.Span.Length));
            entries.Add(new ConfigEntry(word.Text[..equals], keySpan, Behind(word, equals)));
        }

        MarkOverridden(entries);
        return entries;
    }

    // python -m package.module --flag; accelerate launch --option train.py --flag
    private static int BehindScript(IReadOnlyList<ShellWord> words)
    {
        for (var i = 1; i < words.Count; i++)
        {
            if (words[i].Text.EndsWith(".py", StringComparison.Ordinal))
                return i + 1;
            if (words[i].Text is "-m" or "--module" && words[0].Text.Contains("python", StringComparison.Ordinal))
                return i + 2;
        }

        return -1;
    }

    // The last of two flags counts: without them all, none is sure.
    private static bool IsFull(List<ConfigEntry> entries, ShellWord next, CodeLimit limit)
    {
        if (entries.Count < ReadLimits.MaxArguments)
            return false;
        limit.Pass("the command, which is not checked, has more settings", ReadLimits.MaxArguments, next.Span);
        return true;
    }

    // accelerate launch --config_file fsdp.yaml train.py
    private static ConfigNode? LaunchFileOf(IReadOnlyList<ShellWord> words, int behindScript)
    {
        for (var i = 1; i < behindScript - 1; i++)
        {
            var equals = words[i].Text.IndexOf('=');
            if ((equals < 0 ? words[i].Text : words[i].Text[..equals]) is "--config_file" or "--config-file")
                return equals < 0 ? Scalar(words[i + 1], words[i + 1].Text, words[i + 1].Span) : Behind(words[i], equals);
        }

        return null;
    }

    private static List<ConfigEntry>? Flags(IReadOnlyList<ShellWord> words, int first, CodeLimit limit)
    {
        var entries = new List<ConfigEntry>();
        for (var i = first; i < words.Count;)
        {
            var flag = words[i];
            if (IsFull(entries, flag, limit) || !flag.Text.StartsWith("--", StringComparison.Ordinal) || flag.Text.Length < 3)
                return null;
            var equals = flag.Text.IndexOf('=');
            var name = (equals < 0 ? flag.Text : flag.Text[..equals])[2..].Replace('-', '_');
            if (s_configFlags.Contains(name))
                return null;
            var values = new List<ShellWord>();
            for (i++; equals < 0 && i < words.Count && !words[i].Text.StartsWith("--", StringComparison.Ordinal); i++)
                values.Add(words[i]);
            // Something that may be flags: `$EXTRA_ARGS`, `"$@"`.
            if (values.Where((v, at) => at > 0 && (v.MaySplit || !v.IsKnown)).Any() || (equals < 0 && flag.MaySplit))
                return null;
            var keyLength = equals < 0 ? flag.Span.Length : Math.Min(equals, flag.Span.Length);
            var keySpan = new TextSpan(flag.Span.Start, keyLength);
            entries.Add(new ConfigEntry(name, keySpan, equals < 0 ? Value(values, keySpan) : Behind(flag, equals)));
        }

        MarkOverridden(entries);
        return entries;
    }

    private static ConfigNode Value(List<ShellWord> values, TextSpan key) => values.Count switch
    {
        // A flag alone switches on.
        0 => ConfigNode.Scalar(new TextSpan(key.End, 0), "true", ScalarStyle.Plain),
        1 => Scalar(values[0], values[0].Text, values[0].Span),
        _ => ConfigNode.Sequence(
            TextSpan.FromBounds(values[0].Span.Start, values[^1].Span.End), [.. values.Select(v => Scalar(v, v.Text, v.Span))],
            isFlow: true),
    };

    private static ConfigNode Behind(ShellWord word, int equals) =>
        Scalar(word, word.Text[(equals + 1)..], TextSpan.FromBounds(Math.Min(word.Span.Start + equals + 1, word.Span.End), word.Span.End));

    private static ConfigNode Scalar(ShellWord word, string text, TextSpan span)
    {
        var node = ConfigNode.Scalar(span, text, ScalarStyle.Plain, isUnknown: !word.IsKnown);
        return word is { IsKnown: true, IsSubstituted: true } ? node.ReferredFrom(span) : node;
    }

    // argparse takes the last of two.
    private static void MarkOverridden(List<ConfigEntry> entries)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (var i = entries.Count - 1; i >= 0; i--)
        {
            if (!seen.Add(entries[i].Key))
                entries[i] = entries[i] with { IsOverridden = true };
        }
    }
}
