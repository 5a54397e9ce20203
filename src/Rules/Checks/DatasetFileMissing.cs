using LoraLint.Rules.Configs;
using LoraLint.Rules.Knowledge;
using LoraLint.Rules.Linting;

namespace LoraLint.Rules.Checks;

/// <summary>A local dataset file is not in the folder that should hold it.</summary>
public sealed class DatasetFileMissing : Rule
{
    private static readonly string[] s_extensions = [".json", ".jsonl", ".csv", ".tsv", ".parquet", ".txt", ".toml"];

    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL404",
        Name = "dataset-file-missing",
        Category = Category.Suspicious,
        Summary = "A local dataset file is not in the folder that should hold it.",
        Why = "The run stops when it loads its data, often after the model was downloaded and placed.",
        Sources =
        [
            new("axolotl-ai-cloud/axolotl@067b021c (2026-07-24)", "src/axolotl/utils/data/shared.py: a path that is not local is looked "
                + "up on the hub"),
            new(Upstream.LlamaFactory, "src/llamafactory/data/loader.py:72-82: File not found"),
            new(Upstream.Kohya, "library/config_util.py:675-678: dataset_config, file not found"),
        ],
    };

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        if (context.Format.Name == "llama-factory")
        {
            CheckNames(context);
            return;
        }

        CheckPaths(context, context.Config.Dataset);
        CheckPaths(context, context.Config.EvalDataset);
    }

    // LLaMA-Factory's datasets are names in its dataset_info.json, which lies in the folder of their files.
    private static void CheckNames(CheckContext context)
    {
        if (LfDatasets.Of(context) is not { } datasets)
            return;
        foreach (var (name, node) in LfDatasets.Names(context.Config.Dataset).Concat(LfDatasets.Names(context.Config.EvalDataset)))
        {
            if (datasets.Root.Find(name) is not { } dataset || datasets.FileOf(dataset) is not { } path
                || context.Files.Exists(path) != false)
                continue;
            context.Report(
                node,
                $"{name} is {path} by {datasets.Folder}/dataset_info.json, which is not there; check the name, or the run stops when it "
                + "loads its data",
                related: [datasets.Place(dataset.Value.Find("file_name")!, $"the file of {name}")]);
        }
    }

    private static void CheckPaths(CheckContext context, Setting<IReadOnlyList<string>> setting)
    {
        if (!setting.IsWritten || !setting.TryGet(out var paths))
            return;
        foreach (var written in paths)
        {
            // ms-swift: `data.jsonl#500` takes 500 rows.
            var path = written.Split('#')[0];
            var slash = path.LastIndexOf('/');
            if (slash <= 0 || !s_extensions.Any(e => path.EndsWith(e, StringComparison.OrdinalIgnoreCase))
                || context.Files.Exists(path) != false)
                continue;
            // Data is often not committed at all: only where its folder is here, a missing file is likely a slip.
            var folder = path.Substring(0, slash);
            if (folder is "." or ".." || context.Files.Exists(folder) != true)
                continue;
            context.Report(
                NodeOf(setting.Entry!.Value, written) ?? setting.Entry.Value,
                $"{path} is not there, though its folder {folder} is; check the name, or the run stops when it loads its data");
        }
    }

    private static ConfigNode? NodeOf(ConfigNode node, string text)
    {
        if (node.IsScalar)
            return node.Text == text ? node : null;
        return node.Items.Concat(node.Entries.Select(e => e.Value)).Select(n => NodeOf(n, text)).FirstOrDefault(n => n is not null);
    }
}
