using System.Text.Json.Nodes;
using LoraLint.Rules.Runs;
using LoraLint.Tests.Trainer.Training;
using LoraLint.Trainer.Runs;

namespace LoraLint.Tests.Trainer.Commands;

/// <summary>
/// Runs whose model, tokenizer, data or folder are damaged, hostile or do not fit, through the trainer's front door: each gives one clear
/// error that names the file and the place, the code 2, and leaves what was written before as it was.
/// </summary>
public sealed class HostileRunTests
{
    private static readonly Dictionary<string, Case> s_cases = new(StringComparer.Ordinal)
    {
        ["no base model"] = new(run => Directory.Delete(run.Model, true), "model: there is no such folder"),
        ["a model that is a file"] = new(run => Replace(run.Model, "x"), "model"),
        ["no config.json"] = new(run => File.Delete(Of(run, "model/config.json")), "config.json"),
        ["an empty config.json"] = new(run => Write(run, "model/config.json", ""), "config.json"),
        ["a config.json cut short"] = new(run => Halve(run, "model/config.json"), "config.json"),
        ["a config.json that is a list"] = new(run => Write(run, "model/config.json", "[]"), "config.json"),
        ["another architecture"] = new(run => Set(run, "model/config.json", "model_type", "mamba"), "config.json: model_type"),
        ["a model without layers"] = new(run => Set(run, "model/config.json", "num_hidden_layers", 0), "config.json: num_hidden_layers"),
        ["a model of a billion layers"] = new(
            run => Set(run, "model/config.json", "num_hidden_layers", 1_000_000_000), "config.json: num_hidden_layers"),
        ["a negative size"] = new(run => Set(run, "model/config.json", "hidden_size", -16), "config.json: hidden_size"),
        ["a size that is a text"] = new(run => Set(run, "model/config.json", "hidden_size", "16"), "config.json: hidden_size"),
        ["heads that do not divide"] = new(run => Set(run, "model/config.json", "num_key_value_heads", 3), "config.json: num_"),
        ["another shape than the weights have"] = new(run => Set(run, "model/config.json", "intermediate_size", 32), "model.safetensors"),
        ["more layers than the weights have"] = new(run => Set(run, "model/config.json", "num_hidden_layers", 3), "model.layers.2."),
        ["an unknown activation"] = new(run => Set(run, "model/config.json", "hidden_act", "mish"), "config.json: hidden_act"),
        ["no weights"] = new(run => File.Delete(Of(run, "model/model.safetensors")), "safetensors"),
        ["pickled weights alone"] = new(
            run => File.Move(Of(run, "model/model.safetensors"), Of(run, "model/pytorch_model.bin")), "safetensors"),
        ["empty weights"] = new(run => Write(run, "model/model.safetensors", ""), "model.safetensors"),
        ["weights cut short"] = new(run => Halve(run, "model/model.safetensors"), "model.safetensors: hold"),
        ["weights that are a Git LFS pointer"] = new(
            run => Write(run, "model/model.safetensors", "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 5\n"),
            "model.safetensors"),
        ["a header that claims exabytes"] = new(
            run => Patch(run, "model/model.safetensors", 0, [255, 255, 255, 255, 255, 255, 255, 127]), "model.safetensors"),
        ["a header that is no JSON"] = new(run => Patch(run, "model/model.safetensors", 8, "!!!!"u8), "model.safetensors"),
        ["a weight that is no number"] = new(
            run => PatchEnd(run, "model/model.safetensors", BitConverter.GetBytes(float.NaN)), "model are damaged, or too large",
            Begins: true),
        ["an index that names a file outside"] = new(
            run => Index(run, "../../../../etc/passwd"), "model.safetensors.index.json"),
        ["an index that names a file that is not there"] = new(
            run => Index(run, "model-00001-of-00002.safetensors"), "model-00001-of-00002.safetensors"),
        ["no tokenizer"] = new(run => File.Delete(Of(run, "model/tokenizer.json")), "tokenizer.json"),
        ["a tokenizer cut short"] = new(run => Halve(run, "model/tokenizer.json"), "tokenizer.json"),
        ["a tokenizer of another kind"] = new(run => Set(run, "model/tokenizer.json", "model.type", "WordPiece"), "tokenizer.json: model"),
        ["a tokenizer with an id beyond all"] = new(
            run => Set(run, "model/tokenizer.json", "model.vocab.a", 99_999_999_999), "tokenizer.json: model.vocab.a"),
        ["a tokenizer of another model"] = new(
            run => Set(run, "model/tokenizer.json", "model.vocab.a", 99), "the tokenizer belongs to another model"),
        ["a tokenizer with a pattern without end"] = new(
            run => Set(
                run, "model/tokenizer.json", "pre_tokenizer",
                JsonNode.Parse("""{"type": "Split", "pattern": {"Regex": "(a*)*"}, "behavior": "Isolated", "invert": false}""")),
            "tokenizer.json: pre_tokenizer.pattern.Regex"),
        ["an end token that does not exist"] = new(
            run => Set(run, "model/tokenizer_config.json", "eos_token", "<end>"), "tokenizer_config.json: eos_token"),
        ["no training data"] = new(run => File.Delete(Of(run, "train.jsonl")), "train.jsonl"),
        ["empty training data"] = new(run => Write(run, "train.jsonl", ""), "train.jsonl"),
        ["data that are a folder"] = new(run =>
        {
            File.Delete(Of(run, "train.jsonl"));
            Directory.CreateDirectory(Of(run, "train.jsonl"));
        }, "train.jsonl"),
        ["data cut short"] = new(
            run => Write(run, "train.jsonl", File.ReadAllText(Of(run, "train.jsonl"))[..^9]), "train.jsonl:40: not valid JSON"),
        ["data that are no UTF-8"] = new(run => Patch(run, "train.jsonl", 14, [0xE9]), "train.jsonl:1: byte 0xE9"),
        ["compressed data"] = new(run => Patch(run, "train.jsonl", 0, [0x1F, 0x8B, 8, 0]), "train.jsonl: is compressed with gzip"),
        ["rows of another format"] = new(
            run => Append(run, "train.jsonl", """{"messages": []}"""), "train.jsonl:41: there is no \"completion\""),
        ["a row nested too deep"] = new(run => Append(run, "train.jsonl", new string('[', 50_000)), "train.jsonl:41"),
        ["half a character"] = new(
            run => Append(run, "train.jsonl", """{"prompt": "a", "completion": "\ud800"}"""), "train.jsonl:41: \"completion\" holds half"),
        ["a NUL"] = new(
            run => Append(run, "train.jsonl", """{"prompt": "a", "completion": "\u0000"}"""), "train.jsonl:41: \"completion\" holds a NUL"),
        ["nothing to learn"] = new(run => Write(run, "train.jsonl", """{"prompt": "a", "completion": ""}"""), "train.jsonl: no sample"),
        ["validation data of another format"] = new(run => Append(run, "valid.jsonl", """{"text": "a"}"""), "valid.jsonl:6: there is no"),
        ["samples longer than the model's context"] = new(
            run => Append(run, "train.jsonl", $$"""{"prompt": "{{new string('a', 90)}}", "completion": "b"}"""), "the model handles 64",
            Change: r => r with { Data = r.Data with { MaxSequenceLength = 4096 } }),
        ["conversations and no chat template"] = new(
            run => Write(run, "train.jsonl", """{"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]}"""),
            "the model has no chat template",
            Change: r => r with { Data = r.Data with { Train = [r.Data.Train[0] with { Format = DataFormat.Chat }] } }),
        ["a chat template that nobody knows"] = new(
            _ => { }, "Chat template 'mine' is not known", Change: r => r with { Data = r.Data with { ChatTemplate = "mine" } }),
        ["a target that is not in the model"] = new(
            _ => { }, "query_key_value",
            Change: r => r with { Lora = r.Lora with { TargetsAllLinear = false, TargetModules = ["query_key_value"] } }),
        ["a layer that is not in the model"] = new(_ => { }, "layer", Change: r => r with { Lora = r.Lora with { Layers = [7] } }),
        ["a pattern that is no pattern"] = new(
            _ => { }, "(q_proj", Change: r => r with { Lora = r.Lora with { TargetsAllLinear = false, TargetPattern = "(q_proj" } }),
        ["no run.json"] = new(run => File.Delete(Of(run, "out/run.json")), "run.json is not there"),
        ["a run.json cut short"] = new(run => Halve(run, "out/run.json"), "run.json is no run of this version"),
        ["a run.json with a key too many"] = new(
            run => Set(run, "out/run.json", "run.training.warp", 9), "run.json is no run of this version"),
        ["a run.json with a rank of zero"] = new(
            run => Set(run, "out/run.json", "run.lora.rank", 0),
            "run.json is no run of this version of LoraLint: $.run.lora.rank: Rank 0 is no rank: it has to be at least 1"),
        ["a run.json with a cadence of less than nothing"] = new(
            run => Set(run, "out/run.json", "run.training.save.steps", -3), "$.run.training.save.steps: Steps -3 is out of range"),
        ["a run.json with an optimizer that nobody knows"] = new(
            run => Set(run, "out/run.json", "run.optimizer.name", "adam"), "$.run.optimizer.name: LoraLint does not take adam for Name"),
        ["a run.json with a key too few"] = new(run => Remove(run, "out/run.json", "training"), "run.json is no run of this version"),

        // Runs with a checkpoint, that go on.
        ["a checkpoint without its state"] = new(run => File.Delete(Newest(run, "state.json")), "state.json", Resumes: true),
        ["a checkpoint's state cut short"] = new(run => HalveFile(Newest(run, "state.json")), "state.json", Resumes: true),
        ["a checkpoint's weights cut short"] = new(run => HalveFile(Newest(run, "adapter_model.safetensors")), "step-2", Resumes: true),
        ["a checkpoint's moments cut short"] = new(run => HalveFile(Newest(run, "trainer.safetensors")), "step-2", Resumes: true),
        ["a checkpoint's weights with a bit that changed"] = new(
            run => Flip(Newest(run, "adapter_model.safetensors")), "step-2", Resumes: true),
        ["a checkpoint's run cut short"] = new(run => HalveFile(Newest(run, "run.json")), "step-2", Resumes: true),
        ["other settings"] = new(
            run => Set(run, "out/run.json", "run.optimizer.learning_rate", 0.5), "optimizer.learning_rate: 0.01 became 0.5", Resumes: true),
        ["other data"] = new(run => Append(run, "train.jsonl", """{"prompt": "x", "completion": "y"}"""), "data changed", Resumes: true),
        ["another base model"] = new(run => Flip(Of(run, "model/model.safetensors")), "the base model in", Resumes: true),
        ["a finished run"] = new(run => Directory.CreateDirectory(Of(run, "out/adapter")), "holds a finished run", Resumes: true),
        ["a run that is there already"] = new(_ => { }, "--resume goes on with it", Resumes: true, AsksToResume: false),
    };

