using LoraLint.Advisor.Commands;
using LoraLint.Advisor.Reading;
using LoraLint.Advisor.Training;
using LoraLint.Rules.Linting;
using LoraLint.Rules.Runs;
using LoraLint.Rules.Runs.Resolving;

namespace LoraLint.Advisor.Advice;

/// <summary>
/// The data that is looked at: files named on the command line, else those that the config trains on. What their rows hold is what the
/// config says, where it can be trained here, else what the first row shows.
/// </summary>
internal static class DataSources
{
    private const int UsualLength = 2048;

    /// <summary>Finds it; null where nobody names any that is here.</summary>
    /// <param name="terminal">Where the command runs.</param>
    /// <param name="named">Files named on the command line.</param>
    /// <param name="config">The config's path as the user named it, or null.</param>
    /// <param name="recognised">The config, or null.</param>
    /// <param name="model">The base model named on the command line, or null.</param>
    /// <param name="files">The files around it.</param>
    /// <param name="problem">Why there is none.</param>
    /// <exception cref="UserMistakeException">A file that is named is not there, or its rows are of no known kind.</exception>
    public static DataOptions? Find(
        Terminal terminal, IReadOnlyList<string> named, string? config, RecognisedConfig? recognised, string? model, CompanionFiles files,
        out string problem)
    {
        problem = "";
        var models = BaseModelFolder.Of(terminal.Variable);
        var folder = config is not null ? Path.GetDirectoryName(terminal.FullPath(config))! : terminal.Folder;
        var places = new RunPlaces(terminal.Folder, folder, models);
        var length = recognised is not null && recognised.Config.MaxSequenceLength.TryGet(out var written) && written is >= 1 and <= 1 << 24
            ? (int)written : UsualLength;
        if (named.Count > 0)
            return new DataOptions { Train = [.. named.Select(Named)], MaxSequenceLength = length };
        if (recognised is null)
        {
            problem = "no data is named: --data takes files";
            return null;
        }

        var resolved = RunResolver.Resolve(recognised, places, new RunOverrides { Model = model });
        if (resolved.Run is { Data.Train.Count: > 0 } run)
            return run.Data;
        if (!recognised.Config.Dataset.TryGet(out var sources) || sources.Count == 0)
        {
            problem = "the config names no data: --data takes files";
            return null;
        }

        var found = new List<DataSource>();
        foreach (var source in sources)
        {
            if (files.Locate(source) is not { } path || !File.Exists(path))
            {
                problem = $"{source} is no file on this machine: --data takes files";
                return null;
            }

            if (SourceOf(path, places) is not { } read)
            {
                problem = WhyUnknown(source);
                return null;
            }

            found.Add(read);
        }

        return new DataOptions { Train = found, MaxSequenceLength = length };

        DataSource Named(string path)
        {
            var full = terminal.FullPath(path);
            if (!File.Exists(full))
            {
                throw new UserMistakeException(
                    Directory.Exists(full) ? $"{path} is a folder; name the files in it" : $"no such file: {path}");
            }

            return SourceOf(full, places) ?? throw new UserMistakeException(WhyUnknown(path));
        }
    }

    private static DataSource? SourceOf(string path, RunPlaces places)
    {
        if (Path.GetExtension(path).ToLowerInvariant() is ".txt" or ".text" or ".md")
            return new DataSource { Path = path, Format = DataFormat.Text };
        return RowFormat.Of(places.FirstRowKeys(path) ?? [], DataFormat.PromptCompletion) is { } format
            ? new DataSource { Path = path, Format = format } : null;
    }

    private static string WhyUnknown(string path) =>
        $"{path}: it has no first row of messages, conversations, prompt and completion, instruction and output, or text; data comes as "
        + ".jsonl, .json or .txt";
}
