using System.Globalization;
using System.Text;
using LoraLint.Rules.Configs;
using LoraLint.Rules.Runs;

namespace LoraLint.Advisor.Training;

/// <summary>Writes a resolved run as a file of our own run format, every key written: docs/run-format.md.</summary>
internal static class RunYaml
{
    /// <summary>The file's text; null when the run cannot be said in one, because its datasets are of several kinds.</summary>
    public static string? Write(TrainingRun run)
    {
        var sources = run.Data.Train.Concat(run.Data.Validation).ToList();
        if (sources.Count == 0 || sources.Any(s => s.Format != sources[0].Format || !Same(s.Columns, sources[0].Columns)))
            return null;
        var yaml = new StringBuilder("loralint: 1\n");
        Line(yaml, "base_model", Text(run.BaseModel));
        WriteAdapter(yaml, run);
        if (run.Quantization is { } quantization)
        {
            yaml.Append("quantization:\n");
            Line(yaml, "  bits", "4");
            Line(yaml, "  type", quantization.Type);
            Line(yaml, "  double", Word(quantization.Double));
        }

        WriteData(yaml, run.Data, sources[0]);
        WriteTraining(yaml, run.Optimizer, run.Training);
        Line(yaml, "output_dir", Text(run.OutputDirectory));
        return yaml.ToString();
    }

    private static void WriteAdapter(StringBuilder yaml, TrainingRun run)
    {
        var lora = run.Lora;
        yaml.Append("adapter:\n");
        Line(yaml, "  method", lora.UseDora ? "dora" : run.Quantization is not null ? "qlora" : "lora");
        Line(yaml, "  rank", Number(lora.Rank));
        Line(yaml, "  alpha", Number(lora.Alpha));
        Line(yaml, "  dropout", Number(lora.Dropout));
        Line(
            yaml, "  target_modules",
            lora.TargetsAllLinear ? "all-linear" : lora.TargetPattern is { } pattern ? Text(pattern) : List(lora.TargetModules));
        Line(yaml, "  exclude_modules", lora.ExcludePattern is { } excluded ? Text(excluded) : List(lora.ExcludeModules));
        Line(yaml, "  rank_pattern", Map(lora.RankPattern.Select(p => (p.Key, Number(p.Value)))));
        Line(yaml, "  alpha_pattern", Map(lora.AlphaPattern.Select(p => (p.Key, Number(p.Value)))));
        Line(yaml, "  modules_to_save", List(lora.ModulesToSave));
        if (lora.LastLayers is { } last)
            Line(yaml, "  last_layers", Number(last));
        else
            Line(yaml, "  layers", lora.Layers is { } layers ? $"[{string.Join(", ", layers.Select(l => Number(l)))}]" : "all");
        Line(yaml, "  layers_pattern", List(lora.LayersPattern));
        Line(yaml, "  bias", lora.Bias switch { LoraBias.LoraOnly => "lora_only", LoraBias.All => "all", _ => "none" });
        Line(yaml, "  init", lora.Init switch
        {
            LoraInit.Gaussian => "gaussian", LoraInit.Pissa => "pissa", LoraInit.Olora => "olora", LoraInit.Eva => "eva", _ => "default",
        });
        Line(yaml, "  use_rslora", Word(lora.UseRslora));
    }

    private static void WriteData(StringBuilder yaml, DataOptions data, DataSource first)
    {
        yaml.Append("data:\n");
        Line(yaml, "  train", List(data.Train.Select(s => s.Path)));
        if (data.Validation.Count > 0)
            Line(yaml, "  validation", List(data.Validation.Select(s => s.Path)));
        else
            Line(yaml, "  validation_split", Number(data.ValidationSplit));
        Line(yaml, "  format", first.Format switch
        {
            DataFormat.ShareGpt => "sharegpt", DataFormat.PromptCompletion => "instruction", DataFormat.Alpaca => "alpaca",
            DataFormat.ChatExchange => "exchange", DataFormat.Text => "text", _ => "chat",
        });
        Line(yaml, "  columns", Map(first.Columns.Select(c => (c.Key, Text(c.Value)))));
        if (data.ChatTemplate is { } template)
            Line(yaml, "  chat_template", Text(template));
        Line(yaml, "  mask_prompt", Word(data.MaskPrompt));
        Line(yaml, "  max_sequence_length", Number(data.MaxSequenceLength));
        Line(yaml, "  drop_long_samples", Word(data.DropLongSamples));
        Line(yaml, "  packing", Word(data.Packing));
    }

