using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using LoraLint.Rules.Runs;

namespace LoraLint.Trainer.Models;

/// <summary>
/// Writes adapter_config.json as PEFT does: every field of its LoraConfig, sorted (src/peft/tuners/lora/config.py@5d602fdb). Modules are
/// named as they were resolved, so that whoever loads the adapter needs none of the rules that led there.
/// </summary>
internal static class AdapterConfigFile
{
    /// <summary>The release whose fields are written.</summary>
    private const string PeftVersion = "0.20.0";

    /// <summary>Writes the file's content.</summary>
    /// <param name="stream">Where to.</param>
    /// <param name="plan">What was trained.</param>
    /// <param name="options">What the plan was made from.</param>
    /// <param name="model">The base.</param>
    /// <param name="baseModel">Its name or folder.</param>
    public static void Write(Stream stream, AdapterPlan plan, LoraOptions options, ModelConfig model, string baseModel)
    {
        var rank = MostCommon(plan.Modules.Select(m => m.Rank));
        var alpha = MostCommon(plan.Modules.Where(m => m.Rank == rank).Select(m => AlphaOf(m, options)));
        var ranks = plan.Modules.Where(m => m.Rank != rank).Select(m => (m.Name, Value: (double)m.Rank));
        var alphas = plan.Modules.Where(m => AlphaOf(m, options) != alpha).Select(m => (m.Name, Value: AlphaOf(m, options)));
        using var json = new Utf8JsonWriter(
            stream, new JsonWriterOptions { Indented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
        json.WriteStartObject();
        json.WriteNull("alora_invocation_tokens");
        WritePattern(json, "alpha_pattern", alphas);
        json.WriteNull("arrow_config");
        json.WriteNull("auto_mapping");
        json.WriteString("base_model_name_or_path", baseModel);
        json.WriteString("bias", plan.Bias switch { LoraBias.All => "all", LoraBias.LoraOnly => "lora_only", _ => "none" });
        json.WriteNull("corda_config");
        json.WriteBoolean("ensure_weight_tying", false);
        json.WriteNull("eva_config");
        json.WriteNull("exclude_modules");
        json.WriteBoolean("fan_in_fan_out", false);
        json.WriteBoolean("inference_mode", true);
        json.WriteBoolean("init_lora_weights", true);
        json.WriteNull("kasa_config");
        json.WriteNull("layer_replication");
        json.WriteNull("layers_pattern");
        json.WriteNull("layers_to_transform");
        json.WriteStartObject("loftq_config");
        json.WriteEndObject();
        WriteNumber(json, "lora_alpha", alpha);
        json.WriteBoolean("lora_bias", false);
        json.WriteNumber("lora_dropout", options.Dropout);
        json.WriteNull("lora_ga_config");
        json.WriteNull("megatron_config");
        json.WriteString("megatron_core", "megatron.core");
        WriteTexts(json, "modules_to_save", plan.SavedModules);
        json.WriteNull("monteclora_config");
        json.WriteString("peft_type", "LORA");
        json.WriteString("peft_version", PeftVersion);
        json.WriteNumber("qalora_group_size", 16);
        json.WriteNumber("r", rank);
        WritePattern(json, "rank_pattern", ranks);
        json.WriteNull("revision");
        WriteTexts(json, "target_modules", TargetNames(plan, model));
        json.WriteNull("target_parameters");
        json.WriteString("task_type", "CAUSAL_LM");
        json.WriteNull("trainable_token_indices");
        json.WriteNull("use_bdlora");
        json.WriteBoolean("use_dora", plan.UseDora);
        json.WriteBoolean("use_qalora", false);
        json.WriteBoolean("use_rslora", options.UseRslora);
        json.WriteNull("velora_config");
        json.WriteEndObject();
    }

    // Short names where every layer of the name is adapted, as people write them; else whole names.
    private static IReadOnlyList<string> TargetNames(AdapterPlan plan, ModelConfig model)
    {
        var adapted = plan.Modules.Select(m => m.Name).ToHashSet(StringComparer.Ordinal);
        return [.. ModelLayout.Modules(model)
            .Where(m => m.Kind != ModuleKind.Norm)
            .GroupBy(m => LastPart(m.Name))
            .SelectMany(group => group.All(m => adapted.Contains(m.Name))
                ? [group.Key]
                : group.Select(m => m.Name).Where(adapted.Contains))];
    }

    // The scaling is what was trained with; the alpha that gives it is a round number as a rule, and becomes one again.
    private static double AlphaOf(AdaptedModule module, LoraOptions options)
    {
        var alpha = module.Scaling * (options.UseRslora ? Math.Sqrt(module.Rank) : module.Rank);
        var round = Math.Round(alpha, 9);
        return Math.Abs(alpha - round) <= 1e-12 * Math.Abs(alpha) ? round : alpha;
    }

    private static T MostCommon<T>(IEnumerable<T> values) where T : struct =>
        values.GroupBy(v => v).OrderByDescending(g => g.Count()).First().Key;

    // A key is a regular expression for the end of a name, before which older releases of PEFT want a dot.
    private static void WritePattern(Utf8JsonWriter json, string key, IEnumerable<(string Name, double Value)> values)
    {
        const string Root = "model.";
        json.WriteStartObject(key);
        foreach (var (name, value) in values)
            WriteNumber(json, name.StartsWith(Root, StringComparison.Ordinal) ? name[Root.Length..] : name, value);
        json.WriteEndObject();
    }

    private static void WriteTexts(Utf8JsonWriter json, string key, IReadOnlyList<string> texts)
    {
        if (texts.Count == 0)
        {
            json.WriteNull(key);
            return;
        }

        json.WriteStartArray(key);
        foreach (var text in texts)
            json.WriteStringValue(text);
        json.WriteEndArray();
    }

    // PEFT declares alpha a whole number; some loaders insist.
    private static void WriteNumber(Utf8JsonWriter json, string key, double value)
    {
        json.WritePropertyName(key);
        json.WriteRawValue(value.ToString("R", CultureInfo.InvariantCulture));
    }

    private static string LastPart(string name) => name[(name.LastIndexOf('.') + 1)..];
}
