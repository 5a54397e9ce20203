using LoraLint.Rules.Configs;
using LoraLint.Rules.Knowledge;
using LoraLint.Rules.Linting;

namespace LoraLint.Tests.Mutations;

/// <summary>Keys that are misspelled, of another framework, gone or invented.</summary>
internal static class SlipsOfKeys
{
    public static IReadOnlyList<Mistake> All { get; } =
    [
        .. Slip("a letter left out", Without),
        .. Slip("two letters swapped", Swapped),
        .. Slip("a letter doubled", k => k.Insert(k.Length / 2, k[k.Length / 2].ToString())),
        .. Slip("a hyphen in place of an underscore", k => k.Replace('_', '-')),
        .. Slip("camel case", Camel),
        .. Slip("a plural", k => k + "s"),
        Foreign("the rank's key", s => s.Config.Rank, "lora_r", "lora_rank", "r", "network_dim", "rank"),
        Foreign("the alpha's key", s => s.Config.Alpha, "network_alpha", "lora_alpha", "alpha"),
        Foreign("the target modules' key", s => s.Config.TargetModules, "target_modules", "lora_target_modules", "lora_target"),
        Foreign("the base model's key", s => s.Config.BaseModel, "model_name_or_path", "base_model", "base_model_name_or_path"),
        Foreign("the key of the epochs", s => s.Config.Epochs, "num_train_epochs", "num_epochs"),
        Foreign("the key of the batch", s => s.Config.MicroBatchSize, "per_device_train_batch_size", "micro_batch_size"),
        Foreign("the key of the sequence's length", s => s.Config.MaxSequenceLength, "cutoff_len", "sequence_len", "max_seq_len"),
        Foreign("the optimizer's key", s => s.Config.Optimizer, "optim", "optimizer"),
        Foreign("the scheduler's key", s => s.Config.LrScheduler, "lr_scheduler_type", "lr_scheduler"),
        new("a key that was removed", s => Gone(s, k => k.Removed)),
        new("a key that is deprecated", s => Gone(s, k => k.Deprecated && !k.Removed)) { Least = Severity.Info },
        new("an invented key", s => s.Recognised.Format.Keys is null || s.Recognised.Reader.Has("plugins") ? null
            : s.Add(s.Config.Rank, "adapter_warm_restart_share", "0.5")) { Least = Severity.Info },
    ];

    private static IEnumerable<Mistake> Slip(string name, Func<string, string> write)
    {
        (string Name, Func<TrainingConfig, ISetting> Of)[] settings =
        [
            ("rank", c => c.Rank), ("alpha", c => c.Alpha), ("target modules", c => c.TargetModules),
            ("learning rate", c => c.LearningRate), ("dropout", c => c.Dropout),
        ];
        foreach (var (setting, of) in settings)
        {
            yield return new($"{name} in the key of the {setting}", s =>
                !IsSaved(s) && of(s.Config) is { Origin: SettingOrigin.Written, Entry: { } entry } && entry.Key.Length > 1
                    && write(entry.Key) is var key && key != entry.Key
                && !IsKey(s, entry, key) ? Renamed(s, of(s.Config), key) : null);
        }
    }

    private static Mistake Foreign(string name, Func<Subject, ISetting> of, params string[] names) =>
        new($"another framework's name for {name}", s =>
        {
            if (IsSaved(s) || of(s) is not { Origin: SettingOrigin.Written, Entry: { } entry })
                return null;
            var key = names.FirstOrDefault(n => n != entry.Key && !IsKey(s, entry, n));
            return key is null ? null : Renamed(s, of(s), key);
        });

    // A list's key is renamed too, so this is not for scalars alone.
    private static Mutant? Renamed(Subject subject, ISetting setting, string key) =>
        setting is { Origin: SettingOrigin.Written, Entry: { IsMerged: false, IsOverridden: false, Value.IsAlias: false } entry }
        && subject.Recognised.Reader.Find(key) is null
            ? subject.Changed(subject.Edit.Rename(entry, key), entry.Key, key) : null;

    // Kohya's GUI writes its files itself, as PEFT does: keys of another version are no mistake there, and nobody types them.
    private static bool IsSaved(Subject subject) => subject.Is("kohya-gui");

    // A name that the framework reads at the same place is no slip.
    private static bool IsKey(Subject subject, ConfigEntry entry, string name) =>
        WrittenKey.AllOf(subject.Recognised).FirstOrDefault(k => k.Entry.KeySpan == entry.KeySpan) is { } written
        && written.Table.Find(written.Parent.Length == 0 ? name : written.Parent + "." + name) is { Removed: false, Name: not "*" };

    private static Mutant? Gone(Subject subject, Func<KeyInfo, bool> isGone)
    {
        if (IsSaved(subject) || subject.Is("peft") || subject.Recognised.Format.Keys is not { } keys
            || subject.Config.Rank.Entry is not { } rank
            || !subject.Recognised.Root.Entries.Any(e => e.KeySpan == rank.KeySpan))
            return null;
        var gone = keys.ChildrenOf("").Where(isGone).Where(k => subject.Recognised.Root.Find(k.Name) is null
            && (k.RenamedTo is null || subject.Recognised.Root.Find(k.RenamedTo) is null)).ToList();
        if (gone.Count == 0)
            return null;
        var key = gone[Math.Abs(subject.Name.Sum(c => c)) % gone.Count];
        return subject.Add(subject.Config.Rank, key.Name, key.Takes(KeyTypes.Bool) ? "true" : "1");
    }

    private static string Without(string key) => key.Remove(key.Length / 2, 1);

    private static string Swapped(string key)
    {
        var at = key.Length / 2;
        return at + 1 < key.Length ? $"{key[..at]}{key[at + 1]}{key[at]}{key[(at + 2)..]}" : key;
    }

    private static string Camel(string key)
    {
        var parts = key.Split('_');
        return parts[0] + string.Concat(parts.Skip(1).Where(p => p.Length > 0).Select(p => char.ToUpperInvariant(p[0]) + p[1..]));
    }
}
