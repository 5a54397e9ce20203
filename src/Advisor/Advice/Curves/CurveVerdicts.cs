using System.Globalization;
using LoraLint.Rules.Linting;

namespace LoraLint.Advisor.Advice.Curves;

/// <summary>The questions that are asked of a run's curves, each answered by a verdict or by none.</summary>
internal static class CurveVerdicts
{
    private const double FrozenNorm = 1e-9;
    private const double LowTrainLoss = 0.2;
    private const double EarlyShare = 0.3;
    private const double FullShare = 0.9;
    private const double FirstPass = 1.2;
    private const double ManyPasses = 3;
    private const int FewestZeros = 3;

    /// <summary>The verdicts in the order of the questions.</summary>
    public static IEnumerable<Verdict> Of(Diagnosis diagnosis)
    {
        Verdict?[] answers =
        [
            NotFinite(diagnosis), Zero(diagnosis), Frozen(diagnosis), Diverged(diagnosis), Overfits(diagnosis), Unstable(diagnosis),
            EarlyRise(diagnosis), NothingLearned(diagnosis), StillFalling(diagnosis), Unused(diagnosis), TooLong(diagnosis),
            VeryLow(diagnosis), Saturated(diagnosis), NotEvaluated(diagnosis),
        ];
        return answers.OfType<Verdict>();
    }

    private static Verdict? NotFinite(Diagnosis d)
    {
        if (d.Stability.NotFinite is not { } step)
            return null;
        return new Verdict(
            "not-finite", Severity.Error, step,
            Text($"the loss or the gradient is no finite number from step {step} on"),
            "Halve the learning rate or more, warm up longer, and train in bf16 rather than fp16. When it happens at the same step "
            + "each time, look at the samples of that step: empty ones and such without a supervised token have no loss.",
            [CurveSources.Axolotl("NaN and Inf Handling"), CurveSources.Spikes]);
    }

    // Hugging Face's Trainer replaces losses that are no numbers, so that a broken run shows zeros.
    private static Verdict? Zero(Diagnosis d)
    {
        var losses = d.Curves.TrainLoss;
        var from = losses.Count;
        while (from > 0 && losses[from - 1].Value == 0)
            from--;
        return losses.Count - from < FewestZeros ? null : new Verdict(
            "loss-zero", Severity.Error, losses[from].Step,
            Text($"the training loss is exactly 0 from step {losses[from].Step} on, which no language model reaches"),
            "Either no token has a label, so look at the loss mask and the chat template, or the loss is no number: Hugging Face's "
            + "Trainer logs such losses as 0. logging_nan_inf_filter: false shows which.",
            [CurveSources.NanFilter]);
    }

    private static Verdict? Frozen(Diagnosis d)
    {
        var norms = d.Curves.GradientNorm;
        var from = norms.Count;
        while (from > 0 && norms[from - 1].Value <= FrozenNorm)
            from--;
        if (norms.Count - from < FewestZeros || Zero(d) is not null)
            return null;
        return new Verdict(
            "frozen", Severity.Error, norms[from].Step,
            Text($"the gradient norm is 0 from step {norms[from].Step} on: nothing is trained"),
            from == 0
                ? "Check that the target modules exist in this model, that the adapter's parameters require gradients (with gradient "
                    + "checkpointing the inputs must too: enable_input_require_grads), and that some tokens have labels."
                : "Look at what happens at that step: a schedule that reached 0, data without labels, an overflow.",
            [CurveSources.Axolotl("Monitoring Training, grad_norm")]);
    }

    private static Verdict? Diverged(Diagnosis d)
    {
        if (d.Divergence is not { IsNotFinite: false } divergence)
            return null;
        var isEarly = divergence.Step < EarlyShare * d.Curves.LastStep;
        return new Verdict(
            "diverged", Severity.Error, divergence.Step,
            Text($"the training loss rose from {Loss(divergence.Lowest)} around step {divergence.LowestStep} to {Loss(divergence.Last)} ")
            + Text($"at the end and did not come back; the rise begins near step {divergence.Step}"),
            (isEarly ? "So early it is the learning rate, or too short a warmup: " : "")
            + $"{Capital(isEarly, "lower")} the learning rate by 2 to 5 times{RateNow(d.Curves, divergence.Step)}, or alpha to the "
            + "rank, which does the same for the adapter; clip gradients at 0.3 to 1. A checkpoint from before the rise is the best "
            + "there is of this run.",
            [CurveSources.Axolotl("Loss Spikes"), CurveSources.Spikes, CurveSources.Guidance("2.46"), CurveSources.Clipping]);
    }

