using LoraLint.Rules.Formats;
using LoraLint.Rules.Knowledge;
using LoraLint.Rules.Linting;

namespace LoraLint.Rules.Checks;

/// <summary>Keys of rank_pattern and alpha_pattern that match none of the adapted modules.</summary>
internal static class PatternKeys
{
    /// <summary>The key of a pattern, by its name in PEFT.</summary>
    public static string KeyOf(CheckContext context, string name) => context.Format switch
    {
        CSharpFormat code => code.KeyOf(name) ?? "",
        { Name: "axolotl" } => "lora_" + name,
        _ => name,
    };

    /// <summary>Reports each key that matches no module with an adapter.</summary>
    /// <param name="context">The config.</param>
    /// <param name="name">The pattern's name in PEFT.</param>
    /// <param name="what">What the key should have set.</param>
    public static void Check(CheckContext context, string name, string what)
    {
        var view = context.BaseModel;
        var key = KeyOf(context, name);
        if (view.Adapters.Count == 0 || view.Adapters.Any(a => a.Modules.Count == 0) || view.Model is not { NamesAreOfFiles: false } model
            || context.Read.Find(key) is not { Value.IsMapping: true } pattern)
            return;
        foreach (var entry in pattern.Value.Entries.Where(e => !e.IsOverridden && e.Key.Length > 0 && e.Key[0] != '^'))
        {
            if (!view.Adapters.All(a => a.Modules.All(m => PeftMatching.PatternKeyMatches(entry.Key, m.Module.Name) == false
                && PeftMatching.PatternKeyMatches(entry.Key, m.Module.Name + ".weight") == false)))
                continue;
            var isThere = model.Shapes.Any(s => s.Modules.Any(m => PeftMatching.PatternKeyMatches(entry.Key, m.Name) == true));
            context.Report(
                entry.KeySpan,
                isThere
                    ? $"the modules of {KnownModel.Describe(model)} that {entry.Key} matches get no adapter, so {what} is never used; add "
                        + "them to the target modules or leave the key out"
                    : $"{entry.Key} matches no module of {KnownModel.Describe(model)}, so {what} is never used; a key has to reach the end "
                        + $"of a name such as {view.Adapters[0].Modules[0].Module.Name}, and may begin at any dot",
                AskedFix.Remove(context, pattern, entry));
        }
    }
}
