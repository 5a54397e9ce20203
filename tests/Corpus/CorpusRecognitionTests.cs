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
    ];

    /// <summary>The least share of all configs of the corpus that must be recognised, those below left out.</summary>
    private const double LeastOfAll = 0.98;

    /// <summary>What is no config of a framework, by the beginning of its path, and why.</summary>
    private static readonly string[] s_others =
    [
        "custom/", // five projects, each with a schema of its own that nobody else uses
        "kohya/sorryhyun__anima_lora/gui/explanations/", // help texts by key
        "mlx/jbarnes850__mlx_json_lora/configs/models/", // a schema of the project's own, which its scripts turn into mlx-lm's
        "mlx/jbarnes850__mlx_json_lora/outputs/", // the same schema, saved
        "mlx/softwarewrighter__engram-poc/unsloth-nvidia/", // for a script of the project's with Unsloth
        "ms-swift/modelscope__ms-swift/scripts/benchmark/config/tuner.json", // a list of experiments for the project's benchmark
        "nemo/NVIDIA__NeMo-Framework-Launcher/auto_configurator/", // a search that names the config it starts from
        "peft-adapter/huggingface__peft/method_comparison/MetaMathQA/experiments/lora/llama-3.2-3B-rank32-lorafa/training_params.json",
        // ... the settings of PEFT's own benchmark
        "unsloth-studio/unslothai__unsloth/tests/", // losses that a test compares with
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
            var own = files.Where(f => f.Folder == folder && !s_others.Any(o => f.Path.StartsWith(o, StringComparison.Ordinal))).ToList();
            var missed = own.Where(f => !formats.Contains(f.Format)).Select(f => f.Path).ToList();
            var share = 1 - ((double)missed.Count / own.Count);
            output.WriteLine($"{folder}: {own.Count - missed.Count} of {own.Count} ({100 * share:0.0} %)");
            if (share < Least)
                tooFew.Add($"{folder}: {string.Join(", ", missed)}");
        }

        Assert.Empty(tooFew);

        // Of all configs of the corpus, also of frameworks that are not read.
        var configs = ConfigsOfTheManifest();
        var all = files.Where(f => configs.Contains(f.Path)).ToList();
        var counted = all.Where(f => !s_others.Any(o => f.Path.StartsWith(o, StringComparison.Ordinal))).ToList();
        foreach (var missed in counted.Where(f => f.Format == NoFormat))
            output.WriteLine($"not read: {missed.Path}");
        Write("all configs, nothing left out", all);
        Assert.True(Write("all configs of frameworks", counted) >= LeastOfAll);
    }

    private double Write(string name, List<RecognisedFile> files)
    {
        var recognised = files.Count(f => f.Format != NoFormat);
        output.WriteLine($"{name}: {recognised} of {files.Count} ({100.0 * recognised / files.Count:0.0} %)");
        return (double)recognised / files.Count;
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
        var taken = Recognised().Where(f => f.Format != NoFormat && f.ConcernsLora);
        var wrong = taken.Where(f => !(formats.GetValueOrDefault(f.Folder) ?? []).Contains(f.Format));
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
