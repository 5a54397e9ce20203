using System.Globalization;
using LoraLint.Advisor.Commands;
using LoraLint.Advisor.Training;
using LoraLint.Rules.Runs;

namespace LoraLint.Advisor.Advice.Ranks;

/// <summary>Has the trainer look at data, as a process, and gathers what it tells.</summary>
internal static class SpectraRun
{
    /// <summary>Rows that are drawn where nobody says how many: forward and backward passes are dear.</summary>
    public const int UsualRows = 1000, UsualRowsInModel = 128;

    /// <summary>Looks.</summary>
    /// <param name="terminal">Where the command runs.</param>
    /// <param name="trainer">How the trainer is started.</param>
    /// <param name="run">The data, and what else is known: the base model's folder, the adapter.</param>
    /// <param name="request">How deep, how many rows.</param>
    /// <param name="depth">texts, embeddings or model.</param>
    /// <exception cref="UserMistakeException">The trainer says what is wrong.</exception>
    public static DataSpectra Look(Terminal terminal, TrainerLocation trainer, TrainingRun run, RankRequest request, string depth)
    {
        var rows = request.SampleRows ?? (depth == "model" ? UsualRowsInModel : UsualRows);
        var file = Path.Join(Path.GetTempPath(), $"loralint-rank-{Guid.NewGuid():N}.json");
        var gathered = new Gathered();
        int code;
        try
        {
            File.WriteAllBytes(file, RunJson.Write(RecordOf(run)));
            List<string> arguments =
            [
                "spectrum", file, "--depth", depth, "--rows", Whole(rows), "--seed", Whole(request.Seed),
            ];
            // As deep as it goes, where nobody asked for a depth.
            if (request.Depth is null)
                arguments.Add("--or-less");
            code = new TrainerProcess(trainer, terminal.Folder, terminal.Error).Run(arguments, gathered.Add);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new UserMistakeException($"cannot write {file}: {exception.Message.TrimEnd('.')}");
        }
        finally
        {
            File.Delete(file);
        }

        if (gathered.Error is { } error)
            throw new UserMistakeException(error);
        if (code != 0)
        {
            throw new UserMistakeException(TrainerProcess.SignalOf(code) is { } signal
                ? $"the trainer was ended by {TrainerProcess.NameOf(signal)} while it looked at the data"
                : $"the trainer ended with exit code {Whole(code)} while it looked at the data");
        }

        return gathered.Spectra(request.Seed, run.Lora.Rank);
    }

    private static RunRecord RecordOf(TrainingRun run) => new()
    {
        Run = run, Config = new ConfigRecord("", "", ""), Findings = [], Notes = [], Forced = false, LoraLintVersion = Program.Version,
    };

    private static string Whole(long number) => number.ToString(CultureInfo.InvariantCulture);

    private sealed class Gathered
    {
        private readonly List<MeasuredSpectrum> _spectra = [];
        private readonly List<ModuleRank> _ranks = [];
        private readonly List<string> _warnings = [];
        private TrainerEvent? _sample;
        private double? _loss;

        public string? Error { get; private set; }

        public void Add(TrainerEvent found)
        {
            switch (found.Name)
            {
                case "sample":
                    _sample = found;
                    break;
                case "spectrum":
                    _spectra.Add(new MeasuredSpectrum(
                        found.Text("of") ?? "", found.Text("module"), found.Count("rows") ?? 0, found.Count("columns") ?? 0,
                        found.Count("k90"), found.Count("k95"), found.Count("k99"), found.Number("effective_rank") ?? 0,
                        found.Number("stable_rank") ?? 0, found.Number("participation_ratio") ?? 0, found.Number("covered") ?? 1));
                    break;
                case "module_rank":
                    _ranks.Add(new ModuleRank(
                        found.Text("by") ?? "", found.Text("module") ?? "", found.Count("rank") ?? 0, found.Number("importance")));
                    break;
                case "base_loss":
                    _loss = found.Number("loss");
                    break;
                case "warning":
                    _warnings.Add(found.Text("message") ?? "");
                    break;
                case "error":
                    Error = found.Text("message")
                        + (found.Text("kind") == "defect" ? "; this is a defect of LoraLint, please report it" : "");
                    break;
            }
        }

        public DataSpectra Spectra(long seed, int averageRank) => new()
        {
            Depth = _ranks.Count > 0 || _spectra.Any(s => s.Module is not null) ? "model"
                : _spectra.Any(s => s.Of == "embeddings") ? "embeddings" : "texts",
            Seed = seed,
            AverageRank = averageRank,
            Rows = _sample?.Count("rows") ?? 0,
            Drawn = _sample?.Count("drawn") ?? 0,
            TokensPerRow = _sample?.Number("tokens_per_row"),
            AnswerTokensPerRow = _sample?.Number("answer_tokens_per_row"),
            BaseLoss = _loss,
            Spectra = _spectra,
            ModuleRanks = _ranks,
            Warnings = _warnings,
        };
    }
}
