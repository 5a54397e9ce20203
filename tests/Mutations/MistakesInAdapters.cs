using LoraLint.Rules.Configs;
using LoraLint.Rules.Linting;

namespace LoraLint.Tests.Mutations;

/// <summary>Mistakes in rank, alpha, dropout, modules, layers, initialization and quantization.</summary>
internal static class MistakesInAdapters
{
    // Formats that hand names to PEFT, so that its rules of matching hold.
    private static readonly string[] s_peft = ["peft", "axolotl", "trl", "llama-factory", "ms-swift"];

    // Formats that take PEFT's own settings for layers.
    private static readonly string[] s_layers = ["peft", "axolotl"];

    public static IReadOnlyList<Mistake> All { get; } =
    [
        new("rank 0", s => s.Replace(s.Config.Rank, "0")),
        new("rank negative", s => s.Replace(s.Config.Rank, r => -r)),
        new("rank a fraction", s => s.Replace(s.Config.Rank, r => r + 0.5)),
        new("rank a word", s => s.ReplaceWord(s.Config.Rank, "sixteen")),
        new("rank a list", s => s.Config.Rank.TryGet(out var r) ? s.Replace(s.Config.Rank, $"[{ConfigEditor.Number(r)}]") : null),
        new("rank of thousands", s => s.Config.Task == TrainingTask.Diffusion || s.Config.UseRslora.Or(false) ? null
            : s.Replace(s.Config.Rank, "4096")),
        new("rank with a leading zero", s => s.Language == ConfigLanguage.Yaml && s.Recognised.Reader.Dialect == ScalarDialect.PyYaml
            ? s.Replace(s.Config.Rank, "016") : null),
        new("alpha left out", s => NeedsAlpha(s) ? s.Remove(s.Config.Alpha) : null) { Least = Severity.Info },
        new("alpha 0", s => s.Is("llama-factory") ? null : s.Replace(s.Config.Alpha, "0")),
        new("alpha negative", s => s.Replace(s.Config.Alpha, a => -a)),
        new("alpha a word", s => s.ReplaceWord(s.Config.Alpha, "double")),
        new("alpha a hundred times as large", s => s.Config.Task == TrainingTask.Diffusion || s.Config.UseRslora.Or(false)
            || s.Config.Scaling.Or(0) < 0.5 || s.Config.LearningRate.Or(0) < 1e-4 ? null : s.Replace(s.Config.Alpha, a => 100 * a)),
        new("alpha a hundredth", s => s.Config.Task == TrainingTask.Diffusion || s.Config.UseRslora.Or(false) || s.Config.Scaling.Or(0) > 4
            ? null : s.Replace(s.Config.Alpha, a => a / 100)) { Least = Severity.Info },
        new("dropout in percent", s => s.Replace(s.Config.Dropout, "5")),
        new("dropout 1.5", s => s.Replace(s.Config.Dropout, "1.5")),
        new("dropout negative", s => s.Replace(s.Config.Dropout, "-0.1")),
        new("dropout with a comma", s => s.Language == ConfigLanguage.Yaml ? s.Replace(s.Config.Dropout, "0,05") : null),
        new("dropout with a percent sign", s => s.ReplaceWord(s.Config.Dropout, "5%")),
        new("dropout 0.9", s => s.Replace(s.Config.Dropout, "0.9")),

        new("names of modules in one string with commas", s => s.Is("peft", "axolotl", "trl", "ms-swift")
            ? s.ReplaceModules(n => n.Count > 1 ? s.Edit.Word(string.Join(",", n)) : null) : null),
        new("one module's name in place of a list", s => s.Is("peft", "axolotl") && s.Config.Layers.Or(LayerSelection.All).Indices is null
            ? s.ReplaceModules(n => s.Edit.Word(n[0])) : null),
        new("regular expression in the list of modules", s => s.Is(s_peft)
            ? s.ReplaceModules(n => s.Edit.Words([.. n.Skip(1), ".*" + n[0]])) : null),
        new("anchors of a regular expression in the list of modules", s => s.Is(s_peft)
            ? s.ReplaceModules(n => s.Edit.Words(["^" + n[0] + "$", .. n.Skip(1)])) : null),
        new("asterisk in the list of modules", s => s.Is(s_peft) ? s.ReplaceModules(n => s.Edit.Words([.. n.Skip(1), "*" + n[0]])) : null),
        new("all-linear inside a list", s => s.Is("peft", "axolotl", "trl")
            ? s.ReplaceModules(n => s.Edit.Words([.. n, "all-linear"])) : null),
        new("list of modules empty", s => s.Is("peft", "axolotl") && !s.Recognised.Reader.HasAny("target_parameters",
                "lora_target_parameters", "lora_target_linear", "trainable_token_indices", "peft_trainable_token_indices")
            ? s.ReplaceModules(_ => "[]") : null),
        new("modules of GPT-2 for another model", s => Knows(s) && s.Is(s_peft) && !Name(s).Contains("gpt2")
            ? s.ReplaceModules(_ => s.Edit.Words(["c_attn", "c_fc"])) : null),
        new("modules of Falcon among a Llama's", s => Knows(s) && s.Is(s_peft) && !Name(s).Contains("falcon")
            ? s.ReplaceModules(n => n.Contains("q_proj") ? s.Edit.Words([.. n, "query_key_value"]) : null) : null),
        new("module misspelled", s => Knows(s) && s.Is(s_peft)
            ? s.ReplaceModules(n => n.Contains("q_proj") ? s.Edit.Words(n.Select(m => m == "q_proj" ? "q_porj" : m)) : null) : null),
        new("output head among the modules", s => s.Is(s_peft) && !s.Config.ModulesToSave.IsWritten
            ? s.ReplaceModules(n => n.Any(m => m.Contains("lm_head")) ? null : s.Edit.Words([.. n, "lm_head"])) : null)
        { Least = Severity.Info },
        new("module written twice", s => s.Is(s_peft) ? s.ReplaceModules(n => s.Edit.Words([.. n, n[0]])) : null) { Least = Severity.Info },
        new("target trained in full as well", s => s.Is(s_peft) && !s.Config.ModulesToSave.IsWritten
            && s.Config.ModulesToSave.Key.Length > 0
            && s.Config.TargetModules.TryGet(out var modules) && modules.Names.Count > 0
            ? s.Add(s.Config.Rank, s.Config.ModulesToSave.Key, s.Is("llama-factory") ? s.Edit.Word(modules.Names[0])
                : s.Edit.Words([modules.Names[0]])) : null),
        new("all beside other modules", s => s.Is("llama-factory") && s.Config.TargetModules.IsWritten && !s.Config.UseDora()
            ? s.Replace(s.Config.TargetModules, s.Edit.Word("all,q_proj")) : null),
        new("module to save that is not in the model", s => Knows(s) && s.Is(s_peft) && !s.Config.ModulesToSave.IsWritten
            && s.Config.ModulesToSave.Key.Length > 0
            ? s.Add(s.Config.Rank, s.Config.ModulesToSave.Key, s.Is("llama-factory") ? "embed_token" : s.Edit.Words(["embed_token"]))
            : null),

        new("layer that the model does not have", s => Knows(s) && s.Is(s_layers)
            && HasList(s) ? s.Add(s.Config.Rank, Layers(s), "[999]") : null),
        new("layer negative", s => s.Is(s_layers) && HasList(s) ? s.Add(s.Config.Rank, Layers(s), "[-1]") : null),
        new("layers as text", s => s.Is("peft") && HasList(s) ? s.Add(s.Config.Rank, Layers(s), s.Edit.Words(["0", "1"])) : null),
        new("layers with a pattern of modules", s => s.Is("peft") && s.IsPlain(s.Config.TargetModules, out _)
            ? s.Add(s.Config.Rank, Layers(s), "[0, 1]") : null),
        new("pattern of layers without layers", s => s.Is("peft") && HasList(s) && !s.Config.Layers.IsWritten
            ? s.Set(s.Config.Rank, "layers_pattern", s.Edit.Words(["layers"])) : null),
        new("unknown initialization", s => s.Is("peft", "ms-swift")
            ? s.Set(s.Config.Rank, s.Is("peft") ? "init_lora_weights" : "init_weights", s.Edit.Word("guassian")) : null),
        new("unknown bias", s => s.Is("peft") ? s.Set(s.Config.Rank, "bias", s.Edit.Word("lora")) : null),
        new("bias in capitals", s => s.Is("peft") ? s.Set(s.Config.Rank, "bias", s.Edit.Word("None")) : null),
        new("unknown task", s => s.Is("peft") ? s.Set(s.Config.Rank, "task_type", s.Edit.Word("CAUSAL_LLM")) : null),
        new("rank pattern that matches nothing", s => Knows(s) && s.Is("peft") && HasList(s)
            ? s.Set(s.Config.Rank, "rank_pattern", s.Language == ConfigLanguage.Json ? "{\"q_porj\": 8}" : "{q_porj: 8}") : null),
        new("rank pattern with a word", s => s.Is("peft")
            ? s.Set(s.Config.Rank, "rank_pattern", s.Language == ConfigLanguage.Json ? "{\"q_proj\": \"high\"}" : "{q_proj: high}") : null),
        new("rsLoRA with a scaling of plain LoRA", s => s.Is("peft", "llama-factory", "trl", "ms-swift") && s.Config.Scaling.Or(0) >= 2
            && s.Config.Rank.Or(0) >= 32 && !s.Config.UseRslora.Or(false) ? s.Set(s.Config.Rank, "use_rslora", "true") : null)
        { Least = Severity.Info },
        new("rsLoRA as the text false", s => s.Is("peft", "llama-factory") ? s.Set(s.Config.Rank, "use_rslora", "\"false\"") : null),
        new("DoRA as a word", s => s.Is("trl", "ms-swift") ? s.Set(s.Config.Rank, "use_dora", s.Edit.Word("please")) : null),

        new("4 and 8 bits at once", s => s.Is("axolotl", "trl") && s.Recognised.Reader.IsOn("load_in_4bit")
            ? s.Set(s.Config.Rank, "load_in_8bit", "true") : null),
        new("lora where qlora is meant", s => s.Is("axolotl") && s.Config.Method.Or(0) == TuningMethod.Qlora
            ? s.Set(s.Config.Rank, "adapter", s.Edit.Word("lora")) : null),
        new("qlora without 4 bits", s => s.Is("axolotl") && s.Config.Method.Or(0) == TuningMethod.Qlora
            && s.Recognised.Root.Find("load_in_4bit") is { } entry ? s.Changed(s.Edit.Remove(entry), "load_in_4bit", "adapter") : null),
        new("bits that do not exist", s => s.Is("llama-factory") && s.Recognised.Reader.Has("quantization_bit")
            ? s.Set(s.Config.Rank, "quantization_bit", "16") : null),
        new("unknown quantized type", s => s.Is("trl", "ms-swift") && s.Recognised.Root.Find("bnb_4bit_quant_type") is not null
            ? s.Set(s.Config.Rank, "bnb_4bit_quant_type", s.Edit.Word("nf5")) : null),
        new("unknown quantization", s => s.Is("litgpt") && s.Recognised.Root.Find("quantize") is not null
            ? s.Set(s.Config.Rank, "quantize", s.Edit.Word("bnb.nf5")) : null),
        new("LoRA switched off", s => s.Is("trl") && s.Recognised.Reader.Has("use_peft") && s.Recognised.Root.Find("use_peft") is { } entry
            ? s.Changed(s.Edit.Remove(entry), "use_peft") : null),
        new("adapter's key forgotten", s => s.Is("axolotl") && s.Recognised.Root.Find("adapter") is { } entry
            ? s.Changed(s.Edit.Remove(entry), "adapter") : null) { Least = Severity.Info },
        new("unknown adapter", s => s.Is("axolotl") ? s.Set(s.Config.Rank, "adapter", s.Edit.Word("lorra")) : null),
        new("unknown way of training", s => s.Is("llama-factory") ? s.Set(s.Config.Rank, "finetuning_type", s.Edit.Word("lorra")) : null),
        new("alpha in place of the scale", s => s.Is("mlx-lm") && s.Recognised.Reader.Find("lora_parameters.scale") is { } scale
            ? s.Changed(s.Edit.Rename(scale, "alpha"), "alpha", "scale") : null),
        new("attention module that does not exist", s => s.Is("torchtune")
            && s.Recognised.Reader.Find("model.lora_attn_modules") is { Value.IsSequence: true } entry
            ? s.Changed(s.Edit.Replace(entry, "['q_proj', 'o_proj']"), entry.Key) : null),
        new("half precision where it is refused", s => s.Is("torchtune") ? s.Set(s.Config.Rank, "dtype", "fp16") : null),
    ];

    private static bool Knows(Subject subject) => new BaseModelView(subject.Recognised, NoCompanionFiles.Instance).Model is not null;

    private static string Name(Subject subject) => subject.Config.BaseModel.Or("").ToLowerInvariant();

    private static bool HasList(Subject subject) =>
        subject.Config.TargetModules.TryGet(out var modules) && modules.Names.Count > 0 && subject.Config.TargetModules.IsWritten;

    private static string Layers(Subject subject) => subject.Is("peft") ? "layers_to_transform" : "peft_layers_to_transform";

    // Where the default does not follow the rank, or there is none.
    private static bool NeedsAlpha(Subject subject) =>
        subject.Config.Rank.TryGet(out var rank) && !subject.Config.UseRslora.Or(false) && subject.Format switch
        {
            "axolotl" => !subject.Recognised.Reader.Has("lora_model_dir"),
            "peft" => rank is not (8 or 4),
            "trl" or "ms-swift" => rank is not (32 or 16),
            "kohya" => rank > 1,
            _ => false,
        };

    private static bool UseDora(this TrainingConfig config) => config.Method.Or(TuningMethod.Unknown) == TuningMethod.Dora;
}
