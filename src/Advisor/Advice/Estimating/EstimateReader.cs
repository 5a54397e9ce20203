using System.Globalization;
using LoraLint.Advisor.Commands;
using LoraLint.Advisor.Reading;
using LoraLint.Rules.Configs;
using LoraLint.Rules.Knowledge.Memory;
using LoraLint.Rules.Knowledge.Models;
using LoraLint.Rules.Linting;

namespace LoraLint.Advisor.Advice.Estimating;

/// <summary>
/// Puts together what is estimated: what the command line says wins over the config, and what neither says is taken as is usual and told.
/// </summary>
internal sealed class EstimateReader(EstimateRequest request, RecognisedConfig? recognised, CompanionFiles files)
{
    private const int UsualRank = 16, UsualLength = 2048;

    private readonly TrainingConfig _config = recognised?.Config ?? new TrainingConfig();
    private readonly ConfigWorkload? _read = recognised is null ? null : new(recognised, new BaseModelView(recognised, files));
    private readonly List<string> _assumptions = [];

    /// <summary>What is estimated.</summary>
    /// <exception cref="UserMistakeException">The model or its adapters are not known, or an option does not fit.</exception>
    public EstimatedRun Read(string name)
    {
        var framework = FrameworkOf();
        var model = ModelOf();
        var rank = RankOf();
        var adapter = AdapterOf(model, rank, out var targets);
        var micro = Taken("micro batch", request.MicroBatchSize, _config.MicroBatchSize, 1);
        var length = Taken("sequence length", request.MaxSequenceLength, _config.MaxSequenceLength, UsualLength);
        var optimizer = OptimizerOf(out var bytes);
        var workload = new Workload
        {
            Model = model,
            Adapter = adapter,
            Framework = framework,
            Bits = BitsOf(model),
            IsDouble = _config.DoubleQuantization.Or(true),
            OptimizerBytes = bytes,
            MicroBatchSize = micro,
            SequenceLength = length,
            Recomputes = Recomputes(),
            Drops = _config.Dropout.Or(0) > 0,
            UsesDora = UsesDora,
        };
        return new EstimatedRun(name, workload, rank, targets, optimizer, ScheduleOf(micro, length), _assumptions);
    }

    private bool UsesDora => request.UseDora || _config.Method.Or(TuningMethod.Unknown) == TuningMethod.Dora;

    private EstimatedFramework FrameworkOf()
    {
        var name = request.Framework ?? recognised?.Format.Name;
        if (name is null)
            Assume("framework", "TRL");
        var found = EstimatedFramework.Find(name ?? "trl")
            ?? throw new UserMistakeException(
                $"there is no estimate for {recognised?.Format.Title ?? name}; name one of {string.Join(", ", EstimatedFramework.Names)} "
                + "with --framework");
        return _read?.With(found) ?? found;
    }

    private BaseModel ModelOf()
    {
        if (_config.Task is TrainingTask.Classification or TrainingTask.Reward or TrainingTask.Diffusion)
            throw new UserMistakeException("the config's task has a head of its own, whose memory is not known");
        var name = request.Model ?? _config.BaseModel.Or("").Trim();
        if (name.Length == 0)
            throw new UserMistakeException("the base model is not known: name it with --model, a folder or a name on the hub");
        var found = files.FindModel(name);
        if (found.Model is not { } model)
            throw new UserMistakeException($"the base model is not known: {found.Problem}; --model takes a folder or another name");
        return model.Dimensions is null ? throw new UserMistakeException($"{name}: only the names in its files are known, not its sizes")
            : LayerWidths.Of(model.Dimensions, model.Shape) is null
                ? throw new UserMistakeException($"{name} is no decoder: memory is estimated for decoders alone") : model;
    }

    private long RankOf()
    {
        if (request.Rank is { } asked)
            return asked;
        if (_config.Rank.TryGet(out var written) && written is >= 1 and <= AdapterRequest.LargestRank)
            return (long)written;
        Assume("rank", UsualRank.ToString(CultureInfo.InvariantCulture));
        return UsualRank;
    }

