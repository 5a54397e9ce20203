using LoraLint.Rules.Linting;
using LoraLint.Tests.Support;

namespace LoraLint.Tests.Checks;

/// <summary>Rules for files that belong together: what they let pass, and where they point.</summary>
public sealed class PartnerFileTests
{
    private const string Kohya = """
        pretrained_model_name_or_path = "sd15.safetensors"
        network_module = "networks.lora"
        network_dim = 16
        network_alpha = 8
        resolution = "512,512"
        train_batch_size = 4
        dataset_config = "dataset.toml"
        """;

    private const string Export = """
        model_name_or_path: Qwen/Qwen2.5-7B-Instruct
        adapter_name_or_path: saves/mine
        template: llama3
        finetuning_type: lora
        export_dir: merged
        """;

    [Theory]
    [InlineData("[[datasets]]\nresolution = 512\n[[datasets.subsets]]\nimage_dir = 'a'\n", "")]
    [InlineData("[[datasets]]\nresolution = [512, 512]\nbatch_size = 4\n[[datasets.subsets]]\nimage_dir = 'a'\n", "")]
    [InlineData("[[datasets]]\nbatch_size = 2\n[[datasets.subsets]]\nimage_dir = 'a'\n", "train_batch_size 4")]
    [InlineData(
        "[[datasets]]\nbatch_size = 2\n[[datasets.subsets]]\nimage_dir = 'a'\n[[datasets]]\n[[datasets.subsets]]\nimage_dir = 'b'\n", "")]
    [InlineData("[general]\nresolution = 768\n[[datasets]]\n[[datasets.subsets]]\nimage_dir = 'a'\n", "resolution 512,512")]
    public void A_value_is_lost_only_where_every_dataset_has_another(string datasets, string lost)
    {
        var found = Find("kohya-dataset-overrides", Kohya, "train.toml", "dataset.toml", datasets);
        Assert.Equal(lost.Length == 0 ? 0 : 1, found.Count);
        if (lost.Length > 0)
        {
            Assert.StartsWith(lost + " has no effect", found[0].Message, StringComparison.Ordinal);
            Assert.Equal("dataset.toml", Assert.Single(found[0].Related).Source.Path);
        }
    }

    [Theory]
    [InlineData("[[datasets]]\nvideo_directory = 'a'\nimage_directory = 'b'\n", 0)]
    [InlineData("[[datasets]]\n[[datasets.subsets]]\nimage_dir = 'a'\ncache_dir = 'b'\n", 0)]
    [InlineData("[[datasets]]\n[[datasets.subsets]]\nimage_dir = 'a'\nnum_repeat = 2\n", 1)]
    [InlineData("[[datasets]]\nimage_dir = 'a'\n[[datasets.subsets]]\nimage_dir = 'a'\n", 1)]
    public void A_key_of_the_dataset_file_is_wrong_only_by_place_or_by_a_slip(string datasets, int count) =>
        Assert.Equal(count, Find("kohya-dataset-key-unknown", Kohya, "train.toml", "dataset.toml", datasets).Count);

    [Fact]
    public void A_folder_of_images_counts_once_in_a_dataset() => Assert.Single(Find(
        "kohya-subset-skipped", Kohya, "train.toml", "dataset.toml",
        "[[datasets]]\n[[datasets.subsets]]\nimage_dir = 'a'\n[[datasets.subsets]]\nimage_dir = 'a'\n"
        + "[[datasets]]\n[[datasets.subsets]]\nimage_dir = 'a'\n"));

    [Theory]
    [InlineData("Qwen/Qwen2.5-7B-Instruct", "llama3", 0)]
    [InlineData("models/qwen2.5-7b-instruct/", "qwen", 1)]
    [InlineData("Qwen/Qwen2.5-14B-Instruct", "qwen", 2)]
    [InlineData("unsloth/Qwen2.5-7B-Instruct-bnb-4bit", "llama3", 0)]
    public void An_export_is_compared_with_the_run_that_wrote_its_adapter(string model, string template, int count)
    {
        var run = $"model_name_or_path: {model}\ntemplate: {template}\nstage: sft\ndataset: identity\noutput_dir: ./saves/mine/\n";
        Assert.Equal(count, Find("lf-export-differs-from-training", Export, "export.yaml", "run.yaml", run).Count);
        var other = run.Replace("saves/mine", "saves/other", StringComparison.Ordinal);
        Assert.Empty(Find("lf-export-differs-from-training", Export, "export.yaml", "run.yaml", other));
    }

    [Fact]
    public void Of_two_runs_into_one_folder_none_is_the_one_that_counts()
    {
        const string Run = "model_name_or_path: a/b\ntemplate: qwen\nstage: sft\ndataset: identity\noutput_dir: saves/mine\n";
        var files = new GivenFiles(new Dictionary<string, string> { ["one.yaml"] = Run, ["two.yaml"] = Run });
        var result = Lint.Check(Export, "export.yaml", LintOptions.Default, files);
        Assert.DoesNotContain(result.Findings, f => f.Rule.Name == "lf-export-differs-from-training");
    }

    [Theory]
    [InlineData("--config_file fsdp.yaml", 1)]
    [InlineData("--config_file=fsdp.yaml", 1)]
    [InlineData("--num_processes 2", 0)]
    public void The_file_that_accelerate_starts_with_counts_as_the_command_s_own(string launch, int count)
    {
        var found = Find(
            "fsdp-8bit",
            $"accelerate launch {launch} train.py --use_peft true --lora_r 16 --load_in_8bit true --dataset_name a/b "
            + "--model_name_or_path a/c\n",
            "train.sh", "fsdp.yaml",
            "compute_environment: LOCAL_MACHINE\ndistributed_type: FSDP\nfsdp_config:\n  fsdp_version: 1\nnum_machines: 1\n"
            + "num_processes: 2\n");
        Assert.Equal(count, found.Count);
        Assert.All(found, f => Assert.Equal("fsdp.yaml", Assert.Single(f.Related).Source.Path));
    }

    [Fact]
    public void A_finding_about_rows_points_at_their_file()
    {
        const string Config = """
            base_model: a/b
            adapter: lora
            lora_r: 8
            lora_alpha: 16
            lora_target_linear: true
            datasets:
              - path: data.jsonl
                type: completion
            """;
        var found = Assert.Single(Find("dataset-column-missing", Config, "a.yaml", "data.jsonl", "{\"story\": \"x\"}\n"));
        Assert.Equal("data.jsonl", Assert.Single(found.Related).Source.Path);
    }

    private static List<Finding> Find(string rule, string text, string path, string partner, string partnerText) =>
        [.. Lint.Check(text, path, LintOptions.Default, new GivenFiles(partner, partnerText)).Findings.Where(f => f.Rule.Name == rule)];
}
