using LoraLint.Advisor.Commands;
using LoraLint.Rules.Formats;
using LoraLint.Rules.Knowledge;
using LoraLint.Rules.Knowledge.Models;
using LoraLint.Rules.Linting;

namespace LoraLint.Advisor.Advice;

/// <summary>
/// The modules that get adapters: what the command line names wins over the config; without either it is every linear layer.
/// </summary>
internal static class AdapterTargets
{
    /// <summary>What PEFT is told; the rank is the config's, 0 without one.</summary>
    /// <param name="asked">Names, or <c>all-linear</c> alone; null when the command line says nothing.</param>
    /// <param name="recognised">The config, or null.</param>
    /// <param name="model">The base model.</param>
    /// <param name="targets">The modules as people read them.</param>
    /// <exception cref="UserMistakeException">What the config says is not known.</exception>
    public static AdapterRequest Read(
        IReadOnlyList<string>? asked, RecognisedConfig? recognised, BaseModel model, out string targets)
    {
        if (asked is not null)
        {
            targets = string.Join(", ", asked);
            return OfNames(asked);
        }

        if (recognised is null)
        {
            targets = "all-linear";
            return new AdapterRequest { TargetsAllLinear = true };
        }

        var config = recognised.Config;
        targets = config.TargetModules.TryGet(out var modules) ? modules.ToString() : "all-linear";
        if (AdapterRequests.Read(recognised.Format, recognised.Reader, config, model, out var problem) is { } read)
        {
            if (!config.TargetModules.IsKnown)
                targets = "the architecture's own";
            return read;
        }

        // Frameworks with switches in place of names: torchtune, LitGPT.
        return modules is not null && AdapterRequests.OfRoles(model, modules) is { } byRole ? byRole
            : throw new UserMistakeException($"the modules that get adapters are not known: {problem}; name them with --target-modules");
    }

    /// <summary>A request for names, or for every linear layer.</summary>
    public static AdapterRequest OfNames(IReadOnlyList<string> names) => names is ["all-linear"]
        ? new AdapterRequest { TargetsAllLinear = true } : new AdapterRequest { Targets = new PeftTargets { Names = names } };
}