    private AdapterShape AdapterOf(BaseModel model, long rank, out string targets)
    {
        var adapter = RequestOf(model, out targets) with { Rank = rank, UseDora = UsesDora };
        var shape = AdapterShape.Find(model.Shape, adapter)
            ?? throw new UserMistakeException("the modules that get adapters cannot be told; name them with --target-modules");
        if (shape.Trainable > 0)
            return shape;
        var what = targets.Length == 0 ? "there are no target modules" : $"{targets}: no module of {model.Name} is called that";
        throw new UserMistakeException($"{what}; it has {string.Join(", ", model.Shape.LinearNames())}");
    }

    private AdapterRequest RequestOf(BaseModel model, out string targets)
    {
        var read = AdapterTargets.Read(request.TargetModules, recognised, model, out targets);
        if (request.TargetModules is null && recognised is null)
            Assume("target modules", targets);
        return read;
    }

    private int BitsOf(BaseModel model)
    {
        if (request.Bits is { } asked)
            return asked;
        if (ConfigWorkload.BitsOf(_config, model) is { } bits)
            return bits;
        if (recognised is not null)
            Assume("base weights", "16 bits");
        return 16;
    }

    private string OptimizerOf(out double bytes)
    {
        var name = request.Optimizer ?? (_config.Optimizer.TryGet(out var written) ? written : null);
        if (name is not null && OptimizerMemory.BytesOf(name) is { } known)
        {
            bytes = known;
            return name;
        }

        if (request.Optimizer is not null)
        {
            throw new UserMistakeException(
                $"--optimizer {name}: what it keeps is not known; there are adamw, adamw_8bit, adafactor, lion, sgd ...");
        }

        Assume("optimizer's memory", name is null ? "AdamW" : $"AdamW's, as that of {name} is not known");
        bytes = 8;
        return name ?? "adamw";
    }

    private bool Recomputes()
    {
        if ((request.GradientCheckpointing ?? _read?.Recomputes) is { } known)
            return known;
        Assume("gradient checkpointing", "on");
        return true;
    }

    private TrainingSchedule ScheduleOf(long micro, long length)
    {
        var accumulation = Taken("gradient accumulation", request.GradientAccumulationSteps, _config.GradientAccumulationSteps, 1);
        var rows = request.Rows ?? RowsOf(_config, files);
        double? epochs = request.Epochs ?? (_config.Epochs.TryGet(out var written) && written > 0 ? written : null);
        long? steps = request.Epochs is null && _config.MaxSteps.TryGet(out var most) && most > 0 ? (long)most : null;
        if (rows is not null && epochs is null && steps is null)
            Assume("epochs", "1");
        return new TrainingSchedule
        {
            Rows = rows,
            TokensPerRow = request.TokensPerRow,
            Epochs = epochs ?? 1,
            MaxSteps = steps,
            SequencesPerStep = micro * accumulation * (request.Gpus ?? 1),
            SequenceLength = length,
            Packs = _config.Packing.Or(false),
            TokensPerSecond = request.TokensPerSecond ?? (request.Measured is { } folder ? MeasuredSpeed.Read(folder) : null),
        };
    }

    /// <summary>Rows that a config trains on, less those held out; null where its files are not all here.</summary>
    internal static long? RowsOf(TrainingConfig config, CompanionFiles files)
    {
        if (!config.Dataset.TryGet(out var sources) || sources.Count == 0)
            return null;
        var rows = 0L;
        foreach (var source in sources)
        {
            if (files.CountRows(source) is not { } count)
                return null;
            rows += count;
        }

        return !config.ValidationSplit.TryGet(out var held) || held <= 0 ? rows
            : held < 1 ? rows - (long)Math.Ceiling(rows * held) : Math.Max(0, rows - (long)held);
    }

    private long Taken(string what, int? asked, Setting<double> setting, long usual)
    {
        if (asked is { } number)
            return number;
        if (ConfigWorkload.CountOf(setting) is { } written)
            return written;
        Assume(what, usual.ToString(CultureInfo.InvariantCulture));
        return usual;
    }

    private void Assume(string what, string value) => _assumptions.Add($"{what}: {value}");
}
