using LoraLint.Rules.Linting;

namespace LoraLint.Advisor.Advice.Curves;

/// <summary>What the curves of a run say: the measures, and verdicts with advice. A pure function of the curves.</summary>
internal sealed record Diagnosis
{
    /// <summary>What it was made from.</summary>
    public required RunCurves Curves { get; init; }

    /// <summary>How the training loss diverged, or null.</summary>
    public required Divergence? Divergence { get; init; }

    /// <summary>How the run overfitted, or null.</summary>
    public required Overfitting? Overfitting { get; init; }

    /// <summary>Roughness and spikes.</summary>
    public required CurveStability Stability { get; init; }

    /// <summary>Where the loss goes.</summary>
    public required CurveTrend Trend { get; init; }

    /// <summary>The lowest evaluation, or null without evaluations.</summary>
    public required CurvePoint? Best { get; init; }

    /// <summary>What stands out, the gravest first.</summary>
    public IReadOnlyList<Verdict> Verdicts { get; private init; } = [];

    /// <summary>Diagnoses a run.</summary>
    public static Diagnosis Of(RunCurves curves)
    {
        var divergence = DivergenceTest.Find(curves.TrainLoss);
        var evaluations = curves.ValidationLoss.Where(p => double.IsFinite(p.Value)).ToList();
        var diagnosis = new Diagnosis
        {
            Curves = curves,
            Divergence = divergence,
            Overfitting = OverfittingTest.Find(curves.ValidationLoss, curves.TrainLoss, divergence),
            Stability = CurveStability.Of(curves),
            Trend = CurveTrend.Of(curves),
            Best = evaluations.Count == 0 ? null : evaluations.MinBy(p => p.Value),
        };
        // Stable, so that verdicts of a severity stay in the order of the questions.
        return diagnosis with { Verdicts = [.. CurveVerdicts.Of(diagnosis).OrderByDescending(v => v.Severity)] };
    }

    /// <summary>What stands out most and asks for a change, in a line without its period; null when nothing does.</summary>
    public string? InBrief()
    {
        var grave = Verdicts.Where(v => v.Severity >= Severity.Warning).ToList();
        return grave.Count == 0 ? null
            : grave[0].Finding + (grave.Count == 1 ? "" : FormattableString.Invariant($", and {grave.Count - 1} more"));
    }
}
