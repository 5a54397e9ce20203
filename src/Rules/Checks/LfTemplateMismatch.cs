using LoraLint.Rules.Knowledge;
using LoraLint.Rules.Linting;

namespace LoraLint.Rules.Checks;

/// <summary>LLaMA-Factory: a chat model with the template of another family.</summary>
public sealed class LfTemplateMismatch : Rule
{
    // How models and templates of a family begin; the first template is the one for its chat models, empty where there are several.
    private static readonly (string[] Models, string[] Templates, string Usual)[] s_families =
    [
        (["deepseek"], ["deepseek"], ""),
        (["qwen", "qwq", "qvq"], ["qwen"], ""),
        (["meta-llama-3", "llama-3"], ["llama3", "mllama"], "llama3"),
        (["llama-2"], ["llama2"], "llama2"),
        (["gemma"], ["gemma"], ""),
        (["mistral", "mixtral", "ministral"], ["mistral", "ministral"], ""),
        (["phi-"], ["phi"], ""),
        (["glm-", "chatglm"], ["glm", "chatglm"], ""),
        (["internlm"], ["intern"], "intern2"),
        (["yi-"], ["yi"], "yi"),
    ];

    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL925",
        Name = "lf-template-mismatch",
        Category = Category.Suspicious,
        Summary = "A chat model is trained with the chat template of another family.",
        Why = "The model knows its own marks for turns and their end; with another family's it learns new ones from scratch, and what "
            + "serves it with its own template does not find what was trained.",
        Sources = [new(Upstream.LlamaFactory, "README.md, Supported Models: the table of templates and the note below it")],
        Formats = ["llama-factory"],
        Fix = FixSafety.Unsafe,
    };

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        var template = context.Read.Text("template");
        if (!template.IsWritten || !template.TryGet(out var word) || !context.Config.BaseModel.TryGet(out var path))
            return;
        var name = path.TrimEnd('/').Split('/').Last().ToLowerInvariant();
        var own = s_families.FirstOrDefault(f => Begins(name, f.Models));
        var other = s_families.FirstOrDefault(f => Begins(word, f.Templates));
        if (own.Models is null || other.Models is null || own.Models == other.Models || !IsForChat(name))
            return;
        var usual = name.StartsWith("qwen2", StringComparison.Ordinal) && name.All(c => c != '_') && !name.Contains("vl")
            && !name.Contains("omni") && !name.Contains("audio") ? "qwen" : own.Usual;
        context.Report(
            template,
            $"{path} is a chat model with a template of its own, and {word} is that of another family: it would learn marks for turns that "
            + $"nothing else uses with it; write {(usual.Length > 0 ? usual : "the template that LLaMA-Factory's table has for it")}",
            usual.Length == 0 ? null
                : new Fix(FixSafety.Unsafe, $"Set template to {usual}", context.Edit.Replace(template.Entry!, context.Edit.Word(usual))),
            related: context.Beside(context.Config.BaseModel));
    }

    private static bool Begins(string name, string[] starts) => starts.Any(s => name.StartsWith(s, StringComparison.Ordinal));

    // A base model may be taught any template.
    private static bool IsForChat(string name) =>
        name.IndexOf("base", StringComparison.Ordinal) < 0
        && (name.IndexOf("instruct", StringComparison.Ordinal) >= 0 || name.IndexOf("chat", StringComparison.Ordinal) >= 0
            || name.EndsWith("-it", StringComparison.Ordinal) || name.IndexOf("-r1", StringComparison.Ordinal) >= 0
            || name.StartsWith("qwen3-", StringComparison.Ordinal));
}
