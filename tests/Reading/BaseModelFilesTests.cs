using System.Buffers.Binary;
using System.Text;
using LoraLint.Advisor.Reading;
using LoraLint.Rules.Knowledge.Models;
using LoraLint.Tests.Support;

namespace LoraLint.Tests.Reading;

public sealed class BaseModelFilesTests
{
    private const string Commit = "0123456789abcdef0123456789abcdef01234567";

    private const string Llama = """
        {"model_type": "llama", "hidden_size": 64, "intermediate_size": 128, "num_attention_heads": 4, "num_hidden_layers": 2,
         "vocab_size": 100}
        """;

    private const string Strange = """{"model_type": "strange"}""";

    private const string Tensors = """
        {"__metadata__": {"format": "pt"},
         "model.embed_tokens.weight": {"dtype": "F32", "shape": [100, 64], "data_offsets": [0, 25600]},
         "model.layers.0.mixer.in_proj.weight": {"dtype": "F32", "shape": [256, 64], "data_offsets": [0, 0]},
         "model.layers.0.mixer.in_proj.bias": {"dtype": "F32", "shape": [256], "data_offsets": [0, 0]},
         "model.layers.0.norm.weight": {"dtype": "F32", "shape": [64], "data_offsets": [0, 0]},
         "model.layers.1.mixer.conv1d.weight": {"dtype": "F32", "shape": [256, 1, 4], "data_offsets": [0, 0]},
         "lm_head.weight": {"dtype": "F32", "shape": [100, 64], "data_offsets": [0, 0]}}
        """;

    [Fact]
    public void A_folder_is_read_by_its_config()
    {
        using var scratch = new ScratchFolder().Write("m/config.json", Llama);
        var model = Files(scratch).FindModel("./m").Model!;
        Assert.Equal(("./m", ModelOrigin.Folder, "llama", 2), (model.Name, model.Origin, model.ModelType, model.Shape.Layers));
        Assert.Equal((2 * 100 * 64) + (2 * ((4 * 64 * 64) + (3 * 64 * 128) + 128)) + 64, model.Parameters);
    }

    [Fact]
    public void A_folder_wins_over_the_name_of_a_model_that_is_known()
    {
        using var scratch = new ScratchFolder().Write("meta-llama/Llama-3.2-1B/config.json", Llama);
        Assert.Equal(ModelOrigin.Folder, Files(scratch).FindModel("meta-llama/Llama-3.2-1B").Model!.Origin);
        Assert.Equal(ModelOrigin.Catalog, Files(scratch).FindModel("meta-llama/Llama-3.2-3B").Model!.Origin);
    }

    [Fact]
    public void The_cache_comes_before_the_names_and_helps_with_others()
    {
        using var scratch = new ScratchFolder().Write("hub/models--o--n/refs/main", Commit)
            .Write($"hub/models--o--n/snapshots/{Commit}/config.json", Llama);
        var files = Files(scratch, v => v == "HF_HUB_CACHE" ? scratch.PathTo("hub") : null);
        Assert.Equal(ModelOrigin.Cache, files.FindModel("o/n").Model!.Origin);
        Assert.Equal("o/other is not among the models known by name", files.FindModel("o/other").Problem);
    }

    [Fact]
    public void A_cache_that_is_not_complete_leaves_the_name()
    {
        using var scratch = new ScratchFolder().Write("hub/models--meta-llama--Llama-3.2-1B/refs/main", Commit)
            .Write($"hub/models--meta-llama--Llama-3.2-1B/snapshots/{Commit}/tokenizer.json", "{}");
        var files = Files(scratch, v => v == "HF_HUB_CACHE" ? scratch.PathTo("hub") : null);
        Assert.Equal(ModelOrigin.Catalog, files.FindModel("meta-llama/Llama-3.2-1B").Model!.Origin);
    }

    [Fact]
    public void An_architecture_that_is_not_known_is_read_from_the_headers_of_its_files()
    {
        using var scratch = new ScratchFolder().Write("m/config.json", Strange);
        WriteTensors(scratch, "m/model.safetensors", Tensors);
        var model = Files(scratch).FindModel("m").Model!;
        Assert.True(model.NamesAreOfFiles);
        Assert.Equal(
            [ModuleKind.Embedding, ModuleKind.Linear, ModuleKind.Norm, ModuleKind.Convolution, ModuleKind.Linear],
            model.Shape.Modules.Select(m => m.Kind));
        Assert.Equal(("lm_head", 2, true), (model.Shape.Head, model.Shape.Layers, model.Shape.Modules[1].HasBias));
        Assert.Equal((64, 256), (model.Shape.Modules[1].Inputs, model.Shape.Modules[1].Outputs));
    }

    [Fact]
    public void Several_files_are_one_model()
    {
        using var scratch = new ScratchFolder().Write("m/config.json", Strange);
        WriteTensors(scratch, "m/model-1.safetensors", """{"h.0.a.weight": {"shape": [4, 2]}}""");
        WriteTensors(scratch, "m/model-2.safetensors", """{"h.1.a.weight": {"shape": [4, 2]}}""");
        Assert.Equal(["h.0.a", "h.1.a"], Files(scratch).FindModel("m").Model!.Shape.Modules.Select(m => m.Name));
    }

