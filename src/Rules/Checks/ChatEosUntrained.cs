using System.Text.RegularExpressions;
using LoraLint.Rules.Configs;
using LoraLint.Rules.Linting;

namespace LoraLint.Rules.Checks;

/// <summary>Answers end with a token that the base model never learnt, and the adapter does not train it either.</summary>
public sealed class ChatEosUntrained : Rule
{
    // Base models whose makers or users found the end tokens of their chat siblings untrained.
    private static readonly (Regex Name, string Token, string[] Templates)[] s_bases =
    [
        (Named(@"^Qwen2\.5-[0-9.]+B$"), "<|im_end|>", ["qwen", "chatml", "qwen_25"]),
        (Named(@"^Qwen3-[0-9.]+B(-A[0-9]+B)?-Base$"), "<|im_end|>", ["qwen", "qwen3", "qwen3_nothink", "chatml"]),
        (Named(@"^(Meta-)?Llama-3(\.[12])?-[0-9]+B$"), "<|eot_id|>", ["llama3"]),
    ];

    private static readonly string[] s_tokenKeys = ["peft_trainable_token_indices", "trainable_token_indices", "fix_untrained_tokens"];

    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL416",
        Name = "chat-eos-untrained",
        Category = Category.Advice,
        Summary = "A chat template ends answers with a token that the base model was not trained on, and neither embedding nor head is "
            + "trained.",
        Why = "LoRA leaves the token's rows in embedding and head as they are, hardly different from those of other unused tokens, so the "
            + "model often does not stop.",
        Sources =
        [
            new("QwenLM/Qwen3#1064", "the makers: <|im_start|> and <|im_end|> are not trained in the base models of Qwen2.5"),
            new("hiyouga/LLaMA-Factory#7943 (Qwen3-4B-Base), #3766 (Llama 3 8B), #2684"),
            new("meta-pytorch/torchtune#1725"),
        ],
        Formats = ["llama-factory", "axolotl"],
    };

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        var config = context.Config;
        var template = context.Read.Text(context.Format.Name == "axolotl" ? "chat_template" : "template");
        if (!config.TrainsLora || config.Task is TrainingTask.Pretraining || !template.IsWritten || !template.TryGet(out var name)
            || !config.BaseModel.TryGet(out var model) || s_tokenKeys.Any(context.Read.Has)
            || !config.ModulesToSave.TryGet(out var saved) || saved.Count > 0 || TargetsTokens(config.TargetModules)
            || (context.Format.Name == "axolotl" && !UsesTemplate(context)))
            return;
        var last = model.Substring(model.LastIndexOf('/') + 1);
        foreach (var (names, token, templates) in s_bases)
        {
            if (templates.Contains(name) && last.Length < 64 && names.IsMatch(last))
                context.Report(
                    template,
                    $"{template.Key} {name} ends answers with {token}, which the base model {last} never learnt, and the adapter trains "
                    + "neither embedding nor head, so answers may not end; start from the model that was tuned for chat, train "
                    + "embed_tokens and lm_head too, or take a template that ends with the base's own end of text",
                    related: context.Beside(config.BaseModel));
        }
    }

    // Only data of this kind goes through the template.
    private static bool UsesTemplate(CheckContext context) => context.Read.Find("datasets") is { Value.IsSequence: true } data
        && data.Value.Items.Any(d => d.Find("type") is { Value.Text: "chat_template" });

    private static bool TargetsTokens(Setting<ModuleSelection> targets) => targets.IsWritten
        && (!targets.TryGet(out var modules) || (modules.Names ?? []).Any(n => n is "lm_head" or "embed_tokens"));

    private static Regex Named(string pattern) => new(pattern, RegexOptions.CultureInvariant, TimeSpan.FromSeconds(1));
}
