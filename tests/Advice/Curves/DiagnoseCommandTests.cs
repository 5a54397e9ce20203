using System.Globalization;
using System.Text.Json;
using LoraLint.Advisor.Advice.Curves;
using LoraLint.Tests.Support;

namespace LoraLint.Tests.Advice.Curves;

public sealed class DiagnoseCommandTests : IDisposable
{
    // An overfitting run with warm restarts.
    private const int Drawn = 119;

    private readonly ScratchFolder _scratch = new();

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public void A_run_is_diagnosed_for_people()
    {
        WriteRun(SyntheticRun.Of(Drawn));
        var run = _scratch.Run("diagnose", "out");
        Assert.Equal((0, ""), (run.Code, run.Error));
        Assert.Contains("warning overfitting: the validation loss is lowest at step ", run.Out, StringComparison.Ordinal);
        Assert.Contains("    source: ", run.Out, StringComparison.Ordinal);
        Assert.EndsWith("1 warning\n", run.Out, StringComparison.Ordinal);
        GeneratedPart.Check("docs/diagnose.md", "output", $"```\n$ loralint diagnose out\n{run.Out}```\n");
    }

    [Fact]
    public void A_run_is_diagnosed_for_programs()
    {
        WriteRun(SyntheticRun.Of(Drawn));
        var run = _scratch.Run("diagnose", "out", "--json");
        Assert.Equal((0, ""), (run.Code, run.Error));
        using var json = JsonDocument.Parse(run.Out);
        var verdict = json.RootElement.GetProperty("verdicts")[0];
        Assert.Equal("overfitting", verdict.GetProperty("name").GetString());
        Assert.Equal(
            json.RootElement.GetProperty("measures").GetProperty("overfitting_from_step").GetInt32(),
            verdict.GetProperty("step").GetInt32());
        Assert.True(verdict.GetProperty("sources").GetArrayLength() > 0);
        Assert.Equal(run.Out, _scratch.Run("diagnose", "out", "--format", "json").Out);
    }

    [Fact]
    public void Nothing_stands_out_of_a_run_that_went_well()
    {
        var run = SyntheticRun.Of(Enumerable.Range(0, 100).First(s => Diagnosis.Of(SyntheticRun.Of(s).Curves).Verdicts.Count == 0));
        WriteRun(run);
        var said = _scratch.Run("diagnose", "out/trainer_state.json");
        Assert.Equal((0, ""), (said.Code, said.Error));
        Assert.EndsWith("\nNothing stands out.\n", said.Out, StringComparison.Ordinal);
    }

    [Fact]
    public void The_adapter_that_a_run_left_is_looked_at_without_being_asked_for()
    {
        var model = Repository.PathTo("examples/quickstart/model").Replace('\\', '/');
        var config = File.ReadAllText(Repository.PathTo("examples/quickstart/run.yaml"))
            .Replace("base_model: model", $"base_model: {model}", StringComparison.Ordinal)
            .Replace("rank: 16", "rank: 2", StringComparison.Ordinal).Replace("alpha: 32", "alpha: 4", StringComparison.Ordinal);
        foreach (var name in new[] { "train.jsonl", "valid.jsonl" })
            File.Copy(Repository.PathTo("examples/quickstart/" + name), _scratch.PathTo(name));
        var trained = _scratch.Write("run.yaml", config).Run("train", "run.yaml", "--max-steps", "6", "--engine", "managed");
        Assert.True(trained.Code == 0, trained.Error);
        var run = _scratch.Run("diagnose", "out");
        Assert.Equal((0, ""), (run.Code, run.Error));
        Assert.Contains("info adapter-saturated: the adapters use their rank to the full", run.Out, StringComparison.Ordinal);

        File.WriteAllText(_scratch.PathTo("out/adapter/adapter_model.safetensors"), "no tensors");
        run = _scratch.Run("diagnose", "out");
        Assert.Equal(0, run.Code);
        Assert.DoesNotContain("adapter-saturated", run.Out, StringComparison.Ordinal);
        Assert.Contains("the adapter was not looked at: ", run.Out, StringComparison.Ordinal);
    }

    [Fact]
    public void Numbers_that_are_none_stay_valid_JSON()
    {
        _scratch.Write("out/trainer_state.json", """
            {"log_history": [{"loss": 1.5, "step": 1}, {"loss": NaN, "step": 2}, {"eval_loss": Infinity, "step": 2}]}
            """);
        using var json = JsonDocument.Parse(_scratch.Run("diagnose", "out", "--json").Out);
        Assert.Equal("not-finite", json.RootElement.GetProperty("verdicts")[0].GetProperty("name").GetString());
    }

    [Fact]
    public void Mistakes_end_with_2_and_a_line()
    {
        var missing = _scratch.Run("diagnose", "nowhere");
        Assert.Equal((2, "", "error: no such file or folder: nowhere\n"), (missing.Code, missing.Out, missing.Error));
        Assert.Equal(2, _scratch.Run("diagnose").Code);
    }

    [Fact]
    public void The_text_of_a_file_reaches_no_terminal_as_commands()
    {
        _scratch.Write("out/metrics.jsonl", """{"event":"step","step":1,"loss":1}""" + "\n");
        _scratch.Write("out/adapter-inspect.json", """
            {"modules": [{"name": "\u001b[31mred", "rank": 8, "effective_rank": 0, "unused": true}]}
            """);
        Assert.DoesNotContain("\u001b", _scratch.Run("diagnose", "out").Out, StringComparison.Ordinal);
    }

    private void WriteRun(SyntheticRun run)
    {
        var entries = run.Curves.TrainLoss
            .Select(p => Text($$"""{"loss": {{p.Value:R}}, "epoch": {{3.0 * p.Step / run.Steps:R}}, "step": {{p.Step}}}"""))
            .Concat(run.Curves.ValidationLoss.Select(p => Text($$"""{"eval_loss": {{p.Value:R}}, "step": {{p.Step}}}""")));
        _scratch.Write(
            "out/trainer_state.json", $$"""{"log_history": [{{string.Join(",\n", entries)}}], "max_steps": {{Text($"{run.Steps}")}}}""");
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
