using LoraLint.Rules.Configs;
using LoraLint.Rules.Knowledge.Models;
using LoraLint.Rules.Linting;
using LoraLint.Rules.Text;
using LoraLint.Tests.Support;

namespace LoraLint.Tests.Checks;

public sealed class DropoutAgainstDatasetSizeTests
{
    private const string Config = "base_model: m\nadapter: lora\nlora_r: 8\nlora_alpha: 16\nlora_target_linear: true\n";

    [Theory]
    [InlineData(999, "0", true)]
    [InlineData(1000, "0", false)]
    [InlineData(999, "0.01", false)]
    [InlineData(100000, "0.1", false)]
    [InlineData(100001, "0.1", true)]
    [InlineData(100001, "0.05", false)]
    [InlineData(0, "0", false)]
    public void Rows_and_dropout_are_judged_together(long rows, string dropout, bool isReported) =>
        Assert.Equal(isReported, Findings(Config + $"lora_dropout: {dropout}\n", rows).Count > 0);

    [Fact]
    public void Rows_of_local_files_are_counted_and_a_hub_dataset_leaves_them_unknown()
    {
        const string Local = Config + "datasets:\n  - path: data/a.jsonl\n    type: alpaca\n  - path: data/b.jsonl\n    type: alpaca\n";
        Assert.Contains("450 training rows", Assert.Single(Findings(Local, null)).Message, StringComparison.Ordinal);
        Assert.Empty(Findings(Local.Replace("data/b.jsonl", "tatsu-lab/alpaca"), null));
    }

    [Theory]
    [InlineData("rl: grpo\n")]
    [InlineData("lora_target_parameters: [mlp.experts.down_proj]\n")]
    public void Runs_that_take_no_dropout_are_silent(string keys) => Assert.Empty(Findings(Config + keys, 500));

    [Fact]
    public void The_dropout_is_written_behind_the_rank_where_it_was_missing()
    {
        var fix = Assert.Single(Findings(Config, 500)).Fix!;
        Assert.Contains("lora_r: 8\nlora_dropout: 0.1\n", Rules.Text.TextEdit.Apply(Config, fix.Edits), StringComparison.Ordinal);
    }

    private static List<Finding> Findings(string text, long? rows) =>
    [
        .. Lint.Check(text, "config.yaml", LintOptions.Default with { Format = "axolotl", DatasetRows = rows }, new TwoFiles())
            .Findings.Where(f => f.Rule.Name == "dropout-against-dataset-size"),
    ];

    private sealed class TwoFiles : ICompanionFiles
    {
        public ConfigDocument? Open(string path) => null;

        public bool? Exists(string path) => null;

        public IReadOnlyList<string>? TensorsOf(string path) => null;

        public IReadOnlyList<string> FoldersIn(string path) => [];

        public long? CountRows(string path) => path switch { "data/a.jsonl" => 200, "data/b.jsonl" => 250, _ => null };

        public SourceText? PointAt(string path) => null;

        public IEnumerable<ConfigDocument> OpenNeighbours() => [];

        public IReadOnlyList<string>? ColumnsOf(string path) => null;

        public double? LearntTokensOf(string path) => null;

        public Requirement? FindRequirement(string package) => null;

        public ModelLookup FindModel(string name) => ModelLookup.InCatalog(name);
    }
}
