using LoraLint.Advisor.Reading;
using LoraLint.Tests.Support;

namespace LoraLint.Tests.Reading;

public sealed class CompanionFilesTests
{
    [Theory]
    [InlineData("a.jsonl", "{}\n{}\n", 2)]
    [InlineData("a.jsonl", "{}\n\n  \r\n{\"a\": 1}", 2)]
    [InlineData("a.ndjson", "1\n", 1)]
    [InlineData("a.json", "[]", 0)]
    [InlineData("a.json", "[1]", 1)]
    [InlineData("a.json", " [ {\"a\": [1, 2, {\"b\": \"],[\\\"\"}]}, \"x,y\", [ , ] ] \n", 3)]
    [InlineData("a.json", "\uFEFF[{}, {}]", 2)]
    [InlineData("a.json", "[1, 2,]", 2)]
    [InlineData("a.csv", "prompt,answer\na,b\nc,d\n", 2)]
    [InlineData("a.csv", "prompt,answer\r\n\"a\nstill, \"\"a\"\"\",b\r\nc,d", 2)]
    [InlineData("a.csv", "prompt\n", 0)]
    [InlineData("a.tsv", "p\ta\nx\ty\n", 1)]
    public void Rows_are_counted(string name, string text, long rows)
    {
        using var scratch = new ScratchFolder();
        Assert.Equal(rows, In(scratch.Write(name, text)).CountRows(name));
    }

    [Theory]
    [InlineData("a.json", "{\"data\": [1, 2]}")]
    [InlineData("a.json", "[1, 2")]
    [InlineData("a.json", "[1] [2]")]
    [InlineData("a.json", "not json")]
    [InlineData("a.csv", "a,b\n\"never closed\n")]
    [InlineData("a.parquet", "PAR1")]
    [InlineData("a.txt", "x\n")]
    public void What_cannot_be_counted_is_not_guessed(string name, string text)
    {
        using var scratch = new ScratchFolder();
        Assert.Null(In(scratch.Write(name, text)).CountRows(name));
    }

    [Fact]
    public void Folders_are_listed_by_name_and_none_where_there_is_no_folder()
    {
        using var scratch = new ScratchFolder();
        scratch.Write("out/checkpoint-500/a.txt", "x");
        scratch.Write("out/checkpoint-60/a.txt", "x");
        scratch.Write("out/.hidden/a.txt", "x");
        scratch.Write("out/file.txt", "x");
        Assert.Equal(["checkpoint-500", "checkpoint-60"], In(scratch).FoldersIn("out"));
        Assert.Empty(In(scratch).FoldersIn("out/file.txt"));
        Assert.Empty(In(scratch).FoldersIn("nowhere"));
        Assert.Empty(In(scratch).FoldersIn("../.."));
    }

    [Fact]
    public void Tensors_are_named_by_the_header_of_a_file_and_a_broken_one_has_none()
    {
        using var scratch = new ScratchFolder();
        var header = """{"__metadata__": {"format": "pt"}, "a.lora_A.weight": {"dtype": "F32", "shape": [2, 4]}}"""u8;
        var bytes = new byte[8 + header.Length];
        System.Buffers.Binary.BinaryPrimitives.WriteUInt64LittleEndian(bytes, (ulong)header.Length);
        header.CopyTo(bytes.AsSpan(8));
        File.WriteAllBytes(scratch.PathTo("adapter_model.safetensors"), bytes);
        bytes[7] = 0x7F;
        File.WriteAllBytes(scratch.PathTo("huge.safetensors"), bytes);
        scratch.Write("empty.safetensors", "");
        var files = In(scratch);
        Assert.Equal(["a.lora_A.weight"], files.TensorsOf("adapter_model.safetensors"));
        Assert.Null(files.TensorsOf("huge.safetensors"));
        Assert.Null(files.TensorsOf("empty.safetensors"));
        Assert.Null(files.TensorsOf("nowhere.safetensors"));
    }

    [Fact]
    public void Long_files_are_counted_across_buffers()
    {
        using var scratch = new ScratchFolder();
        var item = "{\"text\": \"" + new string('x', 999) + "\"}";
        scratch.Write("a.jsonl", string.Concat(Enumerable.Repeat(item + "\n", 500)));
        scratch.Write("a.json", "[" + string.Join(",\n", Enumerable.Repeat(item, 500)) + "]");
        scratch.Write("a.csv", "h\n" + string.Concat(Enumerable.Repeat("\"" + new string('\n', 700) + "\"\n", 500)));
        var files = In(scratch);
        Assert.All(new[] { "a.jsonl", "a.json", "a.csv" }, name => Assert.Equal(500, files.CountRows(name)));
    }

