using LoraLint.Advisor.Reading;
using LoraLint.Rules.Knowledge.Versions;
using LoraLint.Rules.Linting;
using LoraLint.Rules.Text;
using LoraLint.Tests.Support;

namespace LoraLint.Tests.Reading;

/// <summary>Which releases a project runs on, out of its files.</summary>
public sealed class RequirementFilesTests : IDisposable
{
    private readonly ScratchFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Lines_of_requirements_are_read_with_their_places()
    {
        var found = Read("requirements.txt", "# trl==9\n-r other.txt\ntrl[peft]==0.24.0 ; python_version >= '3.10'\r\n"
            + "Axolotl ~= 0.12.0  # ours\npeft @ git+https://example.org/peft@v0.1.0\ntransformers\nunsloth (>=2025.1)\n--hash=sha256:0\n");
        Assert.Equal(["trl==0.24.0", "Axolotl~= 0.12.0", "peft", "transformers", "unsloth(>=2025.1)"], found.Select(r => r.Text));
        Assert.Equal(["trl", "axolotl", "peft", "transformers", "unsloth"], found.Select(r => r.Package));
        Assert.Equal("requirements.txt:3", found[0].Place);
        Assert.True(found[2].Range.IsAny && found[3].Range.IsAny && !found[4].Range.IsAny);
    }

    [Fact]
    public void A_project_file_has_many_places_for_dependencies()
    {
        var found = Read("pyproject.toml", """
            [project]
            name = "mine"
            dependencies = ["trl>=0.20", "torch"]

            [project.optional-dependencies]
            train = ["peft==0.17.0"]

            [dependency-groups]
            dev = ["litgpt==0.5.9", { include-group = "test" }]

            [tool.poetry.dependencies]
            axolotl = "^0.12"
            ms-swift = { version = "3.9.*", extras = ["eval"] }
            deepspeed = { git = "https://example.org/x.git" }

            [tool.poetry.group.extra.dependencies]
            mlx-lm = "0.28.3"
            """);
        Assert.Equal(
            ["axolotl", "deepspeed", "litgpt", "mlx-lm", "ms-swift", "peft", "torch", "trl"], found.Select(r => r.Package).Order());
        Assert.True(found.Single(r => r.Package == "deepspeed").Range.IsAny);
        Assert.True(found.Single(r => r.Package == "ms-swift").Range.IsSurelyBefore(ReleaseNumber.Parse("3.10.0")!));
    }

    [Fact]
    public void An_environment_holds_conda_and_pip_packages()
    {
        var found = Read("environment.yml", """
            name: lora
            dependencies:
              - python=3.11
              - conda-forge::transformers=4.55.*
              - pip:
                  - trl==0.21.0
            """);
        Assert.Equal(["python", "transformers", "trl"], found.Select(r => r.Package).Order());
        Assert.True(found.Single(r => r.Package == "transformers").Range.IsSurelyBefore(ReleaseNumber.Parse("4.56")!));
    }

    [Fact]
    public void A_lock_file_says_what_is_installed()
    {
        var found = Read("uv.lock", """
            version = 1

            [[package]]
            name = "trl"
            version = "0.24.0"
            source = { registry = "x" }
            dependencies = [
                { name = "peft" },
            ]

            [package.metadata]
            name = "not-a-package"
            version = "9"

            [[package]]
            name = "peft"
            version = "0.17.1"
            """);
        Assert.Equal(["trl==0.24.0", "peft==0.17.1"], found.Select(r => r.Text));
        Assert.Equal("uv.lock:5", found[0].Place);
    }

    [Fact]
    public void The_nearest_folder_that_names_the_package_counts_and_in_it_the_lock_file()
    {
        _folder.Write(".git/HEAD", "").Write("requirements.txt", "trl==0.12.0\npeft==0.10.0\n")
            .Write("train/pyproject.toml", "[project]\ndependencies = [\"trl>=0.20\"]\n").Write("train/uv.lock", Lock("trl", "0.24.0"))
            .Write("train/configs/a.yaml", "");
        var files = new CompanionFiles(_folder.PathTo("train/configs"), new CompanionCache(_folder.Root));
        Assert.Equal("trl==0.24.0", files.FindRequirement("trl")!.Text);
        Assert.Equal("peft==0.10.0", files.FindRequirement("peft")!.Text);
        Assert.Null(files.FindRequirement("axolotl"));
    }

    [Fact]
    public void Above_the_projects_root_nothing_is_read()
    {
        _folder.Write("requirements.txt", "trl==0.12.0\n").Write("project/.git/HEAD", "").Write("project/a.yaml", "");
        var files = new CompanionFiles(_folder.PathTo("project"), new CompanionCache(_folder.PathTo("project")));
        Assert.Null(files.FindRequirement("trl"));
    }

    [Fact]
    public void Several_files_leave_open_what_one_of_them_does()
    {
        _folder.Write(".git/HEAD", "").Write("requirements.txt", "trl==0.12.0\n").Write("requirements-dev.txt", "trl==0.24.0\n");
        var found = new CompanionFiles(_folder.Root, new CompanionCache(_folder.Root)).FindRequirement("trl")!;
        Assert.True(found.Range.IsSurelyFrom(ReleaseNumber.Parse("0.12")!));
        Assert.False(found.Range.IsSurelyFrom(ReleaseNumber.Parse("0.20")!));
        Assert.False(found.Range.IsSurelyBefore(ReleaseNumber.Parse("0.20")!));
    }

    [Fact]
    public void A_file_that_changes_comes_or_goes_is_read_anew()
    {
        _folder.Write(".git/HEAD", "");
        var cache = new CompanionCache(_folder.Root);
        string? Text() => new CompanionFiles(_folder.Root, cache).FindRequirement("trl")?.Text;
        Assert.Null(Text());
        _folder.Write("requirements.txt", "trl==0.12.0\n");
        Directory.SetLastWriteTimeUtc(_folder.Root, DateTime.UtcNow.AddSeconds(5));
        Assert.Equal("trl==0.12.0", Text());
        _folder.Write("requirements.txt", "trl==0.24.0 # newer\n");
        Assert.Equal("trl==0.24.0", Text());
        File.Delete(_folder.PathTo("requirements.txt"));
        Assert.Null(Text());
    }

    [Fact]
    public void Bytes_that_are_no_text_and_broken_files_say_nothing()
    {
        File.WriteAllBytes(_folder.PathTo("requirements.txt"), [0xFF, 0xFE, (byte)'t', 0, (byte)'r', 0]);
        Assert.Null(RequirementFiles.Read(_folder.PathTo("requirements.txt")));
        Assert.Empty(Read("pyproject.toml", "[project\ndependencies = ["));
        Assert.Empty(Read("environment.yml", "dependencies: {{ x }}"));
        Assert.Empty(Read("uv.lock", "[[package]]\nversion = \"1\"\n"));
    }

    private static IReadOnlyList<Requirement> Read(string name, string text) =>
        RequirementFiles.Read(new SourceText("/project/" + name, text));

    private static string Lock(string name, string version) => $"[[package]]\nname = \"{name}\"\nversion = \"{version}\"\n";
}
