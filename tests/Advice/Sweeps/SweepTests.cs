using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;
using LoraLint.Tests.Support;

namespace LoraLint.Tests.Advice.Sweeps;

/// <summary>Sweeps over the quick start's model, with real trainers as processes.</summary>
public sealed class SweepTests
{
    private static readonly string[] s_ranks =
        ["sweep", "run.yaml", "--set", "rank=1,2,8", "--max-steps", "12", "--seeds", "0", "--output", "swept"];

    [Fact]
    public void A_sweep_over_ranks_finds_one_reports_it_and_writes_it_into_the_config()
    {
        using var scratch = Quickstart();
        var run = scratch.Run([.. s_ranks, "--apply"]);
        Assert.True(run.Code == 0, run.Out + run.Error);
        Assert.Contains("take rank ", run.Out, StringComparison.Ordinal);
        var sweep = Record(scratch);
        Assert.Equal(3, sweep["trials"]!.AsArray().Count(t => (string?)t!["stage"] == "scan"));
        var losses = sweep["trials"]!.AsArray().Where(t => (string?)t!["stage"] == "scan").Select(t => (double)t!["loss"]!).ToList();
        Assert.True(losses[0] > losses[2], string.Join(' ', losses));
        var rank = (int)sweep["verdict"]!["rank"]!;
        Assert.Contains($"  rank: {rank}\n  alpha: {2 * rank}\n", scratch.Read("run.yaml"), StringComparison.Ordinal);
        Assert.Equal(0, scratch.Run("check", "run.yaml").Code);
        var page = scratch.Read("swept/report.html");
        Assert.Contains("Lowest validation loss by rank", page, StringComparison.Ordinal);
        Assert.Contains("Gap: validation less training loss", page, StringComparison.Ordinal);
        Assert.DoesNotContain("<script", page, StringComparison.Ordinal);
        Assert.DoesNotContain("http", page.Replace("http-equiv", "", StringComparison.Ordinal), StringComparison.Ordinal);
        var advice = scratch.Run("rank", "--sweep", "swept", "--model", "meta-llama/Llama-3.1-8B", "--method", "sweep", "--json");
        Assert.True(advice.Code == 0, advice.Out + advice.Error);
    }

