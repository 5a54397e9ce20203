using LoraLint.Trainer.Engines.Managed;
using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using LoraLint.Advisor.Training;
using LoraLint.Rules.Runs;
using LoraLint.Tests.Support;
using LoraLint.Tests.Trainer.Models;
using LoraLint.Trainer.Commands;
using LoraLint.Trainer.Runs;

namespace LoraLint.Tests.Trainer.Training;

/// <summary>
/// A run of the real trainer on a tiny model with random weights, its tokenizer and its data; in this process or as one of its own.
/// </summary>
internal sealed partial class RealRun : IDisposable
{
    private const string Letters = "abcdefghijklmnopqrstuvwxyz ";
    private readonly ScratchFolder _scratch = new();

    public RealRun(Func<TrainingRun, TrainingRun>? change = null)
    {
        var model = TinyModel.Write(_scratch.PathTo("model"), TinyModel.Config());
        var vocabulary = new JsonObject { ["<unk>"] = 0, ["</s>"] = 1 };
        foreach (var letter in Letters)
            vocabulary[letter.ToString()] = vocabulary.Count;
        _scratch.Write("model/tokenizer.json", new JsonObject
        {
            ["version"] = "1.0",
            ["added_tokens"] = new JsonArray(Added(0, "<unk>"), Added(1, "</s>")),
            ["normalizer"] = null,
            ["pre_tokenizer"] = null,
            ["post_processor"] = null,
            ["decoder"] = new JsonObject { ["type"] = "Fuse" },
            ["model"] = new JsonObject { ["type"] = "BPE", ["unk_token"] = "<unk>", ["vocab"] = vocabulary, ["merges"] = new JsonArray() },
        }.ToJsonString());
        _scratch.Write("model/tokenizer_config.json", """{"eos_token": "</s>", "unk_token": "<unk>"}""");
        _scratch.Write("train.jsonl", Rows(40));
        _scratch.Write("valid.jsonl", Rows(5).Replace('a', 'z'));
        var run = new TrainingRun
        {
            BaseModel = model,
            Lora = new LoraOptions { TargetsAllLinear = true, Rank = 4, Alpha = 8, Dropout = 0.1 },
            Data = new DataOptions
            {
                Train = [new DataSource { Path = _scratch.PathTo("train.jsonl"), Format = DataFormat.PromptCompletion }],
                Validation = [new DataSource { Path = _scratch.PathTo("valid.jsonl"), Format = DataFormat.PromptCompletion }],
                MaxSequenceLength = 48,
            },
            Optimizer = new OptimizerOptions { LearningRate = 0.01, WarmupSteps = 3, WeightDecay = 0.01 },
            Training = new TrainingOptions
            {
                Epochs = 3, MicroBatchSize = 2, GradientAccumulationSteps = 2, GradientCheckpointing = false,
                Evaluate = new Cadence(7), Save = new Cadence(1), SaveLimit = 3, RestoreBest = true,
            },
            OutputDirectory = Folder,
        };
        run = change?.Invoke(run) ?? run;
        Directory.CreateDirectory(Folder);
        File.WriteAllBytes(Path.Combine(Folder, RunRecord.FileName), RunJson.Write(new RunRecord
        {
            Run = run, Config = new ConfigRecord("run.yaml", "loralint", "loralint: 1\n"), Findings = [], Notes = [], Forced = false,
            LoraLintVersion = "0.1.0",
        }));
    }

    public string Folder => _scratch.PathTo("out");

    public string Model => _scratch.PathTo("model");

