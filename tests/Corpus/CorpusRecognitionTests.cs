using LoraLint.Advisor.Reading;
using LoraLint.Rules.Formats;
using LoraLint.Rules.Linting;
using LoraLint.Rules.Text;
using LoraLint.Tests.Support;

namespace LoraLint.Tests.Corpus;

/// <summary>
/// Which format each real config is taken for. The table beside this file holds what is right; LORALINT_UPDATE=1 rewrites it, and its
/// diff is to be read then.
/// </summary>
public sealed class CorpusRecognitionTests(ITestOutputHelper output)
{
    private const string NoFormat = "-";
    private const string WithoutCorpus = "the corpus of real configs is not beside this checkout";

    /// <summary>The least share of a framework's files that must be recognised.</summary>
    private const double Least = 0.97;

    /// <summary>Folders whose files are of one framework, with its formats.</summary>
    private static readonly (string Folder, string[] Formats)[] s_folders =
    [
        ("axolotl", ["axolotl"]),
        ("llama-factory", ["llama-factory"]),
        ("peft-adapter", ["peft"]),
        ("torchtune", ["torchtune"]),
        ("litgpt", ["litgpt"]),
        ("mlx", ["mlx-lm"]),
        ("trl", ["trl"]),
        ("ms-swift", ["ms-swift"]),
        ("kohya", ["kohya", "kohya-gui"]),
        ("deepspeed", ["deepspeed"]),
        ("accelerate", ["accelerate"]),
        ("nemo-automodel", ["nemo-automodel"]),
        ("nemo", ["nemo"]),
        ("nemo-rl", ["nemo-rl"]),
        ("oumi", ["oumi"]),
        ("paddlenlp", ["paddlenlp"]),
        ("ludwig", ["ludwig"]),
        ("verl", ["verl"]),
        ("tunix", ["tunix"]),
        ("primus", ["primus"]),
        ("llmforge", ["llmforge"]),
        ("ai-toolkit", ["ai-toolkit"]),
        ("autotrain", ["autotrain"]),
        ("h2o-llmstudio", ["h2o-llmstudio"]),
        ("levanter", ["levanter"]),
        ("fastvideo", ["fastvideo"]),
        ("qlora-pipe", ["qlora-pipe"]),
        ("custom", ["lora"]),
        ("azureml", ["lora"]),
        ("belle", ["lora"]),
        ("cogvideo-sat", ["lora"]),
        ("glm", ["lora"]),
        ("llmtune", ["lora"]),
        ("open-instruct", ["lora"]),
    ];

    /// <summary>The least share of all configs of the corpus that must be recognised.</summary>
    private const double LeastOfAll = 0.98;

    /// <summary>What the corpus lists as a config and is none of a LoRA run, with the reason.</summary>
    private static readonly string[] s_others =
    [
        "custom/DimensionSTP__llm-fine-tune-hf/configs/dense_to_moe/dense_to_moe.yaml", // merges adapters into experts, trains none
        "custom/DimensionSTP__llm-fine-tune-hf/configs/peft_initialization/lora.yaml", // where an adapter is loaded from; no LoRA setting
        "hcpdiff/KohakuBlueleaf__LyCORIS/example_configs/training_configs/hcp/hcp_loha.yaml", // LoHa, another method
        "hcpdiff/KohakuBlueleaf__LyCORIS/example_configs/training_configs/hcp/tuning_base.yaml", // every way of training set to null
        "kohya/sorryhyun__anima_lora/gui/explanations/guides/en/_fields.json", // help texts by key
        "kohya/sorryhyun__anima_lora/gui/explanations/guides/ko/_fields.json", // help texts by key
        "nemo/NVIDIA__NeMo-Framework-Launcher/auto_configurator/tuning/conf/config.yaml", // a search that names the config it starts from
        "unsloth-studio/unslothai__unsloth/tests/kaggle/t4_smoke/references/t4_qwen2.5-0.5b.json", // losses that a test compares with
    ];

    [Fact]
    public void Every_file_is_of_the_format_in_the_table()
    {
        Assert.SkipWhen(Repository.Corpus is null, WithoutCorpus);
        var table = Repository.PathTo("tests", "Corpus", "expected-formats.tsv");
        var found = string.Concat(Recognised().Select(f => $"{f.Path}\t{f.Format}\n"));
        if (Repository.Updates)
            File.WriteAllText(table, found);
        Assert.Equal(File.ReadAllText(table).Split('\n'), found.Split('\n'));
    }

