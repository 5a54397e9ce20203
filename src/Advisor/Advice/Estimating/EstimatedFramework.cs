using LoraLint.Rules.Formats;
using LoraLint.Rules.Knowledge.Memory;

namespace LoraLint.Advisor.Advice.Estimating;

/// <summary>How a framework computes, as far as it shows in memory.</summary>
/// <param name="Name">The format's name.</param>
/// <param name="Title">As people call it.</param>
/// <param name="Kind">Which measured group it is of; null for LoraLint's own engine.</param>
/// <param name="WidensOthers">Whether what is not quantized goes to 32 bits (PEFT's <c>prepare_model_for_kbit_training</c>).</param>
/// <param name="HasFusedLoss">Whether the loss needs no memory for all logits.</param>
/// <param name="Note">How sure that is; or null.</param>
internal sealed record EstimatedFramework(
    string Name, string Title, FrameworkKind? Kind, bool WidensOthers, bool HasFusedLoss, string? Note = null)
{
    private const string LowerNote = "its kernels save more than is counted: it lies at the lower end or below";

    // Keys by which configs switch a fused loss on: Liger's kernels, cut cross-entropy, axolotl's and torchtune's chunks.
    private static readonly string[] s_fusedLosses =
    [
        "liger_fused_linear_cross_entropy", "cut_cross_entropy", "chunked_cross_entropy", "use_liger_kernel", "use_liger",
        "enable_liger_kernel", "use_unsloth",
    ];

    /// <summary>Frameworks that are estimated, by the names of their formats.</summary>
    public static IReadOnlyList<string> Names { get; } =
        ["trl", "peft", "axolotl", "llama-factory", "ms-swift", "unsloth", "torchtune", "litgpt", "loralint"];

    /// <summary>A framework; null when there is no estimate for it.</summary>
    public static EstimatedFramework? Find(string name) => name switch
    {
        "loralint" => new(name, "LoraLint, torch engine", null, WidensOthers: false, HasFusedLoss: true, "not measured on a GPU"),
        "litgpt" => new(name, "LitGPT", FrameworkKind.Litgpt, WidensOthers: false, HasFusedLoss: false),
        // torchtune's recipes hand logits to their loss in chunks, and keep what is not quantized in 16 bits.
        "torchtune" => new(name, "torchtune", FrameworkKind.Litgpt, WidensOthers: false, HasFusedLoss: false, "not measured"),
        "unsloth" => new(name, "Unsloth", FrameworkKind.Transformers, WidensOthers: false, HasFusedLoss: true, LowerNote),
        // model/model_utils/misc.py widens norms, and only when asked.
        "llama-factory" => new(name, "LLaMA-Factory", FrameworkKind.Transformers, WidensOthers: false, HasFusedLoss: false),
        "trl" or "peft" or "python" or "axolotl" or "ms-swift" => new(
            name, FormatCatalog.Find(name)?.Title ?? "transformers", FrameworkKind.Transformers, WidensOthers: true, HasFusedLoss: false),
        _ => null,
    };

    /// <summary>The same with what a config's keys say about the loss.</summary>
    public EstimatedFramework With(SettingReader read) =>
        s_fusedLosses.Any(read.IsOn) ? this with { HasFusedLoss = true, Note = Note ?? LowerNote } : this;
}