    /// <summary>Hashes of the adapter's files, by name.</summary>
    public string Adapter => string.Join(' ', Directory.EnumerateFiles(Path.Combine(Folder, "adapter")).Order(StringComparer.Ordinal)
        .Where(path => !path.EndsWith(".json", StringComparison.Ordinal))
        .Select(path => Path.GetFileName(path) + " " + Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(path)))));

    /// <summary>Trains in this process.</summary>
    public (int Code, List<RunEvent> Events) Train(
        bool resume = false, int threads = 1, Action<RunEvent>? onEvent = null, TextReader? control = null)
    {
        var events = new List<RunEvent>();
        var code = RunCommand.Run(
            new RunRequest(Folder, resume, threads, new ManagedEngineKind(), null, control is not null), RunSetup.Prepare,
            found =>
            {
                events.Add(found);
                onEvent?.Invoke(found);
            },
            control);
        return (code, events);
    }

    /// <summary>Starts the trainer as a process.</summary>
    public TrainerProcess Start(params string[] options) => new(["run", Folder, "--threads", "1", .. options]);

    /// <summary>The losses of all steps.</summary>
    public IReadOnlyList<double> Losses() => [.. MetricsLog.Read(Folder).OfType<StepEvent>().Select(step => step.Loss)];

    public void Dispose() => _scratch.Dispose();

    private static JsonObject Added(int id, string text) => new()
    {
        ["id"] = id, ["content"] = text, ["single_word"] = false, ["lstrip"] = false, ["rstrip"] = false, ["normalized"] = false,
        ["special"] = true,
    };

    private static string Rows(int count)
    {
        var text = new StringBuilder();
        for (var i = 0; i < count; i++)
        {
            var letters = string.Concat(Enumerable.Range(0, 3 + i % 7).Select(j => Letters[(3 * i + 5 * j) % 20]));
            var row = new JsonObject { ["prompt"] = $"spell {letters} ", ["completion"] = $"{letters}{letters}" };
            text.Append(row.ToJsonString()).Append('\n');
        }

        return text.ToString();
    }
}

/// <summary>The trainer as a process.</summary>
internal sealed partial class TrainerProcess : IDisposable
{
    private readonly Process _process;
    private readonly Task<string> _error;

    /// <param name="arguments">The trainer's.</param>
    /// <param name="fileLimit">Blocks of 512 bytes that a file may have, for a disk that is full.</param>
    public TrainerProcess(IEnumerable<string> arguments, int? fileLimit = null)
    {
        // Tests that a shell started in the background have inherited that SIGINT is passed over, and so would the trainer.
        IEnumerable<string> command =
            [.. OperatingSystem.IsLinux() ? ["env", "--default-signal=INT"] : Array.Empty<string>(), "dotnet",
                Path.Combine(AppContext.BaseDirectory, "loralint-trainer.dll"), .. arguments];
        if (fileLimit is { } blocks)
            command = ["sh", "-c", $"trap '' XFSZ; ulimit -f {blocks}; exec \"$@\"", "sh", .. command];
        var start = new ProcessStartInfo(command.First(), command.Skip(1))
        {
            RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true,
        };
        if (fileLimit is not null)
        {
            // The runtime makes its code by way of a file in memory, which the limit would hit.
            start.Environment["DOTNET_EnableWriteXorExecute"] = "0";
        }

        _process = Process.Start(start)!;
        _error = _process.StandardError.ReadToEndAsync();
    }

    /// <summary>The lines so far.</summary>
    public List<string> Lines { get; } = [];

    public StreamWriter Input => _process.StandardInput;

    /// <summary>Reads lines until one is of an event, so many times; false when the output ended before.</summary>
    public bool WaitFor(string name, int times = 1)
    {
        while (times > 0 && _process.StandardOutput.ReadLine() is { } line)
        {
            Lines.Add(line);
            if (JsonDocument.Parse(line).RootElement.GetProperty("event").GetString() == name)
                times--;
        }

        return times == 0;
    }

    /// <summary>As kill -9 does it.</summary>
    public void Kill()
    {
        _process.Kill();
        _process.WaitForExit();
    }

    public void Signal(PosixSignal signal) => Assert.Equal(0, SendSignal(_process.Id, signal == PosixSignal.SIGINT ? 2 : 15));

    /// <summary>Waits for the end.</summary>
    public (int Code, JsonElement Last, string Error) Wait()
    {
        WaitFor("none of these");
        _process.WaitForExit();
        var last = Lines.Count > 0 ? JsonDocument.Parse(Lines[^1]).RootElement : default;
        return (_process.ExitCode, last, _error.Result);
    }

    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill();
        _process.Dispose();
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int SendSignal(int process, int signal);
}
