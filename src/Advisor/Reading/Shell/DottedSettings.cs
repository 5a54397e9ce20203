using System.Buffers;
using LoraLint.Rules.Configs;
using LoraLint.Rules.Formats;
using LoraLint.Rules.Text;

namespace LoraLint.Advisor.Reading.Shell;

/// <summary>
/// Reads settings that a command line puts over those of a program's config by their paths, as Hydra and OmegaConf take them:
/// <c>python -m verl.trainer.main_ppo actor_rollout_ref.model.lora_rank=64</c>, <c>tune run RECIPE --config NAME model.lora_rank=64</c>.
/// verl's programs bring the rest themselves; of other commands nothing is known but what is on the line.
/// </summary>
internal static class DottedSettings
{
    // `verl.trainer.main` is EasyR1's.
    private static readonly string[] s_verl = ["verl.trainer.main_ppo", "verl.trainer.fsdp_sft_trainer", "verl.trainer.sft_trainer"];

    // Other arguments that a script hands on: a template's last word, nothing where nobody gives any.
    private static readonly string[] s_scriptArguments = ["$@", "\"$@\"", "${@}", "\"${@}\"", "${@:1}", "${@:2}", "${@:3}", "$*"];

    private static readonly SearchValues<char> s_nameCharacters =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");

    /// <summary>The settings as a root, or null when the command takes none in this way.</summary>
    /// <param name="command">The command.</param>
    /// <param name="text">The script.</param>
    /// <param name="limit">Counts settings.</param>
    public static ConfigNode? RootOf(ShellCommand command, string text, CodeLimit limit)
    {
        var words = command.Words;
        var program = words[0].Text[(words[0].Text.LastIndexOf('/') + 1)..];
        var (first, name) = program switch
        {
            "tune" when words.Count > 1 && words[1].Text == "run" => (RecipeOf(words), "tune run"),
            "python" or "python3" or "torchrun" => ModuleOf(words),
            _ => (-1, ""),
        };
        if (first < 0)
            return null;
        var isComplete = s_verl.Contains(name);
        var settings = new List<(ConfigEntry Leaf, string Path)>();
        for (var i = first; i < words.Count; i++)
        {
            var word = words[i];
            if (settings.Count == ReadLimits.MaxArguments)
            {
                limit.Pass("the command, which is not checked, has more settings", ReadLimits.MaxArguments, word.Span);
                return null;
            }

            if (word.Text.StartsWith("--config", StringComparison.Ordinal))
            {
                isComplete = false;
                if (!word.Text.Contains('=', StringComparison.Ordinal))
                    i++;
            }
            else if (SettingOf(word, text) is { } setting)
                settings.Add(setting);
            else if (!s_scriptArguments.Contains(text.Substring(word.Span.Start, word.Span.Length)))
                isComplete = false;
        }

        if (settings.Count == 0)
            return null;
        var span = TextSpan.FromBounds(words[0].Span.Start, words[^1].Span.End);
        var entries = Tree(settings, 0);
        var format = program == "tune" ? "torchtune" : name.StartsWith("verl.", StringComparison.Ordinal)
            ? "verl" : FormatCatalog.Recognise(ConfigNode.Mapping(span, entries, isFlow: true), "")?.Name;
        if (format is not ("torchtune" or "verl"))
            return null;
        var call = new CodeCall(CodeCallKind.Command, name, span, isComplete);
        return ConfigNode.OfCode(span, entries, new CodeOrigin(format, [call], []) { DefaultsUnder = isComplete ? null : "" });
    }

    // tune run --nnodes 1 lora_finetune_distributed --config llama3/8B_lora
    private static int RecipeOf(IReadOnlyList<ShellWord> words)
    {
        var config = words.ToList().FindIndex(w => w.Text == "--config");
        return config > 2 && words[config - 1].Text.Contains("lora", StringComparison.Ordinal) ? config : -1;
    }

    private static (int First, string Name) ModuleOf(IReadOnlyList<ShellWord> words)
    {
        var module = words.ToList().FindIndex(w => w.Text is "-m" or "--module") + 1;
        return module > 0 && module < words.Count ? (module + 1, words[module].Text) : (-1, "");
    }

