using LoraLint.Rules.Linting;
using LoraLint.Rules.Text;

namespace LoraLint.Rules.Checks;

/// <summary>A target module that NeMo's table of adapters does not have.</summary>
public sealed class NemoModuleName : Rule
{
    private static readonly string[] s_names =
        ["attention_qkv", "attention_dense", "mlp_fc1", "mlp_fc2", "attention", "mlp", "all"];

    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL972",
        Name = "nemo-module-name",
        Category = Category.Correctness,
        Summary = "NeMo has no adapter for a module of this name.",
        Why = "NeMo takes seven words of its own for target_modules, not the names of a model's layers, and an eighth ends the run.",
        Sources = [new("NVIDIA/NeMo@8cfedd72 (2025-09-20)", "nemo/collections/nlp/parts/peft_config.py:52-60 and 241-247")],
        Formats = ["nemo"],
        Fix = FixSafety.Unsafe,
    };

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        if (context.Read.Find("model.peft.lora_tuning.target_modules") is not { Value.IsSequence: true } list)
            return;
        foreach (var item in list.Value.Items)
        {
            if (!context.Read.TryText(item, out var name) || s_names.Contains(name))
                continue;
            var meant = name switch
            {
                "q_proj" or "k_proj" or "v_proj" or "linear_qkv" => "attention_qkv",
                "o_proj" or "linear_proj" => "attention_dense",
                "gate_proj" or "up_proj" or "linear_fc1" => "mlp_fc1",
                "down_proj" or "linear_fc2" => "mlp_fc2",
                "all-linear" => "all",
                _ => Spelling.Closest(name, s_names),
            };
            context.Report(
                item,
                $"NeMo has no adapter for a module {name} and stops; the names are {string.Join(", ", s_names)}"
                + (meant is null ? "" : $", and {meant} is the likely one"),
                meant is null || list.Value.Items.Any(i => i.Text == meant) ? null
                    : new Fix(FixSafety.Unsafe, $"Write {meant}", context.Edit.Replace(item, meant)));
        }
    }
}
