using LoraLint.Rules.Configs;
using LoraLint.Rules.Formats;

namespace LoraLint.Rules.Runs.Resolving;

/// <summary>torchtune's dataset builders, for local files: torchtune/datasets/_chat.py, _instruct.py, _text_completion.py.</summary>
internal static class TorchtuneData
{
    /// <summary>What is trained and evaluated on.</summary>
    public static DataOptions Of(RunReader read, TrainingConfig config, IRunPlaces places)
    {
        var keys = read.Read;
        var masks = new List<bool>();
        var packs = new List<bool>();
        List<DataSource> SourcesOf(string key) =>
            [.. read.Items(key).Select(i => SourceOf(i, places, masks, packs)).OfType<DataSource>()];
        var train = SourcesOf("dataset");
        var validation = SourcesOf("dataset_val");
        if (masks.Distinct().Count() > 1 || packs.Distinct().Count() > 1)
            read.Refuse("dataset", "train_on_input and packed must be the same for all datasets");
        return new DataOptions
        {
            Train = train,
            Validation = validation,
            MaskPrompt = masks.Count == 0 || masks[0],
            Packing = packs.Count > 0 && packs[0],
            // Without a limit nothing is cut; a model's context is the trainer's question.
            MaxSequenceLength = config.MaxSequenceLength.IsWritten ? read.Whole(config.MaxSequenceLength, 1, 2048) : 1 << 20,
            ChatTemplate = train.Concat(validation).All(s => s.Format == DataFormat.Text) ? null : TemplateOf(read),
        };
    }

    private static string? TemplateOf(RunReader read)
    {
        var tokenizer = read.Take(read.Read.Text("tokenizer._component_").LastName(), "");
        if (ChatTemplateNames.OfTorchtune(tokenizer) is { } template)
            return template;
        read.Refuse("tokenizer._component_", $"the chat format of {tokenizer} is not known here; "
            + $"conversations are trained on with {ChatTemplateNames.TorchtuneNames}");
        return null;
    }

    private static DataSource? SourceOf(RunReader item, IRunPlaces places, List<bool> masks, List<bool> packs)
    {
        var keys = item.Read;
        var builder = item.Take(keys.Text("_component_").LastName(), "");
        if (item.Take(keys.Text("source"), "") is not ("json" or "text"))
        {
            item.Refuse("source", "hub datasets are not looked up; save the data as JSON Lines and write source: json, data_files: FILE");
            return null;
        }

        if (item.Take(keys.Text("split", "train"), "train") != "train")
            item.Refuse("split", "a local file has the split train only; cut the file itself");
        masks.Add(!item.Take(keys.Bool("train_on_input", false), false));
        packs.Add(item.Take(keys.Bool("packed", false), false));
        var files = item.Take(keys.Texts("data_files", []), []);
        var format = FormatOf(item, builder);
        item.Finish([], s_remedies, ["add_eos"]);
        if (files.Count == 1 && format is { } known)
            return CommonRun.SourceOf(
                item, "data_files", files[0], places.FromWorkingFolder(files[0]), known.Format, places, known.Columns);
        if (files.Count != 1)
            item.Refuse("data_files", "name one file");
        return null;
    }

    private static readonly Dictionary<string, string> s_remedies = new(StringComparer.Ordinal)
    {
        ["new_system_prompt"] = "a system message of one's own is not supported here; put it into the data",
        ["add_eos"] = "a text always ends with the end token here; write true",
    };

    private static (DataFormat Format, IReadOnlyDictionary<string, string> Columns)? FormatOf(RunReader item, string builder)
    {
        var keys = item.Read;
        switch (builder)
        {
            case "chat_dataset":
                var column = item.Take(keys.Text("conversation_column"), "");
                switch (item.Take(keys.Text("conversation_style"), ""))
                {
                    case "openai":
                        return (DataFormat.Chat, CommonRun.Columns(("messages", column, "messages"), ("system", "", "system")));
                    case "sharegpt":
                        return (DataFormat.ShareGpt, CommonRun.Columns(("messages", column, "conversations"), ("system", "", "system")));
                    default:
                        item.Refuse("conversation_style", "write openai or sharegpt");
                        return null;
                }

            case "instruct_dataset":
                var input = item.Take(keys.Text("column_map.input", "input"), "input");
                var output = item.Take(keys.Text("column_map.output", "output"), "output");
                return (DataFormat.ChatExchange, CommonRun.Columns(
                    ("prompt", input, "prompt"), ("completion", output, "completion"), ("input", "", "input"), ("system", "", "system")));
            case "text_completion_dataset":
                if (item.Take(keys.Bool("add_eos", true), true) is false)
                    item.Refuse("add_eos", "a text always ends with the end token here; write true");
                return (DataFormat.Text, CommonRun.Columns(("text", item.Take(keys.Text("column", "text"), "text"), "text")));
            default:
                item.Refuse("_component_", $"the dataset {builder} is not supported by the embedded engine; "
                    + "it takes chat_dataset, instruct_dataset and text_completion_dataset with source: json");
                return null;
        }
    }
}
