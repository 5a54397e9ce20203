using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using LoraLint.Trainer.Models;

namespace LoraLint.Trainer.Commands;

/// <summary><c>loralint-trainer adapter inspect</c>: what an adapter holds and how strongly each of its modules acts.</summary>
internal static class AdapterCommand
{
    /// <summary>The command for the parser.</summary>
    /// <param name="output">Where the result goes.</param>
    public static Command Build(TextWriter output)
    {
        var adapter = new Argument<string>("ADAPTER") { Description = "The adapter's folder, with adapter_config.json." };
        var baseModel = MergeCommand.BaseOption();
        baseModel.Description = "The base model's folder: shapes are checked and updates shown against its weights.";
        var json = new Option<bool>("--json") { Description = "Write JSON." };
        var inspect = new Command(
            "inspect", "Show what an adapter holds: norms, effective ranks, unused modules; check config and weights.")
        {
            adapter, baseModel, json,
        };
        inspect.SetAction(parsed =>
        {
            using var opened = AdapterFolder.Open(parsed.GetValue(adapter)!);
            using var model = parsed.GetValue(baseModel) is { } folder ? ModelFolder.Open(folder) : null;
            if (model is not null)
                opened.Verify(model);
            var norms = opened.Modules.Select(m => AdapterNorms.Measure(m, model?.WeightOf(m.Name))).ToArray();
            if (parsed.GetValue(json))
                WriteJson(output, opened, norms);
            else
                WriteText(output, opened, norms);
            return 0;
        });
        return new Command("adapter", "Look at adapters.") { inspect };
    }

    private static void WriteText(TextWriter output, AdapterFolder adapter, AdapterNorms[] norms)
    {
        var options = adapter.Options;
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{adapter.Path}: {norms.Length} modules, {Parameters(adapter):N0} parameters, rank {options.Rank}, alpha {options.Alpha}"
            + $"{(options.UseRslora ? ", rsLoRA" : "")}{(options.UseDora ? ", DoRA" : "")}, base {adapter.BaseModel ?? "not named"}"));
        if (adapter.Saved.Count > 0)
            output.WriteLine($"trained in full: {string.Join(", ", adapter.Saved.Keys)}");
        if (adapter.Biases.Count > 0)
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"trained biases: {adapter.Biases.Count}"));
        var width = Math.Max(6, norms.Select(n => n.Name.Length).DefaultIfEmpty().Max());
        output.WriteLine($"{"module".PadRight(width)}  rank  scaling      |A|      |B|    |sBA|  eff. rank  |sBA|/|W|");
        foreach (var n in norms)
        {
            output.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{n.Name.PadRight(width)}  {n.Rank,4}  {n.Scaling,7:G4}  {n.NormA,7:G4}  {n.NormB,7:G4}  {n.NormUpdate,7:G4}  "
                + $"{n.EffectiveRank,9:F2}  {(n.Relative is { } relative ? relative.ToString("P3", CultureInfo.InvariantCulture) : "-"),9}"
                + $"{(n.ZeroMatrix is { } zero ? $"  unused: {zero} is zero" : "")}"));
        }
    }

    private static void WriteJson(TextWriter output, AdapterFolder adapter, AdapterNorms[] norms)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true, NewLine = "\n" }))
        {
            json.WriteStartObject();
            json.WriteString("path", adapter.Path);
            json.WriteString("base_model", adapter.BaseModel);
            json.WriteNumber("rank", adapter.Options.Rank);
            json.WriteNumber("alpha", adapter.Options.Alpha);
            json.WriteBoolean("use_rslora", adapter.Options.UseRslora);
            json.WriteBoolean("use_dora", adapter.Options.UseDora);
            json.WriteNumber("parameters", Parameters(adapter));
            json.WriteStartArray("saved_modules");
            foreach (var saved in adapter.Saved.Keys)
                json.WriteStringValue(saved);
            json.WriteEndArray();
            json.WriteNumber("biases", adapter.Biases.Count);
            json.WriteStartArray("modules");
            foreach (var n in norms)
            {
                json.WriteStartObject();
                json.WriteString("name", n.Name);
                json.WriteNumber("rank", n.Rank);
                json.WriteNumber("scaling", n.Scaling);
                json.WriteNumber("norm_a", n.NormA);
                json.WriteNumber("norm_b", n.NormB);
                json.WriteNumber("norm_update", n.NormUpdate);
                json.WriteNumber("effective_rank", n.EffectiveRank);
                WriteOptional(json, "norm_weight", n.NormWeight);
                WriteOptional(json, "relative_update", n.Relative);
                json.WriteBoolean("unused", n.ZeroMatrix is not null);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        output.WriteLine(System.Text.Encoding.UTF8.GetString(buffer.ToArray()));
    }

    private static void WriteOptional(Utf8JsonWriter json, string key, double? value)
    {
        if (value is { } number)
            json.WriteNumber(key, number);
        else
            json.WriteNull(key);
    }

    private static long Parameters(AdapterFolder adapter) =>
        adapter.Modules.Sum(m => m.A.Length + m.B.Length + (m.Magnitude?.Length ?? 0)) + adapter.Saved.Values.Sum(t => t.Length)
        + adapter.Biases.Values.Sum(t => t.Length);
}
