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
        ("unsloth-studio", ["unsloth-studio"]),
        ("autotrain", ["autotrain"]),
        ("h2o-llmstudio", ["h2o-llmstudio"]),
        ("levanter", ["levanter"]),
        ("fastvideo", ["fastvideo"]),
        ("qlora-pipe", ["qlora-pipe"]),
    ];

    /// <summary>What lies in a framework's folder and is no config of it.</summary>
    private static readonly string[] s_others =
    [
        "ms-swift/modelscope__ms-swift/scripts/benchmark/config/tuner.json", // a list of experiments for the project's benchmark
        "mlx/jbarnes850__mlx_json_lora/configs/models/", // a schema of the project's own, which its scripts turn into mlx-lm's
        "mlx/jbarnes850__mlx_json_lora/outputs/",
        "mlx/softwarewrighter__engram-poc/unsloth-nvidia/", // for a script with Unsloth
        "kohya/sorryhyun__anima_lora/gui/explanations/", // help texts by key
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

        // Over all of these folders together, nothing left out.
        var all = s_folders
            .SelectMany(folder => files.Where(f => f.Folder == folder.Folder).Select(f => folder.Formats.Contains(f.Format)))
            .ToList();
        var recognised = all.Count(isRecognised => isRecognised);
        output.WriteLine($"all folders, nothing left out: {recognised} of {all.Count} ({100.0 * recognised / all.Count:0.0} %)");
        Assert.True(recognised >= Least * all.Count);
    }

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