    private static Verdict? Overfits(Diagnosis d)
    {
        if (d.Overfitting is not { } found)
            return null;
        var epoch = d.Curves.EpochAt(found.Step) is { } at ? Text($" (epoch {at:0.##})") : "";
        return new Verdict(
            "overfitting", Severity.Warning, found.Step,
            Text($"the validation loss is lowest at step {found.Step}{epoch}, {Loss(found.Best)}, and then rises by {Percent(found.Rise)} ")
            + Text($"to {Loss(found.Last)} while the training loss does not"),
            $"Take the checkpoint nearest to step {Number(found.Step)}. Next time train that long, or stop early with a patience of 3 "
            + "evaluations and keep the best; before more dropout (0.05 to 0.1), weight decay (0.01 to 0.1) or a smaller rank, try "
            + "more or more varied data. Halving alpha of the finished adapter also takes some of it back.",
            [
                CurveSources.Unsloth("overfitting"), CurveSources.Axolotl("Overfitting"), CurveSources.SecondEpoch,
                CurveSources.Guidance("1.32"),
            ]);
    }

    private static Verdict? Unstable(Diagnosis d)
    {
        var stability = d.Stability;
        if (IsBroken(d))
            return null;
        var gradients = stability.GradientSpikes;
        var areMany = gradients.Count > Math.Max(2, 0.01 * d.Curves.GradientNorm.Count);
        if (stability.IsStable && !areMany)
            return null;
        var first = stability.IsStable ? gradients[0] : stability.Spikes[0];
        var seen = new List<string>();
        if (!stability.IsStable)
            seen.Add(Text($"the training loss jumps up {stability.Spikes.Count} times"));
        if (gradients.Count > 0)
            seen.Add(Text($"the gradient norm reaches ten times its median or 100 {gradients.Count} times"));
        return new Verdict(
            "unstable", Severity.Warning, first,
            string.Join(" and ", seen) + Text($", first at step {first}"),
            $"Lower the learning rate by 2 to 5 times{RateNow(d.Curves, first)}, or alpha to the rank; clip gradients at 0.3 to 1; a "
            + "larger global batch smooths too. Where jumps come alone, look for broken or overlong samples.",
            [CurveSources.Axolotl("Loss Spikes"), CurveSources.Spikes, CurveSources.Clipping, CurveSources.Guidance("2.46")]);
    }

    private static Verdict? EarlyRise(Diagnosis d) =>
        d.Trend.EarlyHump is not { } hump || IsBroken(d) ? null : new Verdict(
            "learning-rate-high", Severity.Warning, hump.Step,
            Text($"the training loss climbs by {Percent(hump.Rise)} up to step {hump.Step} before it falls"),
            "The first updates were too large: warm up over 5 to 10 % of the steps, or lower the learning rate by 2 "
            + $"times{RateNow(d.Curves, hump.Step)}.",
            [CurveSources.Axolotl("Loss Plateau, Loss Spikes"), CurveSources.StableRate, CurveSources.Guidance("1.24")]);

    private static Verdict? NothingLearned(Diagnosis d)
    {
        if (!d.Trend.IsFlat || d.Trend.Levels is not { } levels || IsBroken(d))
            return null;
        return new Verdict(
            "nothing-learned", Severity.Warning, null,
            Text($"the training loss does not fall: {Loss(levels.Start)} at the start, {Loss(levels.End)} at the end"),
            $"Raise the learning rate by 2 to 5 times{RateNow(d.Curves, d.Curves.LastStep / 2)}; LoRA takes about ten times that of "
            + "full fine-tuning, 1e-4 to 5e-4. If that changes nothing, look at the data: labels masked wrongly, a chat template that "
            + "is not the model's, answers that the base model knows already.",
            [CurveSources.Axolotl("Loss Plateau"), CurveSources.TenTimes, CurveSources.Guidance("1.24")]);
    }

    private static Verdict? StillFalling(Diagnosis d)
    {
        if (d.Trend.FallAtEnd is not { } fall || d.Overfitting is not null || IsBroken(d))
            return null;
        var isValidated = d.Curves.ValidationLoss.Count >= CurveTrend.FewestEvaluations;
        // From the second pass on a training loss falls as the samples are learned by heart, too.
        if (!isValidated && (d.Curves.EpochAt(d.Curves.LastStep) is > FirstPass || d.Trend.Levels is { End: < LowTrainLoss }))
            return null;
        var curve = isValidated ? "validation" : "training";
        var seen = Text($"the {curve} loss still falls at the end, by {Percent(fall)} over the last third");
        if (d.Curves is { Ending: RunEnding.Stopped, PlannedSteps: { } planned })
        {
            return new Verdict(
                "stopped-too-early", Severity.Warning, d.Curves.LastStep,
                Text($"{seen}, and the run ended at step {d.Curves.LastStep} of {planned}"),
                "Resume it; if early stopping ended it, give it more patience or a longer way between evaluations.",
                [CurveSources.Unsloth("underfitting"), CurveSources.Guidance("1.32")]);
        }

        return d.Trend.IsStraight
            ? new Verdict(
                "learning-rate-low", Severity.Warning, null,
                seen + " and nearly in a straight line",
                $"Raise the learning rate by 2 to 5 times{RateNow(d.Curves, d.Curves.LastStep / 2)} up to where it is just stable; "
                + "only then train longer.",
                [CurveSources.Axolotl("Loss Plateau"), CurveSources.StableRate, CurveSources.TenTimes])
            : new Verdict(
                "underfitting", isValidated ? Severity.Warning : Severity.Info, null,
                seen,
                "There is more to learn: train longer (more epochs while the validation loss falls). If that ends at too high a loss, "
                + "adapt all linear layers, then raise the rank with alpha at twice the rank.",
                [CurveSources.Unsloth("underfitting"), CurveSources.Capacity, CurveSources.Guidance("1.9")]);
    }

