using System.Text;
using LoraLint.Rules.Runs;
using LoraLint.Tests.Support;
using LoraLint.Trainer.Data;
using LoraLint.Trainer.Data.Samples;

namespace LoraLint.Tests.Trainer.Data;

/// <summary>Tests that look at the memory of the whole process run alone.</summary>
[CollectionDefinition(nameof(MemoryTests), DisableParallelization = true)]
[Collection(nameof(MemoryTests))]
public sealed class MemoryTests
{
    [Fact]
    public void Only_the_tokens_of_a_large_file_stay_in_memory()
    {
        using var folder = new ScratchFolder();
        var path = folder.PathTo("a.jsonl");
        using (var file = new StreamWriter(path, append: false, new UTF8Encoding(false)))
        {
            // Half a token for each kilobyte: long words that differ in two characters.
            for (var i = 0; i < 10_000; i++)
                file.Write($"{{\"text\": \"{(char)('a' + i % 26)} {new string('x', 1000)}{i % 100}\"}}\n");
        }

        var options = new DataOptions { Train = [new DataSource { Path = path, Format = DataFormat.Text }] };
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var data = TrainingData.Load(options, new TrainingOptions(), new WordTokenizer(), null);
        var kept = GC.GetTotalMemory(forceFullCollection: true) - before;
        Assert.Equal(10_000, data.Files[0].Rows);
        // One chunk of the store is 4 MiB; the text is 10 MB, and 20 as strings.
        Assert.True(kept < 6_000_000, $"{kept} bytes");
        GC.KeepAlive(data);
    }

    [Fact]
    public void A_token_costs_little_more_than_four_bytes()
    {
        var sample = Enumerable.Range(0, 500).ToArray();
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var store = new SampleStore();
        for (var i = 0; i < 10_000; i++)
            store.Add(sample, (UInt128)i);
        var kept = GC.GetTotalMemory(forceFullCollection: true) - before;
        GC.KeepAlive(store);
        Assert.InRange(kept, 4L * store.Tokens, 4.6 * store.Tokens);
    }
}
