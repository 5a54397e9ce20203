using LoraLint.Rules.Configs;
using LoraLint.Rules.Knowledge;
using LoraLint.Rules.Linting;

namespace LoraLint.Rules.Checks;

/// <summary>Unsloth's fast kernels are asked for together with a dropout that they cannot do.</summary>
public sealed class DropoutDisablesKernels : Rule
{
    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL125",
        Name = "dropout-disables-kernels",
        Category = Category.Advice,
        Summary = "Dropout switches off the fast kernels of Unsloth that the config asks for.",
        Why = "Unsloth patches a layer with its fast kernels only when the adapter has no dropout, and falls back to the slow path "
            + "otherwise.",
        Sources =
        [
            new(Upstream.Unsloth, "unsloth/models/llama.py:3242-3246"),
            new(Upstream.LlamaFactory, "src/llamafactory/model/adapter.py: lora_dropout is handed to Unsloth"),
            new(Upstream.MsSwift, "swift/pipelines/train/tuner.py: likewise; lora_dropout defaults to 0.05"),
        ],
        Formats = ["llama-factory", "ms-swift", "unsloth"],
        Fix = FixSafety.Unsafe,
    };

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        var isLlamaFactory = context.Format.Name == "llama-factory";
        var dropout = context.Config.Dropout;
        if (context.Format.Name == "unsloth")
        {
            if (dropout.IsWritten && dropout.Or(0) > 0)
                Report(context, dropout, dropout.Entry!);
            return;
        }

        if (context.Read.Find(isLlamaFactory ? "use_unsloth" : "tuner_backend") is not { } asked
            || !(isLlamaFactory ? context.Read.Bool("use_unsloth").Or(false) : context.Read.Text("tuner_backend").Or("") == "unsloth")
            || !dropout.TryGet(out var p) || p <= 0)
            return;
        Report(context, dropout, asked);
    }

    private static void Report(CheckContext context, Setting<double> dropout, ConfigEntry asked) =>
        context.Report(
            dropout.IsWritten ? dropout.Entry! : asked,
            $"{dropout.Key} {ConfigEditor.Number(dropout.Or(0))}{(dropout.IsWritten ? "" : " (the default)")} makes Unsloth leave its fast "
            + "kernels unused; set it to 0 for speed, or keep it where little data needs it",
            new Fix(FixSafety.Unsafe, $"Set {dropout.Key} to 0", context.Edit.Set(dropout, "0", asked)));
}
