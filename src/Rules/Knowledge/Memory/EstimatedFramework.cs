namespace LoraLint.Rules.Knowledge.Memory;

/// <summary>How a framework computes, as far as it shows in memory.</summary>
/// <param name="Name">The format's name.</param>
/// <param name="Title">As people call it.</param>
/// <param name="Kind">Which measured group it is of; null for LoraLint's own engine.</param>
/// <param name="WidensOthers">Whether what is not quantized goes to 32 bits (PEFT's <c>prepare_model_for_kbit_training</c>).</param>
/// <param name="HasFusedLoss">Whether the loss needs no memory for all logits.</param>
/// <param name="Note">How sure that is; or null.</param>
public sealed record EstimatedFramework(
    string Name, string Title, FrameworkKind? Kind, bool WidensOthers, bool HasFusedLoss, string? Note = null)
{
    private const string LowerNote = "its kernels save more than is counted: it lies at the lower end or below";

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
        "trl" => OfTransformers(name, "TRL"),
        "peft" => OfTransformers(name, "PEFT"),
        "python" => OfTransformers(name, "PEFT in Python"),
        "axolotl" => OfTransformers(name, "Axolotl"),
        "ms-swift" => OfTransformers(name, "ms-swift"),
        _ => null,
    };

    /// <summary>The same with a kernel that computes the loss without all logits in memory.</summary>
    public EstimatedFramework WithFusedLoss() => this with { HasFusedLoss = true, Note = Note ?? LowerNote };

    /// <summary>Whether its kernels save what is not counted, so that not even the lower end of the band is sure.</summary>
    public bool MayTakeLess => Note is not null;

    private static EstimatedFramework OfTransformers(string name, string title) =>
        new(name, title, FrameworkKind.Transformers, WidensOthers: true, HasFusedLoss: false);
}
