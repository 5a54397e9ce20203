using LoraLint.Rules.Configs;
using LoraLint.Rules.Linting;

namespace LoraLint.Rules.Checks;

/// <summary>A quantized base model, and no adapter to train on it.</summary>
public sealed class QuantWithoutAdapter : Rule
{
    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL202",
        Name = "quant-without-adapter",
        Category = Category.Correctness,
        Summary = "The base model is quantized to 4 or 8 bits, and all its weights are to be trained.",
        Why = "Quantized weights are frozen: without an adapter there is nothing to train, and the trainers refuse to start.",
        Sources =
        [
            new("axolotl-ai-cloud/axolotl@067b021c (2026-07-24)", "src/axolotl/utils/schemas/peft.py:175-188"),
            new("hiyouga/LLaMA-Factory@ff6d4d12 (2026-08-18)", "src/llamafactory/hparams/parser.py:235-238"),
            new("huggingface/transformers", "src/transformers/trainer.py: fine-tuning of purely quantized models is refused"),
            new("Documented guidance (docs/guidance.md)", "2.14"),
        ],
        Guidance = ["2.14", "2.17"],
        Fix = FixSafety.Unsafe,
    };

    /// <inheritdoc/>
    public override bool AlsoWithoutLora => true;

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        var config = context.Config;
        if (config.Method.Or(TuningMethod.Unknown) != TuningMethod.Full || context.Read.Bool("inference").Or(false)
            || BitsOf(context) is not { Entry: not null } setting || !setting.TryGet(out var bits) || bits >= 16)
            return;
        // With LoRA settings but no word about the method, the method is what is missing, and rules of the format say so.
        if (!config.Method.IsWritten && config.Rank.IsWritten)
            return;
        var method = config.Method.Key.Length == 0 ? "the method" : config.Method.Key;
        context.Report(
            setting,
            $"{setting.Key} loads the base in {ConfigEditor.Number(bits)} bits, but no adapter is trained ({method} "
            + $"{(config.Method.IsWritten ? "says so" : "is not set")}); quantized weights cannot be trained, so the run stops. Train a "
            + "LoRA adapter on the quantized base, or load it in 16 bits",
            context.Read.TryBool(setting.Entry.Value, out _) && !context.Read.TryNumber(setting.Entry.Value, out _)
                ? AskedFix.Set(context, setting.Entry, ConfigEditor.Bool(false)) : AskedFix.Remove(context, setting.Entry));
    }

    // Axolotl's mapping has no bits for what axolotl refuses, so its keys are asked first.
    private static Setting<double> BitsOf(CheckContext context)
    {
        var four = context.Read.Bool("load_in_4bit");
        var eight = context.Read.Bool("load_in_8bit");
        return four.Or(false) ? four.Select(_ => 4.0) : eight.Or(false) ? eight.Select(_ => 8.0) : context.Config.QuantizationBits;
    }
}
