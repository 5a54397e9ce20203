using System.Text.Json;
using LoraLint.Rules.Runs;
using LoraLint.Tests.Support;
using LoraLint.Trainer.Engines;
using LoraLint.Trainer.Models;

namespace LoraLint.Tests.Trainer.Reference;

/// <summary>
/// One file of tests/reference/cases: a model, how it is trained, and what the reference got. Options are told in the keys of PEFT's
/// adapter_config.json.
/// </summary>
public sealed class ReferenceCase : IDisposable
{
    private readonly SafetensorsFile _file;
    private readonly JsonDocument _document;

    private ReferenceCase(string name)
    {
        Name = name;
        _file = SafetensorsFile.Open(Repository.PathTo("tests", "reference", "cases", name + ".safetensors"));
        _document = JsonDocument.Parse(_file.Metadata["case"]);
        Model = ModelFolder.Open(Repository.PathTo("tests", "reference", "models", Text("model")));
    }

    /// <summary>All cases, by the name of their file.</summary>
    public static IReadOnlyList<string> Names { get; } =
    [
        .. Directory.EnumerateFiles(Repository.PathTo("tests", "reference", "cases"), "*.safetensors")
            .Select(path => Path.GetFileNameWithoutExtension(path)!)
            .Where(name => name != "quantizer")
            .Order(StringComparer.Ordinal),
    ];

    public string Name { get; }

    public ModelFolder Model { get; }

    /// <summary>Names of all tensors of the file.</summary>
    public IEnumerable<string> TensorNames => _file.Entries.Select(entry => entry.Name);

    /// <summary>Names of the trained tensors.</summary>
    public IEnumerable<string> TrainedNames =>
        TensorNames.Where(name => name.StartsWith("initial.", StringComparison.Ordinal)).Select(name => name["initial.".Length..]);

    /// <summary>The mean loss before each step, and that after the last one.</summary>
    public double[] Losses => Numbers("losses");

    /// <summary>The sums of the losses of each micro batch before the first step.</summary>
    public double[] MicroLosses => Numbers("micro_losses");

    /// <summary>The norm of the first step's gradient.</summary>
    public double GradientNorm => Numbers("gradient_norm")[0];

    public int Steps => Root.GetProperty("steps").GetInt32();

    public double LearningRate => Optimizer.GetProperty("learning_rate").GetDouble();

    /// <summary>The norm that gradients are clipped to; 0 for not at all.</summary>
    public double MaxGradNorm => Optimizer.GetProperty("max_grad_norm").GetDouble();

    public QuantizationOptions? Quantization => Root.GetProperty("quantization") is { ValueKind: JsonValueKind.Object } options
        ? new QuantizationOptions { Type = options.GetProperty("type").GetString()!, Double = options.GetProperty("double").GetBoolean() }
        : null;

    /// <summary>The micro batches of each step.</summary>
    public IReadOnlyList<TokenBatch> Batches =>
    [
        .. Root.GetProperty("batches").EnumerateArray()
            .Select(batch => new TokenBatch(Integers(batch, "tokens"), Integers(batch, "targets"), Integers(batch, "starts"))),
    ];

    /// <summary>The adapter as a run has it.</summary>
    public LoraOptions Lora
    {
        get
        {
            var adapter = Root.GetProperty("adapter");
            var targets = adapter.GetProperty("target_modules");
            var single = targets.ValueKind == JsonValueKind.String ? targets.GetString() : null;
            return new LoraOptions
            {
                Rank = adapter.GetProperty("r").GetInt32(),
                Alpha = adapter.GetProperty("lora_alpha").GetDouble(),
                UseRslora = Flag(adapter, "use_rslora"),
                UseDora = Flag(adapter, "use_dora"),
                TargetsAllLinear = single == "all-linear",
                TargetPattern = single == "all-linear" ? null : single,
                TargetModules = single is null ? Texts(targets) : [],
                Layers = adapter.TryGetProperty("layers_to_transform", out var layers)
                    ? [.. layers.EnumerateArray().Select(layer => layer.GetInt64())] : null,
                RankPattern = adapter.TryGetProperty("rank_pattern", out var ranks)
                    ? ranks.EnumerateObject().ToDictionary(entry => entry.Name, entry => entry.Value.GetInt32()) : new(),
                AlphaPattern = adapter.TryGetProperty("alpha_pattern", out var alphas)
                    ? alphas.EnumerateObject().ToDictionary(entry => entry.Name, entry => entry.Value.GetDouble()) : new(),
                ModulesToSave = adapter.TryGetProperty("modules_to_save", out var saved) ? Texts(saved) : [],
                Bias = (adapter.TryGetProperty("bias", out var bias) ? bias.GetString() : "none") switch
                {
                    "none" => LoraBias.None,
                    "lora_only" => LoraBias.LoraOnly,
                    "all" => LoraBias.All,
                    var other => throw new InvalidDataException($"{Name}: bias {other}"),
                },
            };
        }
    }

