using LoraLint.Rules.Configs;
using LoraLint.Rules.Knowledge;
using LoraLint.Rules.Linting;
using LoraLint.Rules.Text;

namespace LoraLint.Rules.Checks;

/// <summary>
/// Keys that no table knows, in the place where the format reads a setting which is missing there: a slip of its key, or another
/// framework's name for it. For formats and mappings whose keys are not listed anywhere, such as the arguments of a class.
/// </summary>
internal static class MissedSettings
{
    /// <summary>Each such key with the name it should have.</summary>
    /// <param name="context">The config.</param>
    /// <param name="isSaid">Whether something has been said of a key already, or a table knows it.</param>
    public static IEnumerable<(ConfigEntry Entry, string Name, bool IsSlip)> Find(CheckContext context, Func<ConfigEntry, bool> isSaid)
    {
        var config = context.Config;
        ISetting[] settings =
        [
            config.Rank, config.Alpha, config.Dropout, config.TargetModules, config.LearningRate, config.WeightDecay, config.MicroBatchSize,
            config.GradientAccumulationSteps, config.Epochs, config.MaxSequenceLength, config.BaseModel, config.Optimizer,
            config.LrScheduler,
        ];
        var keys = settings.Select(s => s.Key).ToList();
        foreach (var setting in settings.Where(s => s.Origin is SettingOrigin.Absent or SettingOrigin.Default && s.Key.Length > 0))
        {
            var dot = setting.Key.LastIndexOf('.');
            var (parent, name) = (dot < 0 ? "" : setting.Key.Substring(0, dot), setting.Key.Substring(dot + 1));
            var mapping = parent.Length == 0 ? context.Recognised.Root : context.Read.Find(parent)?.Value;
            if (mapping is not { IsMapping: true } || mapping.Find(name) is not null)
                continue;
            foreach (var entry in mapping.Entries.Where(e => !e.IsMerged && !e.IsOverridden))
            {
                var path = parent.Length == 0 ? entry.Key : parent + "." + entry.Key;
                if (keys.Contains(path) || isSaid(entry))
                    continue;
                var isSlip = Spelling.Closest(entry.Key, [name]) is not null;
                if (isSlip || KeyConcepts.AreSame(entry.Key, name))
                    yield return (entry, name, isSlip);
            }
        }
    }
}