    // Not known beforehand are the moments of the kills; what comes out must not depend on them.
    [Fact]
    public void Killed_at_random_moments_and_gone_on_with_it_comes_to_the_same()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "kill -9 is Unix");
        using var whole = Quickstart();
        Assert.Equal(0, whole.Run(s_ranks).Code);
        using var killed = Quickstart();
        var kills = 0;
        for (var tries = 0; tries < 40; tries++)
        {
            string[] arguments = File.Exists(killed.PathTo("swept/sweep.json")) ? [.. s_ranks, "--resume"] : s_ranks;
            if (StartAndKill(killed, arguments, TimeSpan.FromMilliseconds(tries < 3 ? Random.Shared.Next(700, 2500) : 120_000)))
                kills++;
            else if (Record(killed)["verdict"] is not null)
                break;
        }

        Assert.True(kills > 0, "it was never killed");
        Assert.Equal(Outcome(whole), Outcome(killed));
    }

    [Fact]
    public void Trials_side_by_side_come_to_the_same_as_one_after_the_other()
    {
        using var one = Quickstart();
        using var two = Quickstart();
        Assert.Equal(0, one.Run([.. s_ranks, "--parallel", "1"]).Code);
        Assert.Equal(0, two.Run([.. s_ranks, "--parallel", "3"]).Code);
        Assert.Equal(Outcome(one), Outcome(two));
    }

    [Fact]
    public void Halving_goes_on_with_the_runs_that_it_keeps()
    {
        using var scratch = Quickstart();
        var run = scratch.Run(
            "sweep", "run.yaml", "--set", "learning_rate=1e-4..1e-2", "--set", "rank=2,8", "--method", "halving", "--trials", "4",
            "--max-steps", "16", "--output", "swept", "--json");
        Assert.True(run.Code == 0, run.Out + run.Error);
        var json = JsonNode.Parse(run.Out)!;
        Assert.Equal([4, 2, 1, 1], json["trials"]!.AsArray().GroupBy(t => (int)t!["steps"]!).OrderBy(g => g.Key).Select(g => g.Count()));
        Assert.Equal(4, Directory.GetDirectories(scratch.PathTo("swept/trials")).Length);
        Assert.Equal(["learning_rate", "rank"], json["verdict"]!["values"]!.AsObject().Select(p => p.Key));
    }

    [Fact]
    public void A_sweep_goes_on_with_the_same_alone()
    {
        using var scratch = Quickstart();
        string[] arguments = ["sweep", "run.yaml", "--set", "rank=1,2", "--max-steps", "4", "--seeds", "0", "--output", "swept"];
        Assert.Equal(0, scratch.Run(arguments).Code);
        Assert.Contains("holds a sweep already; --resume", scratch.Run(arguments).Error, StringComparison.Ordinal);
        Assert.Equal(0, scratch.Run([.. arguments, "--resume"]).Code);
        arguments[3] = "rank=1,4";
        Assert.Contains(
            "holds another sweep: config or options differ", scratch.Run([.. arguments, "--resume"]).Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("none.yaml", "no such file: none.yaml")]
    [InlineData("run.yaml --set alpha=1,2 --method ranks", "--method ranks searches the rank alone")]
    [InlineData("run.yaml --method bayes", "--method bayes needs to know what to vary")]
    [InlineData("run.yaml --set dropout=0..0.1 --method grid", "--method grid takes lists")]
    [InlineData("run.yaml --set dropout=0,0.1 --set dropout=0,0.2", "--set dropout is there twice")]
    [InlineData("run.yaml --time-box soon", "--time-box soon: a number with s, m or h is wanted")]
    [InlineData("run.yaml --resume", "holds no sweep to go on with")]
    [InlineData("run.yaml --parallel 0", "--parallel must be at least 1")]
    [InlineData("alone.yaml --max-steps 2", "a sweep compares validation losses")]
    [InlineData("bad.yaml", "bad.yaml:5: rank-not-positive")]
    public void What_cannot_be_swept_is_said_in_a_line(string arguments, string message)
    {
        using var scratch = Quickstart();
        var text = scratch.Read("run.yaml");
        scratch.Write("alone.yaml", text.Replace("  validation: valid.jsonl\n", "", StringComparison.Ordinal)
                .Replace("  early_stopping_patience: 3\n", "", StringComparison.Ordinal))
            .Write("bad.yaml", text.Replace("rank: 16", "rank: 0", StringComparison.Ordinal));
        var run = scratch.Run(["sweep", .. arguments.Split(' ')]);
        Assert.Equal((2, ""), (run.Code, run.Out));
        var line = run.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries)[^1];
        Assert.StartsWith("error: ", line, StringComparison.Ordinal);
        Assert.Contains(message, line, StringComparison.Ordinal);
    }

    private static ScratchFolder Quickstart()
    {
        var scratch = new ScratchFolder();
        var folder = Repository.PathTo("examples/quickstart");
        foreach (var name in new[] { "run.yaml", "train.jsonl", "valid.jsonl" })
            scratch.Write(name, File.ReadAllText(Path.Join(folder, name)));
        Directory.CreateDirectory(scratch.PathTo("model"));
        foreach (var file in Directory.GetFiles(Path.Join(folder, "model")))
            File.Copy(file, scratch.PathTo("model/" + Path.GetFileName(file)));
        return scratch;
    }

    private static JsonNode Record(ScratchFolder scratch) => JsonNode.Parse(scratch.Read("swept/sweep.json"))!;

    // All but what was measured with a clock.
    private static string Outcome(ScratchFolder scratch)
    {
        var record = Record(scratch).AsObject();
        record.Remove("seconds_of_step");
        return record.ToJsonString(new JsonSerializerOptions { WriteIndented = true });
    }

    // True when it was killed, false when it had ended before.
    private static bool StartAndKill(ScratchFolder scratch, string[] arguments, TimeSpan after)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "loralint.dll"), .. arguments])
        {
            WorkingDirectory = scratch.Root, RedirectStandardOutput = true, RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        _ = process.StandardOutput.ReadToEndAsync();
        _ = process.StandardError.ReadToEndAsync();
        if (process.WaitForExit(after))
            return false;
        process.Kill();
        process.WaitForExit();
        return true;
    }
}