    private static void WriteTraining(StringBuilder yaml, OptimizerOptions optimizer, TrainingOptions training)
    {
        yaml.Append("training:\n");
        Line(yaml, "  learning_rate", Number(optimizer.LearningRate));
        Line(yaml, "  lr_scheduler", optimizer.Schedule);
        if (optimizer.WarmupSteps is { } warmup)
            Line(yaml, "  warmup_steps", Number(warmup));
        else
            Line(yaml, "  warmup_ratio", Number(optimizer.WarmupRatio));
        Line(yaml, "  optimizer", optimizer.Name);
        Line(yaml, "  beta1", Number(optimizer.Beta1));
        Line(yaml, "  beta2", Number(optimizer.Beta2));
        Line(yaml, "  epsilon", Number(optimizer.Epsilon));
        Line(yaml, "  bias_correction", Word(optimizer.BiasCorrection));
        Line(yaml, "  loraplus_ratio", Number(optimizer.LoraPlusRatio));
        Line(yaml, "  weight_decay", Number(optimizer.WeightDecay));
        Line(yaml, "  max_grad_norm", Number(optimizer.MaxGradNorm));
        if (training.MaxSteps is { } steps)
            Line(yaml, "  max_steps", Number(steps));
        else
            Line(yaml, "  epochs", Number(training.Epochs));
        Line(yaml, "  micro_batch_size", Number(training.MicroBatchSize));
        Line(yaml, "  gradient_accumulation_steps", Number(training.GradientAccumulationSteps));
        Line(yaml, "  gradient_checkpointing", Word(training.GradientCheckpointing));
        Line(yaml, "  seed", Number(training.Seed));
        Line(yaml, "  precision", training.Precision);
        Every(yaml, "  evaluate_every", training.Evaluate);
        Every(yaml, "  save_every", training.Save);
        if (training.EarlyStoppingPatience is { } patience)
            Line(yaml, "  early_stopping_patience", Number(patience));
        Line(yaml, "  restore_best", Word(training.RestoreBest));
        if (training.SaveLimit is { } limit)
            Line(yaml, "  keep_checkpoints", Number(limit));
    }

    // After each epoch is what holds when the key is left out.
    private static void Every(StringBuilder yaml, string key, Cadence cadence)
    {
        if (cadence.Share is { } share)
            Line(yaml, key, Number(share));
        else if (cadence.Steps is { } steps)
            Line(yaml, key, Number(steps));
    }

    private static void Line(StringBuilder yaml, string key, string value) => yaml.Append(key).Append(": ").Append(value).Append('\n');

    private static string Word(bool value) => value ? "true" : "false";

    private static string Number(double value) =>
        value.ToString("R", CultureInfo.InvariantCulture).Replace("E-0", "e-", StringComparison.Ordinal).Replace('E', 'e');

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);

    private static string List(IEnumerable<string> items) => $"[{string.Join(", ", items.Select(Text))}]";

    private static string Map(IEnumerable<(string Key, string Value)> entries) =>
        $"{{{string.Join(", ", entries.Select(e => $"{Text(e.Key)}: {e.Value}"))}}}";

    // Plain where no reader could take it for anything else.
    private static string Text(string text) =>
        text.Length > 0 && (char.IsAsciiLetter(text[0]) || text[0] is '/' or '_')
            && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '/' or '.' or '-' or '_')
        && ScalarDialect.Yaml12.Read(ConfigNode.Scalar(default, text, ScalarStyle.Plain)).Kind == ConfigValueKind.String
            ? text : Quoted(text);

    private static string Quoted(string text)
    {
        var quoted = new StringBuilder("\"");
        foreach (var c in text)
        {
            if (c is '"' or '\\')
                quoted.Append('\\').Append(c);
            else if (char.IsControl(c) || c is '\u2028' or '\u2029' or '\uFEFF')
                quoted.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:X4}");
            else
                quoted.Append(c);
        }

        return quoted.Append('"').ToString();
    }

    private static bool Same(IReadOnlyDictionary<string, string> a, IReadOnlyDictionary<string, string> b) =>
        a.Count == b.Count && a.All(p => b.TryGetValue(p.Key, out var value) && value == p.Value);
}
