using LoraLint.Rules.Configs;
using LoraLint.Rules.Knowledge;
using LoraLint.Rules.Linting;

namespace LoraLint.Rules.Checks;

/// <summary>The adapter is to be served by vLLM, which does not take it.</summary>
public sealed class VllmUnsupportedAdapter : Rule
{
    private static readonly RuleOption s_isServed = new(
        "served-by-vllm", 0, "1 when adapters are served by vLLM as they are, 0 when not. In ms-swift vllm_enable_lora says so too.");

    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL705",
        Name = "vllm-unsupported-adapter",
        Category = Category.Correctness,
        Summary = "The adapter has parts that vLLM does not serve.",
        Why = "The server vLLM adds low-rank matrices to its own layers: it refuses modules trained in full, magnitudes (DoRA) "
            + "and trained biases.",
        Sources = [new(Upstream.Vllm, "vllm/lora/peft_helper.py: validate_legal")],
        Options = [s_isServed],
        Fix = FixSafety.Unsafe,
    };

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        var config = context.Config;
        var enabled = context.Format.Name == "ms-swift" && context.Read.IsOn("vllm_enable_lora");
        if ((context.Option(s_isServed) < 1 && !enabled) || config.Task is TrainingTask.Diffusion)
            return;
        if (config.ModulesToSave.TryGet(out var saved) && saved.Count > 0)
            Report(context, config.ModulesToSave, $"{config.ModulesToSave.Key} trains {string.Join(", ", saved)} in full",
                AskedFix.Remove(context, config.ModulesToSave.Entry));
        if (config.Method.Or(TuningMethod.Unknown) == TuningMethod.Dora || context.Read.IsOn("use_dora"))
            Report(context, DoraOf(context), "DoRA adds a magnitude to each adapter",
                DoraOf(context) is { Key: "use_dora" or "peft_use_dora" } dora
                    ? AskedFix.Set(context, dora, ConfigEditor.Bool(false)) : null);
        if (config.Bias.IsWritten && config.Bias.Or("none") != "none")
            Report(context, config.Bias, $"{config.Bias.Key} {config.Bias.Or("")} trains biases of the base",
                AskedFix.Set(context, config.Bias, context.Edit.Word("none")));
    }

    private static ISetting DoraOf(CheckContext context) =>
        new[] { "use_dora", "peft_use_dora" }.Where(context.Read.IsOn).Select(k => (ISetting)context.Read.Bool(k)).FirstOrDefault()
        ?? context.Config.Method;

    private static void Report(CheckContext context, ISetting place, string what, Fix? fix) => context.Report(
        place, $"{what}, which vLLM refuses in an adapter; leave it out, or merge the adapter before serving", fix);
}
