using System.Globalization;
using System.Text.Json;
using LoraLint.Advisor.Output;
using LoraLint.Rules.Knowledge.Models;
using LoraLint.Rules.Linting;

namespace LoraLint.Advisor.Commands;

/// <summary>What <c>loralint inspect</c> tells of a base model and of the modules that get adapters.</summary>
internal static class InspectedModel
{
    /// <summary>Writes two lines and a table; where the modules depend on a library's version, a table for each.</summary>
    public static void Write(Terminal terminal, StyledWriter output, BaseModelView view)
    {
        output.WriteLine();
        if (view.Model is not { } model)
        {
            output.WriteLine(SourceExcerpt.Harmless($"model: unknown ({view.Problem})"));
            return;
        }

        output.WriteLine(SourceExcerpt.Harmless(
            $"model: {model.Name}, {model.ModelType ?? "architecture not told"}, {Number(model.Shape.Layers)} layers, "
            + $"{Number(model.Parameters)} parameters ({SourceOf(model)})"));
        if (Problem(view) is { } problem)
        {
            output.WriteLine(SourceExcerpt.Harmless($"adapter: unknown ({problem})"));
            return;
        }

        foreach (var adapter in Distinct(view))
            WriteAdapter(terminal, output, adapter, view.Request!.NotCounted);
    }

    /// <summary>Writes the properties <c>model</c> and <c>adapters</c>.</summary>
    public static void Write(Utf8JsonWriter json, BaseModelView view)
    {
        json.WriteStartObject("model");
        if (view.Model is { } model)
        {
            json.WriteString("name", model.Name);
            json.WriteString("architecture", model.ModelType);
            json.WriteString("known_from", OriginOf(model));
            json.WriteNumber("layers", model.Shape.Layers);
            json.WriteNumber("parameters", model.Parameters);
        }
        else
        {
            json.WriteNull("name");
        }

        json.WriteString("problem", view.Model is null ? view.Problem : Problem(view));
        json.WriteEndObject();
        json.WriteStartArray("adapters");
        foreach (var adapter in Distinct(view))
            WriteAdapter(json, adapter, isCounted: view.Request!.NotCounted is null);
        json.WriteEndArray();
    }

    private static string? Problem(BaseModelView view)
    {
        if (view.Request is null)
            return view.RequestProblem;
        return view.Adapters.Count > 0 ? null
            : "its modules cannot be told: a pattern that cannot be judged, or experts that are not all named";
    }

    // Alike in all libraries, one is enough.
    private static IReadOnlyList<AdapterShape> Distinct(BaseModelView view) =>
        view.Adapters.Select(a => (a.Trainable, a.Modules.Count)).Distinct().Count() == 1 ? [view.Adapters[0]] : view.Adapters;

    private static void WriteAdapter(Terminal terminal, StyledWriter output, AdapterShape adapter, string? notCounted)
    {
        var library = adapter.Model.Library.Length > 0 ? $" with {adapter.Model.Library}" : "";
        var saved = adapter.SavedParameters > 0 ? $", {Number(adapter.SavedParameters)} of them in modules trained in full" : "";
        var biases = adapter.BiasParameters > 0 ? $", {Number(adapter.BiasParameters)} of them biases" : "";
        var share = (100 * adapter.Share).ToString("0.####", CultureInfo.InvariantCulture);
        var count = notCounted is null
            ? $"{Number(adapter.Trainable)} trainable parameters{saved}{biases}, {share} % of all" : $"not counted: {notCounted}";
        output.WriteLine($"adapter{library}: {Number(adapter.Modules.Count)} modules, {count}");
        if (adapter.Refused.Count > 0)
        {
            var names = string.Join(", ", adapter.Refused.Take(3)) + (adapter.Refused.Count > 3 ? " ..." : "");
            output.WriteLine(SourceExcerpt.Harmless($"PEFT has no adapter for {names}, which the targets match too, and stops"));
        }

        if (adapter.Modules.Count + adapter.Saved.Count == 0)
            return;
        var table = new ColumnTable("module", "count", "inputs", "outputs", "rank", "parameters");
        foreach (var group in ModuleGroup.Of(adapter.Modules))
            AddRow(table, group, notCounted is null ? Number(group.First.Rank) : "", notCounted is null);
        foreach (var group in ModuleGroup.Of(adapter.Saved.Select(m => new AdaptedModule(m, 0, m.Parameters))))
            AddRow(table, group, "full", true);
        table.Write(terminal);
    }

    private static void AddRow(ColumnTable table, ModuleGroup group, string rank, bool isCounted) => table.Add(
        group.Name,
        Number(group.Modules.Count),
        Number(group.First.Module.Inputs),
        Number(group.First.Module.Outputs),
        rank,
        isCounted ? Number(group.Parameters) : "");

    private static void WriteAdapter(Utf8JsonWriter json, AdapterShape adapter, bool isCounted)
    {
        json.WriteStartObject();
        json.WriteString("library", adapter.Model.Library.Length > 0 ? adapter.Model.Library : null);
        if (isCounted)
        {
            json.WriteNumber("trainable", adapter.Trainable);
            json.WriteNumber("saved_in_full", adapter.SavedParameters);
            json.WriteNumber("biases", adapter.BiasParameters);
            json.WriteNumber("share", Math.Round(adapter.Share, 8));
        }
        else
        {
            json.WriteNull("trainable");
            json.WriteNull("saved_in_full");
            json.WriteNull("biases");
            json.WriteNull("share");
        }

        json.WriteStartArray("modules");
        foreach (var group in ModuleGroup.Of(adapter.Modules))
        {
            json.WriteStartObject();
            json.WriteString("name", group.Name);
            json.WriteNumber("count", group.Modules.Count);
            json.WriteNumber("inputs", group.First.Module.Inputs);
            json.WriteNumber("outputs", group.First.Module.Outputs);
            if (isCounted)
            {
                json.WriteNumber("rank", group.First.Rank);
                json.WriteNumber("parameters", group.Parameters);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("saved");
        foreach (var module in adapter.Saved)
            json.WriteStringValue(module.Name);
        json.WriteEndArray();
        json.WriteStartArray("refused");
        foreach (var name in adapter.Refused)
            json.WriteStringValue(name);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static string SourceOf(BaseModel model) => model switch
    {
        { NamesAreOfFiles: true } => "by the names in its files",
        { Origin: ModelOrigin.Folder } => "from its config.json",
        { Origin: ModelOrigin.Cache } => "from the Hugging Face cache",
        _ => "known by name",
    };

    private static string OriginOf(BaseModel model) => model.Origin switch
    {
        ModelOrigin.Folder => "folder",
        ModelOrigin.Cache => "cache",
        _ => "catalog",
    };

    private static string Number(long number) => number.ToString("N0", CultureInfo.InvariantCulture);
}