    // Libraries stack experts as they load, so the files do not tell the modules; packed weights have other shapes.
    [Theory]
    [InlineData(Strange, """{"h.0.experts.0.a.weight": {"shape": [4, 2]}}""")]
    [InlineData("""{"model_type": "strange", "quantization_config": {"quant_method": "gptq"}}""", Tensors)]
    public void What_files_cannot_tell_is_not_guessed(string config, string tensors)
    {
        using var scratch = new ScratchFolder().Write("m/config.json", config);
        WriteTensors(scratch, "m/model.safetensors", tensors);
        Assert.Equal("the modules of strange models of this kind are not known", Files(scratch).FindModel("m").Problem);
    }

    [Theory]
    [InlineData(long.MaxValue, "{}")]
    [InlineData(-1, "{}")]
    [InlineData(3, "{}")]
    [InlineData(0, "")]
    [InlineData(SafetensorsNames.LongestHeader + 1L, "{}")]
    public void A_length_that_is_not_there_is_not_believed(long claimed, string text)
    {
        using var scratch = new ScratchFolder();
        var bytes = new byte[8 + text.Length];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, claimed);
        Encoding.ASCII.GetBytes(text, bytes.AsSpan(8));
        File.WriteAllBytes(scratch.PathTo("model.safetensors"), bytes);
        Assert.Null(SafetensorsNames.Read(scratch.Root));
    }

    [Fact]
    public void A_long_header_in_a_file_that_is_long_enough_is_not_read_either()
    {
        using var scratch = new ScratchFolder();
        var bytes = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, SafetensorsNames.LongestHeader + 1L);
        File.WriteAllBytes(scratch.PathTo("model.safetensors"), bytes);
        using (var file = File.OpenWrite(scratch.PathTo("model.safetensors")))
            file.SetLength(SafetensorsNames.LongestHeader + 100L);
        Assert.Null(SafetensorsNames.Read(scratch.Root));
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("{")]
    [InlineData("""{"a.weight": 1}""")]
    [InlineData("""{"a.weight": {"shape": 1}}""")]
    [InlineData("""{"a.weight": {"dtype": "F32"}}""")]
    [InlineData("""{"a.weight": {"shape": [1], "shape": [2]}}""")]
    [InlineData("""{"a.weight": {"shape": [-1]}}""")]
    [InlineData("""{"a.weight": {"shape": [1.5]}}""")]
    [InlineData("""{"a.weight": {"shape": ["1"]}}""")]
    [InlineData("""{"a.weight": {"shape": [99999999999999999999]}}""")]
    [InlineData("""{"a.weight": {"shape": [1,1,1,1,1,1,1,1,1]}}""")]
    [InlineData("""{"a.weight": {"shape": [[[[[1]]]]]}}""")]
    [InlineData("""{"\ud800": {"shape": [1]}}""")]
    public void A_header_that_breaks_the_format_gives_nothing(string header)
    {
        using var scratch = new ScratchFolder();
        WriteTensors(scratch, "model.safetensors", header);
        Assert.Null(SafetensorsNames.Read(scratch.Root));
    }

    // The product of such sizes overflows.
    [Theory]
    [InlineData("[9223372036854775807, 9223372036854775807]")]
    [InlineData("[1099511627776, 16, 1099511627776]")]
    [InlineData("[2097152, 2097152]")]
    public void Sizes_that_no_file_holds_are_not_believed(string shape)
    {
        using var scratch = new ScratchFolder().Write("m/config.json", Strange);
        const string other = """, "h.0.b.weight": {"shape": [2, 2]}}""";
        WriteTensors(scratch, "m/model.safetensors", """{"h.0.a.weight": {"shape": """ + shape + "}" + other);
        Assert.Null(Files(scratch).FindModel("m").Model);
    }

    [Theory]
    [InlineData("not json")]
    [InlineData("{\"model_type\": \"llama\"")]
    [InlineData("[]")]
    [InlineData("")]
    public void A_config_that_is_none_is_said_to_be_none(string text)
    {
        using var scratch = new ScratchFolder().Write("m/config.json", text);
        Assert.Contains("config.json", Files(scratch).FindModel("m").Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_is_read_once()
    {
        using var scratch = new ScratchFolder().Write("m/config.json", Llama);
        var cache = new CompanionCache(scratch.Root);
        var first = new CompanionFiles(scratch.Root, cache).FindModel("m").Model!;
        File.Delete(scratch.PathTo("m/config.json"));
        Assert.Same(first.Shapes, new CompanionFiles(scratch.Root, cache).FindModel("./m").Model!.Shapes);
    }

    private static CompanionFiles Files(ScratchFolder scratch, Func<string, string?>? variable = null) =>
        new(scratch.Root, new CompanionCache(scratch.Root, hub: variable is null ? null : BaseModelFolder.Of(variable)));

    private static void WriteTensors(ScratchFolder scratch, string path, string header)
    {
        var text = Encoding.UTF8.GetBytes(header);
        var bytes = new byte[8 + text.Length];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, text.Length);
        text.CopyTo(bytes.AsSpan(8));
        File.WriteAllBytes(scratch.PathTo(path), bytes);
    }
}
