using LoraLint.Advisor.Commands;

namespace LoraLint.Advisor.Training.Engines;

/// <summary>An engine in its folder: whole, or damaged in some way.</summary>
internal sealed class InstalledEngine
{
    /// <summary>The assembly of the trainer that has the TorchSharp engine.</summary>
    public const string TrainerName = "loralint-trainer-torch.dll";

    // The engine holds copies of these and is compiled against them: with others beside `loralint` it would be another trainer.
    private static readonly string[] s_trainerFiles = ["loralint-trainer.dll", "loralint.dll", "LoraLint.Rules.dll"];

    private readonly string? _unreadable;

    /// <summary>Looks at an engine's folder.</summary>
    public InstalledEngine(string folder)
    {
        Folder = folder;
        Record = EngineRecord.Read(folder, out _unreadable);
    }

    /// <summary>The folder; its name is the engine's.</summary>
    public string Folder { get; }

    /// <summary>The engine's name.</summary>
    public string Name => Path.GetFileName(Folder);

    /// <summary>What was installed; null when that cannot be read.</summary>
    public EngineRecord? Record { get; }

    /// <summary>How to install it again.</summary>
    public string Remedy => $"loralint engine install {Name}";

    /// <summary>How its trainer is started.</summary>
    public TrainerLocation Location(Terminal terminal) => TrainerLocation.Of(Path.Join(Folder, TrainerName), terminal);

    /// <summary>What is wrong with the files, in words; null when nothing is.</summary>
    /// <param name="withHashes">Whether contents are compared too, beside sizes.</param>
    public string? FindDamage(bool withHashes) =>
        Record is { } record ? EngineFiles.FindDamage(Folder, record.Files, withHashes) : _unreadable;

    /// <summary>Why it does not belong to a trainer, in words; null when it does.</summary>
    /// <param name="trainerFolder">The folder of that trainer.</param>
    public string? FindDifference(string trainerFolder)
    {
        if (Record is null)
            return null;
        if (Record.LoraLintVersion != Program.Version)
            return $"it was made for LoraLint {Record.LoraLintVersion}, and this is {Program.Version}";
        foreach (var name in s_trainerFiles)
        {
            var path = Path.Join(trainerFolder, name);
            if (File.Exists(path) && Record.Files.FirstOrDefault(f => f.Path == name) is { } file
                && EngineFiles.HashOf(path) != file.Sha256)
                return $"it was made for another build of LoraLint ({name} differs)";
        }

        return null;
    }

    /// <summary>What it takes on the disk, in bytes.</summary>
    public long Bytes() => Record?.Files.Sum(f => f.Bytes) ?? EngineStore.SizeOf(Folder);
}