    public static TheoryData<string> Names => [.. s_cases.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_run_with_something_wrong_ends_with_one_clear_error_and_loses_nothing(string name)
    {
        var given = s_cases[name];
        using var run = new RealRun(given.Change);
        if (given.Resumes)
            TrainTwoSteps(run);
        given.Damage(run);
        var before = Contents(run.Folder);
        var (code, events) = run.Train(given.Resumes && given.AsksToResume);
        Assert.True(code == 2, $"{code}: {events[^1].ToJson()}");
        var error = Assert.Single(events.OfType<ErrorEvent>());
        Assert.Same(error, events[^1]);
        Assert.Equal("user", error.Kind);
        Assert.Contains(given.Expected, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("\n", error.Message, StringComparison.Ordinal);
        Assert.False(error.Message.EndsWith('.'), error.Message);
        if (given.Begins)
            Assert.All(before, file => Assert.Contains(file, Contents(run.Folder)));
        else
            Assert.Equal(before, Contents(run.Folder));
    }

    [Fact]
    public void A_folder_that_cannot_be_written_is_one_clear_error()
    {
        using var run = new RealRun();
        // Not even an administrator writes there: a file stands where the folder of the checkpoints belongs.
        Write(run, "out/checkpoints", "x");
        var (code, events) = run.Train();
        Assert.Equal(2, code);
        var error = Assert.Single(events.OfType<ErrorEvent>());
        Assert.Equal("user", error.Kind);
        Assert.Contains(Of(run, "out/checkpoints"), error.Message, StringComparison.Ordinal);
        Assert.Equal("x", File.ReadAllText(Of(run, "out/checkpoints")));
    }

    [Fact]
    public void A_disk_that_is_full_ends_the_run_with_one_clear_error_and_what_was_saved_goes_on()
    {
        if (OperatingSystem.IsWindows())
            return;
        using var run = new RealRun(r => r with { Training = r.Training with { MaxSteps = 400, Save = new Cadence(20) } });
        // No file may have more than 64 KiB: the log of the steps gets there, a checkpoint's files do not.
        using (var process = new TrainerProcess(["run", run.Folder, "--threads", "1"], fileLimit: 128))
        {
            var (code, last, error) = process.Wait();
            Assert.True(code == 2, $"{code} {last} {error}");
            Assert.Equal(("error", "user"), (last.GetProperty("event").GetString(), last.GetProperty("kind").GetString()));
            Assert.Contains($"cannot write {run.Folder}", last.GetProperty("message").GetString(), StringComparison.Ordinal);
            Assert.Contains("ulimit -f", last.GetProperty("message").GetString(), StringComparison.Ordinal);
            Assert.Single(process.Lines, line => line.Contains("\"event\":\"error\"", StringComparison.Ordinal));
        }

        var (resumed, events) = run.Train(resume: true);
        Assert.True(resumed == 0, events[^1].ToJson());
        Assert.InRange(events.OfType<StartEvent>().Single().ResumedFrom ?? 0, 20, 380);
        Assert.Equal(400, run.Losses().Count);
    }

    private static void TrainTwoSteps(RealRun run)
    {
        // As a run that dies: the third step is not done.
        var died = new IOException("the test ends the run here");
        var (_, events) = run.Train(onEvent: found =>
        {
            if (found is CheckpointEvent { Step: 2 })
                throw died;
        });
        Assert.Contains("the test ends the run here", Assert.IsType<ErrorEvent>(events[^1]).Message, StringComparison.Ordinal);
    }

    private static string Of(RealRun run, string path) => Path.GetFullPath(Path.Combine(run.Folder, "..", path));

    private static string Newest(RealRun run, string file) => Of(run, $"out/checkpoints/step-2/{file}");

    private static void Write(RealRun run, string path, string text) => File.WriteAllText(Of(run, path), text);

    private static void Append(RealRun run, string path, string row) => File.AppendAllText(Of(run, path), row + "\n");

    private static void Replace(string folder, string text)
    {
        Directory.Delete(folder, recursive: true);
        File.WriteAllText(folder, text);
    }

    private static void Halve(RealRun run, string path) => HalveFile(Of(run, path));

    private static void HalveFile(string path)
    {
        var bytes = File.ReadAllBytes(path);
        File.WriteAllBytes(path, bytes[..(bytes.Length / 2)]);
    }

    private static void Flip(string path)
    {
        var bytes = File.ReadAllBytes(path);
        bytes[^3] ^= 1;
        File.WriteAllBytes(path, bytes);
    }

    private static void Patch(RealRun run, string path, int at, ReadOnlySpan<byte> with)
    {
        var bytes = File.ReadAllBytes(Of(run, path));
        with.CopyTo(bytes.AsSpan(at));
        File.WriteAllBytes(Of(run, path), bytes);
    }

    private static void PatchEnd(RealRun run, string path, byte[] with) =>
        Patch(run, path, (int)new FileInfo(Of(run, path)).Length - with.Length, with);

    private static void Set(RealRun run, string path, string key, JsonNode? value)
    {
        var root = JsonNode.Parse(File.ReadAllText(Of(run, path)))!;
        var at = root;
        var parts = key.Split('.');
        foreach (var part in parts[..^1])
            at = at[part]!;
        at[parts[^1]] = value;
        Write(run, path, root.ToJsonString());
    }

    private static void Remove(RealRun run, string path, string key)
    {
        var root = JsonNode.Parse(File.ReadAllText(Of(run, path)))!;
        Assert.True(root["run"]!.AsObject().Remove(key));
        Write(run, path, root.ToJsonString());
    }

    private static void Index(RealRun run, string file)
    {
        File.Delete(Of(run, "model/model.safetensors"));
        Write(
            run, "model/model.safetensors.index.json",
            new JsonObject { ["weight_map"] = new JsonObject { ["model.embed_tokens.weight"] = file } }.ToJsonString());
    }

    // All files by name and content; the lock is empty and stays.
    private static List<string> Contents(string folder) =>
        [.. Directory.EnumerateFileSystemEntries(folder, "*", SearchOption.AllDirectories)
            .Where(path => Path.GetFileName(path) != ".lock").Order(StringComparer.Ordinal)
            .Select(path => File.Exists(path) ? $"{path} {Convert.ToHexString(File.ReadAllBytes(path))}" : path)];

    private sealed record Case(
        Action<RealRun> Damage, string Expected, Func<TrainingRun, TrainingRun>? Change = null, bool Resumes = false,
        bool AsksToResume = true, bool Begins = false);
}
