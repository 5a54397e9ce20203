using LoraLint.Rules.Knowledge;
using LoraLint.Rules.Linting;
using LoraLint.Rules.Text;

namespace LoraLint.Rules.Checks;

/// <summary>LLaMA-Factory: a dataset is not among those that dataset_info.json lists.</summary>
public sealed class LfDatasetNotListed : Rule
{
    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL410",
        Name = "lf-dataset-not-listed",
        Category = Category.Correctness,
        Summary = "The dataset is not listed in dataset_info.json.",
        Why = "LLaMA-Factory's datasets are names, not paths: each has to be described in dataset_info.json in dataset_dir, or the run "
            + "stops.",
        Sources = [new(Upstream.LlamaFactory, "src/llamafactory/data/parser.py:96-127: Undefined dataset")],
        Formats = ["llama-factory"],
    };

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        if (LfDatasets.Of(context) is not { } datasets)
            return;
        var known = datasets.Root.Entries.Select(e => e.Key).ToList();
        foreach (var (name, node) in LfDatasets.Names(context.Config.Dataset).Concat(LfDatasets.Names(context.Config.EvalDataset)))
        {
            if (name.Length == 0 || known.Contains(name))
                continue;
            var closest = Spelling.Closest(name, known);
            context.Report(
                node,
                $"{name} is not among the {known.Count.ToString(System.Globalization.CultureInfo.InvariantCulture)} datasets of "
                + $"{datasets.Folder}/dataset_info.json, and LLaMA-Factory stops; "
                + (closest is null ? "describe it there" : $"did you mean {closest}?"),
                // Without dataset_dir another folder of that name may be meant.
                weaker: datasets.IsFolderWritten ? null : Category.Suspicious,
                related: [datasets.Top("the datasets are listed here")]);
        }
    }
}