    [Fact]
    public void Files_too_large_to_count_are_not_read()
    {
        using var scratch = new ScratchFolder();
        using (var data = File.Create(scratch.PathTo("a.jsonl")))
            data.SetLength(RowCounter.LargestFile + 1);
        Assert.Null(In(scratch).CountRows("a.jsonl"));
    }

    [Fact]
    public void A_path_is_looked_up_from_the_folder_of_the_config_up_to_the_root_of_the_project()
    {
        using var scratch = new ScratchFolder();
        scratch.Write("secret.json", "[1]").Write("repo/.git/HEAD", "x").Write("repo/ds/zero.json", "{}")
            .Write("repo/configs/near.jsonl", "1\n")
            .Write("repo/data/near.jsonl", "1\n2\n").Write("repo/near.jsonl", "1\n2\n3\n");
        var files = In(scratch, "repo/configs");
        Assert.True(files.Exists("ds/zero.json"));
        Assert.True(files.Exists("../ds/zero.json"));
        Assert.True(files.Exists("ds"));
        Assert.Equal(1, files.CountRows("near.jsonl"));
        Assert.Equal(2, files.CountRows("data/near.jsonl"));
        Assert.Null(files.Exists("../../secret.json"));
        Assert.Null(files.CountRows("../../secret.json"));
        Assert.False(files.Exists("secret.json"));
    }

    [Fact]
    public void The_settings_file_marks_the_root_too()
    {
        using var scratch = new ScratchFolder();
        scratch.Write("outer.json", "[]").Write("p/loralint.yaml", "").Write("p/inner.json", "[]").Write("p/q/t.yml", "");
        var files = In(scratch, "p/q");
        Assert.True(files.Exists("inner.json"));
        Assert.False(files.Exists("outer.json"));
    }

    [Theory]
    [InlineData("tatsu-lab/alpaca")]
    [InlineData("data")]
    [InlineData("/nowhere/data.jsonl")]
    [InlineData("~/data.jsonl")]
    [InlineData("${DATA}/a.jsonl")]
    [InlineData("$HOME/a.jsonl")]
    [InlineData("https://example.com/a.jsonl")]
    [InlineData("s3://bucket/a.jsonl")]
    [InlineData("C:\\data\\a.jsonl")]
    [InlineData("")]
    [InlineData("a\0b.json")]
    public void A_name_that_may_be_elsewhere_is_not_said_to_be_missing(string path)
    {
        using var scratch = new ScratchFolder();
        Assert.Null(In(scratch).Exists(path));
        Assert.Null(In(scratch).CountRows(path));
        Assert.Null(In(scratch).Open(path));
    }

    [Theory]
    [InlineData("train.jsonl")]
    [InlineData("./data")]
    [InlineData("deepspeed/zero3.json")]
    public void A_local_path_that_is_not_there_is_missing(string path)
    {
        using var scratch = new ScratchFolder();
        Assert.False(In(scratch).Exists(path));
    }

    [Fact]
    public void A_companion_config_is_read_once()
    {
        using var scratch = new ScratchFolder();
        scratch.Write("zero.json", "{\"zero_optimization\": {\"stage\": 3}}").Write("script.py", "x = 1");
        var files = In(scratch);
        var document = files.Open("zero.json");
        Assert.Equal("3", document!.Roots[0].FindPath("zero_optimization.stage")!.Value.Text);
        Assert.Same(document, files.Open("./zero.json"));
        Assert.Null(files.Open("script.py"));
        Assert.Null(files.Open("nope.json"));
    }

    [Fact]
    public void A_folder_called_like_a_file_is_not_read()
    {
        using var scratch = new ScratchFolder();
        Directory.CreateDirectory(scratch.PathTo("d.jsonl"));
        Directory.CreateDirectory(scratch.PathTo("d.json"));
        Assert.Null(In(scratch).CountRows("d.jsonl"));
        Assert.Null(In(scratch).Open("d.json"));
    }

    private static CompanionFiles In(ScratchFolder scratch, string folder = "") =>
        new(Path.TrimEndingDirectorySeparator(Path.Combine(scratch.Root, folder)), new CompanionCache(scratch.Root));
}