    // The place of the last part of a path is that of the key, so that what is before it stays when it is renamed.
    private static (ConfigEntry Leaf, string Path)? SettingOf(ShellWord word, string script)
    {
        // Quotes around the whole word, or none. What an unknown variable makes of the value is not known; the key is.
        var raw = script.AsSpan(word.Span.Start, word.Span.Length);
        var quote = raw[0] is '"' or '\'' ? 1 : 0;
        var written = raw[quote..].ToString();
        var equals = written.IndexOf('=');
        var plus = written.StartsWith("++", StringComparison.Ordinal) ? 2 : written.StartsWith('+') ? 1 : 0;
        if (equals <= plus || !written.AsSpan(plus, equals - plus).ContainsOnlyPath())
            return null;
        var path = written[plus..equals];
        var name = path[(path.LastIndexOf('.') + 1)..];
        // What is written is what is meant, character by character.
        var isPlain = word is { IsKnown: true, IsSubstituted: false } && word.Span.Length == word.Text.Length + (2 * quote);
        var start = word.Span.Start + quote;
        var keySpan = new TextSpan(start + equals - name.Length, name.Length);
        var text = word.IsKnown ? word.Text[(equals + 1)..] : "";
        var valueSpan = isPlain ? new TextSpan(start + equals + 1, text.Length)
            : TextSpan.FromBounds(start + equals + 1, Math.Max(start + equals + 1, word.Span.End - quote));
        var value = !word.IsKnown || text.StartsWith('{') ? ConfigNode.Scalar(valueSpan, text, ScalarStyle.Plain, isUnknown: true)
            : text.StartsWith('[') && text.EndsWith(']') ? ListOf(text, valueSpan, isPlain) : ScalarOf(text, valueSpan);
        return (new ConfigEntry(name, keySpan, isPlain || !word.IsKnown ? value : value.ReferredFrom(valueSpan)), path);
    }

    private static bool ContainsOnlyPath(this ReadOnlySpan<char> text)
    {
        foreach (var part in text.Split('.'))
        {
            if (text[part].IsEmpty || text[part].ContainsAnyExcept(s_nameCharacters))
                return false;
        }

        return true;
    }

    private static ConfigNode ListOf(string text, TextSpan span, bool isPlain)
    {
        var items = new List<ConfigNode>();
        for (var at = 1; at < text.Length - 1;)
        {
            var comma = text.IndexOf(',', at);
            var end = comma < 0 ? text.Length - 1 : comma;
            var item = text[at..end];
            // A list or a call within: nothing here has one.
            if (item.IndexOfAny(['[', '{', '(']) >= 0)
                return ConfigNode.Scalar(span, text, ScalarStyle.Plain, isUnknown: true);
            var place = at + (item.Length - item.TrimStart().Length);
            if (item.Trim().Length > 0)
                items.Add(ScalarOf(item.Trim(), isPlain ? new TextSpan(span.Start + place, item.Trim().Length) : span));
            at = end + 1;
        }

        return ConfigNode.Sequence(span, items, isFlow: true);
    }

    private static ConfigNode ScalarOf(string text, TextSpan span)
    {
        var isQuoted = text.Length >= 2 && text[0] is '"' or '\'' && text[^1] == text[0];
        return ConfigNode.Scalar(
            span, isQuoted ? text[1..^1] : text,
            !isQuoted ? ScalarStyle.Plain : text[0] == '"' ? ScalarStyle.DoubleQuoted : ScalarStyle.SingleQuoted);
    }

    private static List<ConfigEntry> Tree(IReadOnlyList<(ConfigEntry Leaf, string Path)> settings, int from)
    {
        var entries = new List<ConfigEntry>();
        foreach (var group in settings.GroupBy(s => PartOf(s.Path, from), StringComparer.Ordinal))
        {
            // A path that ends here; the last of two counts.
            var own = group.Where(s => s.Path.Length == from + group.Key.Length).Select(s => s.Leaf).ToList();
            var below = group.Where(s => s.Path.Length > from + group.Key.Length).ToList();
            entries.AddRange(own.Select((leaf, i) => leaf with { IsOverridden = i < own.Count - 1 || below.Count > 0 }));
            if (below.Count == 0)
                continue;
            var nested = Tree(below, from + group.Key.Length + 1);
            var leaf = below[0].Leaf;
            // Where the first of its paths names it.
            var behind = below[0].Path.Length - from;
            var keySpan = new TextSpan(leaf.KeySpan.End - behind, group.Key.Length);
            var span = TextSpan.FromBounds(below.Min(s => s.Leaf.KeySpan.Start), below.Max(s => s.Leaf.Span.End));
            entries.Add(new ConfigEntry(group.Key, keySpan, ConfigNode.Mapping(span, nested, isFlow: true)));
        }

        return entries;
    }

    private static string PartOf(string path, int from)
    {
        var dot = path.IndexOf('.', from);
        return dot < 0 ? path[from..] : path[from..dot];
    }
}