    private static Verdict? Unused(Diagnosis d)
    {
        var unused = d.Curves.Modules.Where(m => m.IsUnused).Select(m => m.Name).ToList();
        return unused.Count == 0 ? null : new Verdict(
            "unused-modules", Severity.Warning, null,
            Text($"{unused.Count} of {d.Curves.Modules.Count} adapted modules are as they were before training, such as {unused[0]}"),
            "No gradient reached them: the model does not use them, or they were frozen. Leave them out of the target modules, or "
            + "find out why.",
            [new Source("loralint adapter inspect", "")]);
    }

    private static Verdict? TooLong(Diagnosis d)
    {
        if (d.Trend.RestStep is not { } step || d.Overfitting is not null || IsBroken(d))
            return null;
        return new Verdict(
            "trained-too-long", Severity.Info, step,
            Text($"the validation loss gains nothing after step {step} of {d.Curves.LastStep}"),
            "Stop early, or train fewer epochs: the time is saved, and what the base model can is kept better.",
            [CurveSources.Guidance("1.32"), CurveSources.SecondEpoch]);
    }

    private static Verdict? VeryLow(Diagnosis d)
    {
        if (d.Overfitting is not null || IsBroken(d) || d.Trend.Levels is not { End: < LowTrainLoss and var end })
            return null;
        var isWatched = d.Curves.ValidationLoss.Count > 0;
        var validation = isWatched ? Text($"; the validation loss is {Loss(d.Curves.ValidationLoss[^1].Value)}") : "";
        var epochs = d.Curves.EpochAt(d.Curves.LastStep);
        return new Verdict(
            "train-loss-very-low", !isWatched && epochs > ManyPasses ? Severity.Warning : Severity.Info, null,
            Text($"the training loss ends at {Loss(end)}, below 0.2{validation}")
            + (!isWatched && epochs is { } passes ? Text($", after {passes:0.#} epochs that nothing was held out for") : ""),
            "For language this often means that the samples are learned by heart; try the adapter on prompts of another wording. "
            + "Short, fixed answers may get there rightly.",
            [CurveSources.Unsloth("a training loss below 0.2")]);
    }

    private static Verdict? Saturated(Diagnosis d)
    {
        var shares = d.Curves.Modules.Where(m => m is { IsUnused: false, Rank: > 1 }).Select(m => m.EffectiveRank / m.Rank).ToList();
        if (shares.Count == 0 || RobustStatistics.Median(shares) is not (> FullShare and var share))
            return null;
        return new Verdict(
            "adapter-saturated", Severity.Info, null,
            Text($"the adapters use their rank to the full: the effective rank is {Percent(share)} of the rank in the middle module"),
            "Where the loss is not low enough, a larger rank may help; `loralint rank` and a sweep tell. Where it is, this is no fault.",
            [CurveSources.EffectiveRank, CurveSources.Capacity]);
    }

    private static Verdict? NotEvaluated(Diagnosis d) =>
        d.Curves.ValidationLoss.Count > 0 ? null : new Verdict(
            "no-validation", Severity.Info, null,
            "no validation loss was logged, so overfitting cannot be seen",
            "Hold 5 to 10 % of the rows out and evaluate about ten times in a run.",
            [CurveSources.Axolotl("Monitoring Training"), CurveSources.Guidance("1.32")]);

    // Where the run failed, how its loss went otherwise is no advice.
    private static bool IsBroken(Diagnosis d) =>
        d.Divergence is not null || d.Stability.NotFinite is not null || Zero(d) is not null || Frozen(d) is not null;

    // What the advice on the learning rate starts from.
    private static string RateNow(RunCurves curves, int step)
    {
        var rates = curves.LearningRate.Where(p => double.IsFinite(p.Value)).ToList();
        if (rates.Count == 0)
            return "";
        var peak = rates.Max(p => p.Value);
        var near = rates.LastOrDefault(p => p.Step <= step, rates[0]).Value;
        return $" (the peak is {Rate(peak)}" + (near > 0 && near < 0.9 * peak ? Text($", at step {step} it is {Rate(near)})") : ")");
    }

    private static string Rate(double rate) =>
        rate.ToString(rate is > 0 and < 0.01 ? "0.##e-0" : "0.####", CultureInfo.InvariantCulture);

    private static string Capital(bool isInside, string word) => isInside ? word : char.ToUpperInvariant(word[0]) + word[1..];

    private static string Loss(double loss) => loss.ToString(Math.Abs(loss) < 0.1 ? "0.00000" : "0.000", CultureInfo.InvariantCulture);

    private static string Percent(double share) => Text($"{100 * share:0.#} %");

    private static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