    [Fact]
    public void Nearly_all_files_of_a_framework_are_recognised()
    {
        Assert.SkipWhen(Repository.Corpus is null, WithoutCorpus);
        var files = Recognised();
        var tooFew = new List<string>();
        foreach (var (folder, formats) in s_folders.Where(f => f.Formats.Any(n => FormatCatalog.Find(n) is not null)))
        {
            // A framework's repository holds configs of programs beside it too, in schemas of their own.
            var own = files.Where(f => f.Folder == folder && !s_others.Contains(f.Path)
                && (f.Format != OwnSchemaFormat.FormatName || formats.Contains(f.Format))).ToList();
            var missed = own.Where(f => !formats.Contains(f.Format)).Select(f => f.Path).ToList();
            var share = 1 - ((double)missed.Count / own.Count);
            output.WriteLine($"{folder}: {own.Count - missed.Count} of {own.Count} ({100 * share:0.0} %)");
            if (share < Least)
                tooFew.Add($"{folder}: {string.Join(", ", missed)}");
        }

        Assert.Empty(tooFew);

        // Of all that the corpus lists as a config, nothing left out.
        var configs = ConfigsOfTheManifest();
        var all = files.Where(f => configs.Contains(f.Path)).ToList();
        var recognised = all.Count(f => f.Format != NoFormat);
        output.WriteLine($"all configs: {recognised} of {all.Count} ({100.0 * recognised / all.Count:0.0} %)");
        Assert.Equal(configs.Count, all.Count);
        Assert.True(recognised >= LeastOfAll * all.Count);
        Assert.Equal(s_others, all.Where(f => f.Format == NoFormat).Select(f => f.Path).Order(StringComparer.Ordinal));
    }

    private static HashSet<string> ConfigsOfTheManifest() =>
    [
        .. File.ReadLines(Path.Combine(Repository.Corpus!, "MANIFEST.tsv")).Select(l => l.Split('\t'))
            .Where(c => c.Length > 3 && c[3] == "config").Select(c => c[0]),
    ];

    [Fact]
    public void Files_of_other_frameworks_are_taken_for_none()
    {
        Assert.SkipWhen(Repository.Corpus is null, WithoutCorpus);
        var formats = s_folders.ToDictionary(f => f.Folder, f => f.Formats);
        var configs = ConfigsOfTheManifest();
        var taken = Recognised().Where(f => f.Format != NoFormat && (f.ConcernsLora || f.Format == OwnSchemaFormat.FormatName));
        // A schema of a project's own may be anywhere, but in nothing that is no config: files of DeepSpeed, Accelerate and inference.
        var wrong = taken.Where(f => f.Format == OwnSchemaFormat.FormatName ? !configs.Contains(f.Path)
            : !(formats.GetValueOrDefault(f.Folder) ?? []).Contains(f.Format));
        Assert.Empty(wrong.Select(f => $"{f.Path}: {f.Format}"));
    }

    [Fact]
    public void Full_fine_tunes_among_the_negatives_are_none_of_our_business()
    {
        Assert.SkipWhen(Repository.Corpus is null, WithoutCorpus);
        var negatives = Recognised().Where(f => f.Folder == "negatives").ToList();
        Assert.NotEmpty(negatives);
        Assert.Contains(negatives, f => f.Format == "axolotl");
        Assert.Empty(negatives.Where(f => f.ConcernsLora).Select(f => f.Path));
    }

    private static IReadOnlyList<RecognisedFile> Recognised() => [.. CorpusFile.All().Select(Recognise)];

    private static RecognisedFile Recognise(CorpusFile file)
    {
        var document = ConfigReader.Read(new SourceText(file.Path, file.Text), ConfigReader.LanguageOf(file.Path)!.Value);
        var formats = document.Roots.Select(r => FormatCatalog.Recognise(r, file.Path)?.Name).OfType<string>().Distinct().ToList();
        var concerns = Linter.Recognise(document, LintOptions.Default).Count > 0;
        return new RecognisedFile(file.Folder, file.Path, formats.Count == 0 ? NoFormat : string.Join(',', formats), concerns);
    }

    private sealed record RecognisedFile(string Folder, string Path, string Format, bool ConcernsLora);
}
