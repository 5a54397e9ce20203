using System.Globalization;
using LoraLint.Advisor.Commands;
using LoraLint.Rules.Configs;
using LoraLint.Rules.Knowledge.Memory;
using LoraLint.Rules.Knowledge.Models;
using LoraLint.Rules.Linting;

namespace LoraLint.Advisor.Lsp;

/// <summary>
/// What follows from a config's settings: the scaling, the samples of a step, the parameters that are trained, the memory that the
/// run takes.
/// </summary>
/// <param name="recognised">The config.</param>
/// <param name="files">The files around it.</param>
/// <param name="gpu">The card that it is to run on, or null.</param>
internal sealed class ConfigFacts(RecognisedConfig recognised, ICompanionFiles files, Gpu? gpu = null)
{
    private readonly BaseModelView _model = new(recognised, files);

    private TrainingConfig Config => recognised.Config;

    /// <summary>The settings that hints stand behind, with the hint and what it means.</summary>
    public IEnumerable<(ConfigEntry Entry, string Hint, string Meaning)> Hints()
    {
        if (!Config.TrainsLora)
            yield break;
        if (WrittenOf(Config.Alpha, Config.Rank) is { } alpha && Scaling() is { } scaling)
            yield return (alpha, "scaling " + ConfigEditor.Number(Math.Round(Config.Scaling.Or(0), 4)), scaling);
        if (WrittenOf(Config.GradientAccumulationSteps, Config.MicroBatchSize) is { } batch && Batch() is { } samples)
            yield return (batch, ConfigEditor.Number(samples) + " samples a step", BatchText(samples));
        if (WrittenOf(Config.TargetModules, Config.Rank) is { } targets && Adapter() is { } adapter)
            yield return (targets, $"{Count(adapter.Trainable)} trainable ({Percent(adapter.Share)})", TrainableText(adapter));
    }

    /// <summary>What there is to say of a setting besides what its key means, each a sentence in Markdown.</summary>
    /// <param name="place">The key or value.</param>
    public IEnumerable<string> About(ConfigPlace place)
    {
        foreach (var (name, of) in InspectedSettings.All)
        {
            var setting = of(Config);
            if (setting.Key == place.Path && setting.Origin != SettingOrigin.Absent && setting.IsKnown)
                yield return $"Here: `{InspectedSettings.Show(setting.BoxedValue)}` ({name}, {InspectedSettings.OriginOf(setting)})";
        }

        if (IsAt(place, Config.Rank, Config.Alpha) && Scaling() is { } scaling)
            yield return scaling;
        if (IsAt(place, Config.MicroBatchSize, Config.GradientAccumulationSteps) && Batch() is { } samples)
            yield return BatchText(samples);
        if (IsAt(place, Config.BaseModel) && _model.Model is { } model)
            yield return $"{Count(model.Parameters)} parameters in {model.Shape.Layers} layers";
        if (IsAt(
            place, Config.BaseModel, Config.Rank, Config.QuantizationBits, Config.MicroBatchSize, Config.MaxSequenceLength,
            Config.GradientCheckpointing, Config.Optimizer) && MemoryText() is { } memory)
            yield return memory;
        if (!IsAt(place, Config.Rank, Config.TargetModules) || Adapter() is not { } adapter)
            yield break;
        if (place.Item is { IsScalar: true } item && IsAt(place, Config.TargetModules) && ModuleText(adapter, item.Text) is { } module)
            yield return module;
        yield return TrainableText(adapter);
    }

    // The rules of PEFT tell which modules a name means; where versions of the library differ, nothing is said.
    private AdapterShape? Adapter()
    {
        var adapters = _model.Adapters;
        return adapters.Count > 0 && _model.Request is { NotCounted: null } && adapters.All(a => a.Trainable == adapters[0].Trainable)
            ? adapters[0] : null;
    }

    private string? Scaling()
    {
        if (!Config.Scaling.TryGet(out var scaling) || !Config.Rank.TryGet(out var rank) || !Config.Alpha.TryGet(out var alpha))
            return null;
        var divisor = Config.UseRslora.Or(false) ? $"√{ConfigEditor.Number(rank)}" : ConfigEditor.Number(rank);
        return $"The adapter's output is multiplied by alpha / {(Config.UseRslora.Or(false) ? "√rank" : "rank")} = "
            + $"{ConfigEditor.Number(alpha)} / {divisor} = {ConfigEditor.Number(Math.Round(scaling, 4))}";
    }

    private double? Batch() =>
        Config.MicroBatchSize.TryGet(out var micro) && Config.GradientAccumulationSteps.TryGet(out var sums) && micro >= 1 && sums >= 1
            ? micro * sums : null;

    private string BatchText(double samples) =>
        $"An optimizer step sums up {ConfigEditor.Number(Config.MicroBatchSize.Or(1))} × "
        + $"{ConfigEditor.Number(Config.GradientAccumulationSteps.Or(1))} = {ConfigEditor.Number(samples)} samples on each device";

    // The numbers of `loralint estimate`, and of the rules about memory.
    private string? MemoryText()
    {
        if (new ConfigWorkload(recognised, _model).Read() is not { } load || load.Estimate() is not { } memory)
            return null;
        var verdict = "";
        if (gpu is not null)
        {
            var fit = CardFit.Of(load, gpu.Bytes).Verdict switch { Fit.Fits => "fits", Fit.Unsure => "may not fit", _ => "does not fit" };
            verdict = $": it {fit} {gpu.Name} with {CardMemory.InFull(gpu.Bytes)}";
        }

        return $"The run takes {memory.InBrief()} of a card with sequences of {load.SequenceLength} tokens{verdict} ({memory.InParts()})";
    }

    private static string TrainableText(AdapterShape adapter) =>
        $"{Count(adapter.Trainable)} parameters in {adapter.Modules.Count} modules are trained: {Percent(adapter.Share)} of all";

    private static string? ModuleText(AdapterShape adapter, string name)
    {
        var modules = adapter.Modules
            .Where(m => m.Module.Name == name || m.Module.Name.EndsWith("." + name, StringComparison.Ordinal)).ToList();
        if (modules.Count == 0)
            return null;
        var first = modules[0].Module;
        var isSame = modules.All(m => m.Module.Inputs == first.Inputs && m.Module.Outputs == first.Outputs);
        var sizes = isSame ? string.Create(CultureInfo.InvariantCulture, $" of {first.Inputs} × {first.Outputs}") : "";
        return $"`{name}`: {modules.Count} modules{sizes}, {Count(modules.Sum(m => m.Parameters))} trained parameters";
    }

    private static ConfigEntry? WrittenOf(params ISetting[] settings) =>
        settings.FirstOrDefault(s => s is { Origin: SettingOrigin.Written, Entry.IsMerged: false })?.Entry;

    private static bool IsAt(ConfigPlace place, params ISetting[] settings) =>
        settings.Any(s => s.Entry is { } entry && entry == place.Entry);

    private static string Count(long count) => count switch
    {
        < 10_000 => count.ToString("N0", CultureInfo.InvariantCulture),
        < 1_000_000 => string.Create(CultureInfo.InvariantCulture, $"{count / 1e3:0.#}K"),
        < 1_000_000_000 => string.Create(CultureInfo.InvariantCulture, $"{count / 1e6:0.0}M"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{count / 1e9:0.00}B"),
    };

    private static string Percent(double share) => string.Create(CultureInfo.InvariantCulture, $"{share * 100:0.###} %");
}
