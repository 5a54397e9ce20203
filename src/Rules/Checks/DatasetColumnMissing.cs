using LoraLint.Rules.Configs;
using LoraLint.Rules.Knowledge;
using LoraLint.Rules.Linting;
using LoraLint.Rules.Text;

namespace LoraLint.Rules.Checks;

/// <summary>The rows of a local dataset lack a column that the run reads.</summary>
public sealed class DatasetColumnMissing : Rule
{
    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL411",
        Name = "dataset-column-missing",
        Category = Category.Correctness,
        Summary = "The rows of a local dataset lack a column that the run reads.",
        Why = "The run stops at the first row, after the model was downloaded and placed, or trains on rows that hold nothing.",
        Sources =
        [
            new(Upstream.LlamaFactory, "src/llamafactory/data/converter.py:86-140, parser.py:51-84"),
            new(Upstream.Axolotl, "src/axolotl/prompt_tokenizers.py:165-173, prompt_strategies/completion.py"),
            new(Upstream.MlxLm, "mlx_lm/tuner/datasets.py:176-204"),
            new(Upstream.Trl, "trl/trainer/sft_trainer.py:1392-1520; its scripts have no formatting function"),
            new(Upstream.MsSwift, "swift/dataset/preprocessor/core.py:373-387, 469-471, 686-693: which columns become messages"),
        ],
        Formats = ["axolotl", "llama-factory", "mlx-lm", "trl", "ms-swift"],
    };

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        switch (context.Format.Name)
        {
            case "axolotl":
                CheckAxolotl(context);
                break;
            case "llama-factory":
                CheckLlamaFactory(context);
                break;
            case "trl":
                CheckTrl(context);
                break;
            case "ms-swift":
                CheckMsSwift(context);
                break;
            default:
                CheckMlx(context);
                break;
        }
    }

    private static void CheckAxolotl(CheckContext context)
    {
        foreach (var dataset in context.Read.Find("datasets")?.Value.Items ?? [])
        {
            if (dataset.Find("path") is not { Value: { IsScalar: true, IsUnknown: false } path } || dataset.Find("type") is not { } type
                || context.Files.ColumnsOf(path.Text) is not { } columns)
                continue;
            foreach (var (column, entry) in AxolotlColumns(dataset, type))
            {
                if (!columns.Contains(column))
                    context.Report(
                        entry, Message(path.Text, column, columns, $"type {Word(type)} reads it"), related: Related(context, path.Text));
            }
        }
    }

    // What each type reads without fail; other types have prompters of their own.
    private static IEnumerable<(string Column, ConfigEntry Entry)> AxolotlColumns(ConfigNode dataset, ConfigEntry type)
    {
        if (type.Value.IsMapping)
        {
            foreach (var key in new[] { "field_instruction", "field_output" })
            {
                if (type.Value.Find(key) is { Value: { IsScalar: true, IsUnknown: false, Text.Length: > 0 } name } entry)
                    yield return (name.Text, entry);
            }
        }
        else if (type.Value is { IsScalar: true, Text: "alpaca" })
        {
            yield return ("instruction", type);
            yield return ("output", type);
        }
        else if (type.Value is { IsScalar: true, Text: "completion" })
        {
            var field = dataset.Find("field");
            var name = field is { Value: { IsScalar: true, IsUnknown: false, Text.Length: > 0 } written } ? written.Text : "text";
            yield return (name, field ?? type);
        }
    }

    private static void CheckLlamaFactory(CheckContext context)
    {
        if (LfDatasets.Of(context) is not { } datasets)
            return;
        foreach (var (name, node) in LfDatasets.Names(context.Config.Dataset).Concat(LfDatasets.Names(context.Config.EvalDataset)))
        {
            if (datasets.Root.Find(name) is not { } dataset || datasets.FileOf(dataset) is not { } path
                || context.Files.ColumnsOf(path) is not { } columns)
                continue;
            foreach (var (column, entry) in LlamaFactoryColumns(dataset).Where(c => !columns.Contains(c.Column)))
            {
                context.Report(
                    node,
                    Message(path, column, columns, $"{datasets.Folder}/dataset_info.json reads it for {name}"),
                    related: [datasets.Place(entry, $"{name} is described here")]);
            }
        }
    }

    // parser.py: the columns written are all there are; without any, alpaca's and sharegpt's own.
    private static IEnumerable<(string Column, ConfigEntry Entry)> LlamaFactoryColumns(ConfigEntry dataset)
    {
        var isAlpaca = dataset.Value.Find("formatting") is not { Value.Text: not "alpaca" };
        if (dataset.Value.Find("columns") is not { } columns)
        {
            return isAlpaca ? new[] { "instruction", "input", "output" }.Select(c => (c, dataset)) : [("conversations", dataset)];
        }

        var read = isAlpaca ? new[] { "prompt", "query", "response" } : ["messages"];
        return columns.Value.Entries
            .Where(e => !e.IsOverridden && read.Contains(e.Key) && e.Value is { IsScalar: true, IsUnknown: false, Text.Length: > 0 }
                // A preference pair has its answers elsewhere.
                && !(e.Key == "response" && dataset.Value.Find("ranking") is { Value.Text: "true" }))
            .Select(e => (e.Value.Text, e));
    }

    private static void CheckMlx(CheckContext context)
    {
        if (context.Read.Has("hf_dataset") || context.Read.Find("data") is not { Value: { IsScalar: true, IsUnknown: false } data } entry)
            return;
        var path = data.Text.TrimEnd('/') + "/train.jsonl";
        if (context.Files.ColumnsOf(path) is not { } columns)
            return;
        string Feature(string key, string whenAbsent) => context.Read.Text(key, whenAbsent).Or(whenAbsent);
        var prompt = Feature("prompt_feature", "prompt");
        var completion = Feature("completion_feature", "completion");
        var chat = Feature("chat_feature", "messages");
        var text = Feature("text_feature", "text");
        if ((columns.Contains(prompt) && columns.Contains(completion)) || columns.Contains(chat) || columns.Contains(text))
            return;
        context.Report(
            entry,
            $"{path} has the columns {List(columns)}, and mlx-lm needs {prompt} with {completion}, {chat}, or {text}: rename them, or it "
            + "stops with an unsupported data format",
            related: Related(context, path));
    }

    // The scripts of TRL itself: what a script of the user's own does with its rows is not known. Which of TRL's scripts it is the file
    // does not say, so it has to be a column that none of them reads.
    private static void CheckTrl(CheckContext context)
    {
        if (!context.Config.SaveStrategy.IsKnown || !context.Read.Text("dataset_text_field", "text").TryGet(out var text))
            return;
        string[] known = [text, "text", "messages", "conversations", "prompt", "completion", "chosen", "rejected", "input_ids"];
        foreach (var dataset in context.Read.Find("datasets")?.Value.Items ?? [])
        {
            if (dataset.Find("data_files") is not { Value: { IsScalar: true, IsUnknown: false } path } entry || dataset.Find("columns") is not null
                || context.Files.ColumnsOf(path.Text) is not { } columns || columns.Intersect(known).Any())
                continue;
            context.Report(
                entry,
                $"{path.Text} has the columns {List(columns)}, and TRL needs {text}, messages, or prompt with completion (or chosen and "
                + "rejected): rename them, or the run stops at the first row",
                related: Related(context, path.Text));
        }
    }

    // What holds the answer; ms-swift finds it without regard to case. The runs that write their own answers need none.
    private static void CheckMsSwift(CheckContext context)
    {
        string[] answers =
        [
            "messages", "conversation", "conversations", "response", "answer", "output", "targets", "target", "answer_key", "answers",
            "solution", "text", "completion", "content",
        ];
        var read = context.Read;
        if (read.Has("columns") || read.Has("external_plugins") || read.Has("custom_register_path") || read.Has("custom_dataset_info")
            || read.Text("rlhf_type", "").Or("grpo") is "grpo" or "ppo" or "gkd" || read.Text("task_type", "causal_lm").Or("") != "causal_lm"
            || !context.Config.Dataset.IsWritten || !context.Config.Dataset.TryGet(out var paths))
            return;
        foreach (var written in paths)
        {
            var path = written.Split('#')[0];
            if (context.Files.ColumnsOf(path) is not { } columns
                || columns.Any(c => answers.Contains(c, StringComparer.OrdinalIgnoreCase)))
                continue;
            context.Report(
                context.Config.Dataset,
                $"{path} has the columns {List(columns)}, and ms-swift finds no answers in them: it looks for messages, conversations, or a "
                + "column like response or output; rename them, or map them with columns",
                related: Related(context, path));
        }
    }

    private static IReadOnlyList<RelatedPlace> Related(CheckContext context, string path) =>
        context.Files.PointAt(path) is { } source ? [new RelatedPlace(source, new TextSpan(0, 0), "the rows are here")] : [];

    private static string Message(string path, string column, IReadOnlyList<string> columns, string reader) =>
        $"{path} has no column {column} but {List(columns)}, and {reader}: correct the name, or the run stops at the first row";

    private static string List(IReadOnlyList<string> columns) =>
        string.Join(", ", columns.Take(8)) + (columns.Count > 8 ? " and more" : "");

    private static string Word(ConfigEntry type) => type.Value.IsScalar ? type.Value.Text : "with fields of its own";
}
