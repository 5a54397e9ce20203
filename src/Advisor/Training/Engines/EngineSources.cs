using LoraLint.Advisor.Commands;

namespace LoraLint.Advisor.Training.Engines;

/// <summary>What an engine is built from: the sources that LoraLint brings, and the trainer that they are compiled against.</summary>
/// <param name="Project">The project file.</param>
/// <param name="Files">The project file and the C# files, absolute.</param>
/// <param name="TrainerFolder">The folder of <c>loralint-trainer.dll</c>.</param>
internal sealed record EngineSources(string Project, IReadOnlyList<string> Files, string TrainerFolder)
{
    private const string ProjectName = "LoraLint.Trainer.Torch.csproj";

    /// <summary>Finds them: in the folder <c>torch</c> beside the trainer, else in the checkout that the trainer was built in.</summary>
    /// <exception cref="UserMistakeException">They are not there.</exception>
    public static EngineSources Find(TrainerLocation trainer)
    {
        var folder = trainer.Folder;
        if (!File.Exists(Path.Join(folder, "loralint-trainer.dll")))
            throw new UserMistakeException($"an engine is compiled against loralint-trainer.dll, which is not in {folder}");
        var sources = Path.Join(folder, "torch");
        if (!File.Exists(Path.Join(sources, ProjectName)))
        {
            sources = TrainerLocation.CheckoutOf(folder) is { } root ? Path.Join(root, "src", "Trainer", "Engines", "Torch")
                : throw new UserMistakeException($"the sources of the engine are not beside the trainer ({sources}); "
                    + "install LoraLint as a .NET tool, which brings them");
        }

        return new EngineSources(Path.Join(sources, ProjectName), [.. FilesOf(sources)], folder);
    }

    /// <summary>A file's place below the folder of the project.</summary>
    public string NameOf(string file) => Path.GetRelativePath(Path.GetDirectoryName(Project)!, file);

    private static IEnumerable<string> FilesOf(string folder) => Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
        .Where(f => Path.GetExtension(f) is ".cs" or ".csproj")
        .Where(f => Path.GetRelativePath(folder, f).Split(Path.DirectorySeparatorChar)[0] is not ("bin" or "obj"))
        .Order(StringComparer.Ordinal);
}
