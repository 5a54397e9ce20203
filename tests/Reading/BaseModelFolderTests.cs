using LoraLint.Advisor.Reading;
using LoraLint.Tests.Support;

namespace LoraLint.Tests.Reading;

public sealed class BaseModelFolderTests
{
    private const string Commit = "0123456789abcdef0123456789abcdef01234567";

    [Fact]
    public void A_folder_with_a_config_is_the_model()
    {
        using var scratch = new ScratchFolder().Write("m/config.json", "{}");
        Assert.Equal(At(scratch, "m"), Find(scratch, "m", out _));
    }

    [Theory]
    [InlineData("HF_HUB_CACHE", "cache", "cache")]
    [InlineData("HUGGINGFACE_HUB_CACHE", "cache", "cache")]
    [InlineData("HF_HOME", "home", "home/hub")]
    [InlineData("XDG_CACHE_HOME", "xdg", "xdg/huggingface/hub")]
    [InlineData(null, "", "user/.cache/huggingface/hub")]
    public void A_name_on_the_hub_is_found_in_the_cache_that_the_variables_name(string? variable, string value, string cache)
    {
        var snapshot = $"{cache}/models--owner--name/snapshots/{Commit}";
        using var scratch = new ScratchFolder()
            .Write($"{cache}/models--owner--name/refs/main", Commit + "\n").Write(snapshot + "/config.json", "{}");
        Assert.Equal(At(scratch, snapshot), Find(scratch, "owner/name", out _, variable, value));
    }

    [Fact]
    public void A_model_that_is_nowhere_says_how_to_get_it()
    {
        using var scratch = new ScratchFolder();
        Assert.Null(Find(scratch, "owner/name", out var problem));
        Assert.Contains("LoraLint uses no network: get it by `hf download owner/name`", problem, StringComparison.Ordinal);
    }

    [Fact]
    public void A_download_that_is_not_complete_is_told_as_such()
    {
        using var scratch = new ScratchFolder().Write("user/.cache/huggingface/hub/models--o--n/refs/main", Commit)
            .Write($"user/.cache/huggingface/hub/models--o--n/snapshots/{Commit}/tokenizer.json", "{}");
        Assert.Null(Find(scratch, "o/n", out var problem));
        Assert.Contains("its download is not complete", problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("../../secret")]
    [InlineData("a")]
    [InlineData("")]
    public void A_reference_that_leads_elsewhere_is_not_followed(string reference)
    {
        using var scratch = new ScratchFolder().Write("user/.cache/huggingface/hub/models--o--n/refs/main", reference)
            .Write("user/.cache/huggingface/hub/models--o--n/snapshots/b/config.json", "{}")
            .Write("user/.cache/huggingface/secret/config.json", "{}");
        Assert.Null(Find(scratch, "o/n", out _));
    }

    [Theory]
    [InlineData("./m")]
    [InlineData("/nowhere/m")]
    [InlineData("a/b/c")]
    [InlineData("../m")]
    public void What_can_only_be_a_path_is_not_looked_up(string name)
    {
        using var scratch = new ScratchFolder();
        Assert.Null(Find(scratch, name, out var problem));
        Assert.StartsWith("no such folder: ", problem, StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_without_a_config_is_no_model()
    {
        using var scratch = new ScratchFolder().Write("m/other.json", "{}");
        Assert.Null(Find(scratch, "m", out var problem));
        Assert.EndsWith("has no config.json, so it is no Hugging Face model", problem, StringComparison.Ordinal);
    }

    private static string At(ScratchFolder scratch, string path) => Path.Join(scratch.Root, path);

    private static string? Find(ScratchFolder scratch, string name, out string problem, string? variable = null, string value = "")
    {
        var folder = new BaseModelFolder(v => v == variable ? At(scratch, value) : null, At(scratch, "user"));
        return folder.Find(name, Path.GetFullPath(name, scratch.Root), out problem);
    }
}
