using LoraLint.Rules.Configs;
using LoraLint.Rules.Knowledge;
using LoraLint.Rules.Knowledge.Keys;
using LoraLint.Rules.Knowledge.Versions;
using LoraLint.Rules.Linting;
using LoraLint.Rules.Text;

namespace LoraLint.Rules.Checks;

/// <summary>A component that torchtune does not have, or an argument that it does not take.</summary>
public sealed class TorchtuneComponentInvalid : Rule
{
    private const string Key = "_component_";

    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL935",
        Name = "torchtune-component-invalid",
        Category = Category.Correctness,
        Summary = "A _component_ is not in torchtune, or does not take one of the arguments beside it.",
        Why = "Components are imported when they are needed, and called with the keys beside them: a wrong one ends the run, a nested one "
            + "after the model was loaded, and tune validate looks at the outermost alone.",
        Sources =
        [
            new(Upstream.Torchtune, "torchtune/config/_utils.py:60-116, torchtune/config/_validate.py"),
            new(Upstream.Torchtune, "the functions and classes of all releases (scripts/generate-components.py)"),
        ],
        Formats = ["torchtune"],
        Fix = FixSafety.Unsafe,
    };

    /// <inheritdoc/>
    public override bool AlsoWithoutLora => true;

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        // The builders of a script are no paths, and what they take Python says.
        if (context.Recognised.Root.Origin is null)
            Look(context, context.Recognised.Root, depth: 0);
    }

    private static void Look(CheckContext context, ConfigNode node, int depth)
    {
        if (depth > 16 || node.IsAlias)
            return;
        if (node.Find(Key) is { Value: { IsScalar: true, IsUnknown: false, Text: var path } } named
            && path.StartsWith("torchtune.", StringComparison.Ordinal) && !path.Contains("._") && !path.Contains("${"))
            CheckComponent(context, node, named, path);
        foreach (var child in node.Entries.Select(e => e.Value).Concat(node.Items))
            Look(context, child, depth + 1);
    }

    private static void CheckComponent(CheckContext context, ConfigNode node, ConfigEntry named, string path)
    {
        if (TorchtuneComponents.Table.Find(path) is not { } component)
        {
            var meant = Meant(path);
            context.Report(
                named,
                $"torchtune has no {path}, in no release"
                + (meant.Count == 0 ? "; the run stops when it is imported" : $"; did you mean {string.Join(" or ", meant)}?"),
                meant.Count != 1 ? null : new Fix(
                    FixSafety.Unsafe, $"Name {meant[0]}", context.Edit.Replace(named, context.Edit.Word(meant[0]))));
            return;
        }

        if (component.GoneSince.Length > 0)
        {
            CheckRelease(context, named, component);
            return;
        }

        if (component.TakesAny)
            return;
        foreach (var entry in node.Entries)
        {
            if (entry.Key == Key || entry.IsOverridden || entry.IsMerged || component.Parameters.Contains(entry.Key)
                || component.FormerParameters.Contains(entry.Key)
                // Another framework's name for it is cross-framework-key's matter.
                || KeyConcepts.CounterpartOf(context.Format.Name, entry.Key) is not null)
                continue;
            var closest = Spelling.Closest(entry.Key, component.Parameters.Where(p => node.Find(p) is null));
            context.Report(
                entry.KeySpan,
                $"{path} takes no {entry.Key}, in no release, so the run stops when it is called"
                + (closest is null ? "; leave it out" : $"; did you mean {closest}?"),
                new Fix(
                    FixSafety.Unsafe,
                    closest is null ? $"Remove {entry.Key}" : $"Rename {entry.Key} to {closest}",
                    closest is null ? context.Edit.Remove(entry) : context.Edit.Rename(entry, closest)));
        }
    }

    // A name without its last part (`lora_qwen2_5_7b` of `_base` and `_instruct`), else a slip; one of another size is not meant.
    private static IReadOnlyList<string> Meant(string path)
    {
        var present = TorchtuneComponents.Table.All.Where(c => c.GoneSince.Length == 0).Select(c => c.Path).ToList();
        var longer = present.Where(p => p.StartsWith(path + "_", StringComparison.Ordinal))
            .OrderBy(p => p, StringComparer.Ordinal).ToList();
        if (longer.Count is > 0 and < 4)
            return longer;
        return Spelling.Closest(path, present.Where(p => p.Where(char.IsDigit).SequenceEqual(path.Where(char.IsDigit)))) is { } closest
            ? [closest] : [];
    }

    private static void CheckRelease(CheckContext context, ConfigEntry named, Component component)
    {
        var required = context.RequirementOf("torchtune");
        var release = ReleaseNumber.Parse(component.GoneSince);
        if (release is not null && required?.Range.IsSurelyBefore(release) == true)
            return;
        var isSure = release is not null && required?.Range.IsSurelyFrom(release) == true;
        var name = component.Path.Substring(component.Path.LastIndexOf('.'));
        var moved = TorchtuneComponents.Table.All
            .Where(c => c.GoneSince.Length == 0 && c.Path.EndsWith(name, StringComparison.Ordinal))
            .OrderBy(c => c.Path.Length).ThenBy(c => c.Path, StringComparer.Ordinal).FirstOrDefault()?.Path;
        context.Report(
            named,
            $"torchtune has no {component.Path} any more{(release is null ? "" : $", since {component.GoneSince}")}"
            + (isSure ? $" (here {required!.Text}, {required.Place})" : "")
            + (moved is null ? "; the run stops when it is imported" : $"; it is {moved}"),
            moved is null ? null : new Fix(FixSafety.Unsafe, $"Name {moved}", context.Edit.Replace(named, context.Edit.Word(moved))),
            weaker: isSure ? null : Category.Suspicious,
            related: isSure ? required!.Related : null);
    }
}