    /// <summary>What the reference made of the adapter's options, so that an engine is tested without the planner.</summary>
    public AdapterPlan Plan
    {
        get
        {
            var plan = Root.GetProperty("plan");
            var modules = plan.GetProperty("modules").EnumerateArray().Select(module =>
            {
                var name = module.GetProperty("name").GetString()!;
                var a = _file.FindEntry("initial." + AdapterKeys.A(name))!.Shape;
                var b = _file.FindEntry("initial." + AdapterKeys.B(name))!.Shape;
                return new AdaptedModule(
                    name, (int)a[1], (int)b[0], module.GetProperty("rank").GetInt32(), module.GetProperty("scaling").GetDouble());
            });
            var lora = Lora;
            return new AdapterPlan([.. modules], lora.UseDora, lora.Bias, Texts(plan.GetProperty("saved")));
        }
    }

    private JsonElement Root => _document.RootElement;

    private JsonElement Optimizer => Root.GetProperty("optimizer");

    public static ReferenceCase Open(string name) => new(name);

    /// <summary>The engine's options for the case.</summary>
    public EngineOptions EngineOptions(int threads) => new()
    {
        Threads = threads,
        Quantization = Quantization,
        Optimizer = Optimizer.GetProperty("name").GetString()!,
        Beta1 = Optimizer.GetProperty("beta1").GetDouble(),
        Beta2 = Optimizer.GetProperty("beta2").GetDouble(),
        Epsilon = Optimizer.GetProperty("epsilon").GetDouble(),
        WeightDecay = Optimizer.GetProperty("weight_decay").GetDouble(),
        LoraPlusRatio = Optimizer.GetProperty("lora_plus_ratio").GetDouble(),
    };

    /// <summary>A tensor of floating point values: logits, or <c>initial</c>, <c>gradient</c>, <c>final</c> and a name.</summary>
    public float[] Read(string name)
    {
        var tensor = _file.Find(name) ?? throw new InvalidDataException($"{Name} has no tensor {name}");
        var values = new float[tensor.Length];
        tensor.CopyTo(values);
        return values;
    }

    /// <summary>The shape of a tensor.</summary>
    public long[] ShapeOf(string name) => _file.FindEntry(name)!.Shape;

    /// <summary>The bytes of a tensor of bytes.</summary>
    public byte[] ReadBytes(string name)
    {
        var entry = _file.FindEntry(name) ?? throw new InvalidDataException($"{Name} has no tensor {name}");
        return _file.Bytes(entry, 0, (int)entry.Length).ToArray();
    }

    public void Dispose()
    {
        Model.Dispose();
        _document.Dispose();
        _file.Dispose();
    }

    private static bool Flag(JsonElement element, string name) => element.TryGetProperty(name, out var value) && value.GetBoolean();

    private static string[] Texts(JsonElement list) => [.. list.EnumerateArray().Select(text => text.GetString()!)];

    private static int[] Integers(JsonElement element, string name) =>
        [.. element.GetProperty(name).EnumerateArray().Select(number => number.GetInt32())];

    private string Text(string name) => Root.GetProperty(name).GetString()!;

    private double[] Numbers(string name) => [.. Root.GetProperty(name).EnumerateArray().Select(number => number.GetDouble())];
}
