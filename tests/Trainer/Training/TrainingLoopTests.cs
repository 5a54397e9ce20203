using LoraLint.Rules.Runs;
using LoraLint.Trainer;
using LoraLint.Trainer.Runs;
using LoraLint.Trainer.Training;

namespace LoraLint.Tests.Trainer.Training;

public sealed class TrainingLoopTests
{
    [Fact]
    public void Each_supervised_token_of_a_step_weighs_the_same()
    {
        using var run = new GivenRun();
        run.Start();
        var first = run.Engine.Calls.Take(2).ToList();
        Assert.NotEqual(first[0].Batch.Supervised, first[1].Batch.Supervised);
        var supervised = first.Sum(call => call.Batch.Supervised);
        Assert.All(first, call => Assert.Equal(1.0 / supervised, call.Scale));
        // The fourth step has the seventh micro batch alone.
        Assert.Equal(1.0 / run.Engine.Calls[6].Batch.Supervised, run.Engine.Calls[6].Scale);
    }

    // Seven micro batches an epoch, two a step: the fourth step of an epoch has one, and the fifth begins another order.
    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(7)]
    public void Each_micro_batch_is_announced_before_the_one_before_it_is_waited_for(int resumedFrom)
    {
        using var run = new GivenRun(new TrainingOptions { Epochs = 2, GradientAccumulationSteps = 2, Save = new Cadence(1) });
        if (resumedFrom > 0)
        {
            run.OnEvent = (found, stop) =>
            {
                if (found is StepEvent done && done.Step == resumedFrom)
                    stop.Raise();
            };
            Assert.Equal(EndReason.Interrupted, run.Start());
            run.OnEvent = (_, _) => { };
        }

        run.Start(resume: resumedFrom > 0);
        var order = run.Engine.Order.Where(call => call.Call != "evaluate").ToList();
        var expected = new List<string>();
        for (var step = resumedFrom + 1; step <= 8; step++)
        {
            var micro = step % 4 == 0 ? 1 : 2;
            for (var i = 0; i < micro; i++)
                expected.AddRange(i + 1 < micro || step < 8 ? ["accumulate", "prepare"] : ["accumulate"]);
            expected.Add("read");
        }

        Assert.Equal(expected, order.Select(call => call.Call));
        var batches = order.Where(call => call.Call != "read").ToList();
        Assert.All(batches.Index().Where(call => call.Item.Call == "prepare"), call =>
            Assert.Same(call.Item.Batch, batches[call.Index + 1].Batch));
        // The same batches as those of a run that was never stopped.
        var done = run.Engine.Calls.Select(call => call.Batch.Tokens[0]);
        var all = Enumerable.Range(0, 14).Select(i => run.Batches.Training(i / 7, i % 7).Tokens[0]);
        Assert.Equal(all.Skip(2 * resumedFrom - resumedFrom / 4), done);
    }

    [Fact]
    public void What_was_announced_stays_so_when_an_evaluation_comes_in_between()
    {
        using var run = new GivenRun(new TrainingOptions { Epochs = 1, GradientAccumulationSteps = 2, Evaluate = new Cadence(1) });
        run.Start();
        var order = run.Engine.Order;
        var evaluated = order.FindIndex(call => call.Call == "evaluate");
        Assert.Equal(["prepare", "read", "evaluate", "evaluate", "accumulate"], order.Skip(evaluated - 2).Take(5).Select(c => c.Call));
        Assert.Same(order[evaluated - 2].Batch, order[evaluated + 2].Batch);
    }

    [Fact]
    public void The_loss_told_is_the_mean_over_the_tokens_of_the_step()
    {
        using var run = new GivenRun(optimizer: new OptimizerOptions { LearningRate = 1e-30, Schedule = "constant" });
        run.Start();
        var engine = new QuadraticEngine();
        var both = engine.Evaluate(run.Batches.Training(0, 0)) + engine.Evaluate(run.Batches.Training(0, 1));
        Assert.Equal(both.Loss / both.Tokens, run.Events.OfType<StepEvent>().First().Loss, 1e-12);
    }

    [Fact]
    public void Every_micro_batch_draws_masks_of_its_own_that_follow_from_the_seed()
    {
        using var run = new GivenRun();
        run.Start();
        var keys = run.Engine.Calls.Select(call => call.Key).ToList();
        Assert.Equal(14, keys.Distinct().Count());
        run.Change(r => r with { Training = r.Training with { Seed = 43 } });
        Directory.Delete(run.Folder + "/adapter", recursive: true);
        Directory.Delete(run.Folder + "/checkpoints", recursive: true);
        File.Delete(run.Folder + "/metrics.jsonl");
        run.Start();
        Assert.Empty(keys.Intersect(run.Engine.Calls.Select(call => call.Key)));
    }

    [Theory]
    [InlineData(4.0, 1.0, 0.24999993750001562)] // 1 / (4 + 1e-6)
    [InlineData(0.5, 1.0, 1.0)]
    [InlineData(1.0, 1.0, 0.999999000001)] // a norm that is just allowed is scaled by torch too
    [InlineData(0.0, 1.0, 1.0)]
    [InlineData(1000.0, 0.0, 1.0)]
    public void Gradients_are_clipped_as_torch_does_it(double norm, double allowed, double expected) =>
        Assert.Equal(expected, TrainingLoop.ClipFactor(norm, allowed), 1e-15);

    [Fact]
    public void The_engine_gets_the_clip_factor_and_the_rate_of_each_step()
    {
        using var run = new GivenRun(optimizer: new OptimizerOptions { LearningRate = 0.05, WarmupSteps = 2, MaxGradNorm = 0.01 });
        run.Start();
        var told = run.Events.OfType<StepEvent>().ToList();
        Assert.Equal(8, told.Count);
        Assert.Equal(Enumerable.Range(1, 8), run.Engine.Steps.Select(step => step.Step));
        Assert.Equal(told.Select(step => step.LearningRate), run.Engine.Steps.Select(step => step.Rate));
        Assert.Equal(told.Select(step => 0.01 / (step.GradientNorm + 1e-6)), run.Engine.Steps.Select(step => step.Clip));
        Assert.Equal([0, 0.025, 0.05], run.Engine.Steps.Take(3).Select(step => step.Rate));
    }

    [Theory]
    [InlineData(null, new[] { 4, 8 })]
    [InlineData(3, new[] { 3, 6, 8 })]
    [InlineData(0, new int[0])]
    public void Evaluation_comes_at_its_cadence_and_at_the_end(int? every, int[] expected)
    {
        using var run = new GivenRun(new TrainingOptions { Epochs = 2, GradientAccumulationSteps = 2, Evaluate = new Cadence(every) });
        run.Start();
        Assert.Equal(expected, run.Events.OfType<EvaluationEvent>().Select(evaluation => evaluation.Step));
    }

    [Fact]
    public void Without_validation_data_nothing_is_evaluated()
    {
        using var run = new GivenRun { Batches = new GivenBatches(7, 0) };
        run.Start();
        Assert.Empty(run.Events.OfType<EvaluationEvent>());
        Assert.Null(Assert.IsType<EndEvent>(run.Events[^1]).BestStep);
    }

    [Fact]
    public void Early_stopping_ends_after_so_many_evaluations_without_a_lower_loss_and_restores_the_best()
    {
        var options = new TrainingOptions
        {
            Epochs = 2, GradientAccumulationSteps = 2, Evaluate = new Cadence(1), Save = Cadence.Never, EarlyStoppingPatience = 2,
            RestoreBest = true,
        };
        // Step 3 is the best; step 4 is as good, which is no gain.
        double[] losses = [5, 4, 3, 3, 3.5, 1, 1, 1];
        using var run = new GivenRun(options) { Prepare = engine => engine.EvaluationLoss = i => losses[i / 2] };
        var bits = "";
        run.OnEvent = (found, _) => bits = found is StepEvent { Step: 3 } ? run.Engine.Bits() : bits;
        Assert.Equal(EndReason.EarlyStopping, run.Start());
        var end = Assert.IsType<EndEvent>(run.Events[^1]);
        Assert.Equal(("early_stopping", 5, 3, 3.0), (end.Reason, end.Step, end.BestStep, end.BestLoss));
        Assert.Equal([true, true, true, false, false], run.Events.OfType<EvaluationEvent>().Select(evaluation => evaluation.IsBest));
        Assert.Equal(bits, run.Adapter);
    }

    [Fact]
    public void Without_restoring_the_adapter_is_that_of_the_last_step()
    {
        var options = new TrainingOptions
        {
            Epochs = 2, GradientAccumulationSteps = 2, Evaluate = new Cadence(1), EarlyStoppingPatience = 2,
        };
        double[] losses = [5, 4, 3, 3, 3.5];
        using var run = new GivenRun(options) { Prepare = engine => engine.EvaluationLoss = i => losses[i / 2] };
        Assert.Equal(EndReason.EarlyStopping, run.Start());
        Assert.Equal(5, run.Engine.Steps.Count);
        Assert.Equal(run.Engine.Bits(), run.Adapter);
    }

    [Fact]
    public void A_loss_that_is_no_number_stops_the_run_and_leaves_the_last_checkpoint()
    {
        using var run = new GivenRun { Prepare = engine => engine.DivergesAt = 6 };
        var error = Assert.Throws<TrainerException>(() => run.Start());
        Assert.Contains("loss of step 6 is not a finite number", error.Message);
        Assert.Contains("learning_rate", error.Message);
        Assert.Equal(["step-2", "step-4"], run.Checkpoints);
        Assert.False(Directory.Exists(run.Folder + "/adapter"));
        Assert.Contains("loss of step 6", File.ReadAllText(run.Folder + "/report.html"));
    }

    [Fact]
    public void A_validation_loss_that_is_no_number_stops_the_run() => Assert.Contains(
        "validation loss of step 4", Assert.Throws<TrainerException>(() =>
        {
            using var run = new GivenRun { Prepare = engine => engine.EvaluationLoss = _ => double.PositiveInfinity };
            run.Start();
        }).Message);

    [Theory]
    [InlineData(2, false, new[] { "step-6", "step-8" })]
    [InlineData(1, false, new[] { "step-8" })]
    [InlineData(1, true, new[] { "step-2", "step-8" })]
    [InlineData(null, false, new[] { "step-2", "step-4", "step-6", "step-8" })]
    public void So_many_checkpoints_are_kept_and_the_best_beside_them(int? limit, bool restoreBest, string[] expected)
    {
        var options = new TrainingOptions
        {
            Epochs = 2, GradientAccumulationSteps = 2, Evaluate = new Cadence(2), Save = new Cadence(2), SaveLimit = limit,
            RestoreBest = restoreBest,
        };
        using var run = new GivenRun(options) { Prepare = engine => engine.EvaluationLoss = i => 1 + i };
        run.Start();
        Assert.Equal(expected, run.Checkpoints);
    }

    [Fact]
    public void Tokens_and_seconds_count_up_and_the_time_left_ends_at_zero()
    {
        using var run = new GivenRun();
        run.Start();
        var steps = run.Events.OfType<StepEvent>().ToList();
        Assert.Equal(run.Engine.Calls.Sum(call => (long)call.Batch.Length), steps[^1].Tokens);
        Assert.Equal(steps.Select(step => step.Seconds).Order(), steps.Select(step => step.Seconds));
        Assert.Null(steps[0].SecondsLeft);
        Assert.Equal(0, steps[^1].SecondsLeft);
        Assert.All(steps, step => Assert.InRange(step.MemoryBytes, 1 << 20, long.MaxValue));
    }
}
