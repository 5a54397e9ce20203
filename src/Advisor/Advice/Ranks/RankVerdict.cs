using System.Globalization;
using LoraLint.Rules.Knowledge.Models;

namespace LoraLint.Advisor.Advice.Ranks;

/// <summary>
/// The rank that follows from all methods together. Trials beat what tasks usually take; what the data needs is a floor under the latter, a
/// budget is a ceiling over everything, and spectra are a hint that changes nothing.
/// </summary>
/// <param name="Rank">The rank, 1 or more.</param>
/// <param name="DecidedBy">What decided: sweep, task, capacity floor, narrowest weight, budget or data.</param>
/// <param name="Reason">Why, in a sentence without final period.</param>
/// <param name="Disagreements">Where methods contradict that, and what to make of it; sentences without final periods.</param>
internal sealed record RankVerdict(long Rank, string DecidedBy, string Reason, IReadOnlyList<string> Disagreements)
{
    /// <summary>Decides; null where no method gave anything.</summary>
    public static RankVerdict? Of(TaskRank? task, ParameterBudget? budget, DataSpectra? data, SweptRank? sweep)
    {
        var start = sweep is not null ? new RankVerdict(sweep.Rank, "sweep", $"trials found it ({sweep.Path})", [])
            : task is not null ? OfTask(task)
            : data?.Hint is { } hint ? new RankVerdict(
                hint, "data", "a hint from the data's spectrum, the weakest of the methods; nothing else was asked", [])
            : budget is not null ? new RankVerdict(
                budget.Rank,
                "budget",
                Text($"the largest within {budget.Budget:N0} trained parameters; no method says that so much is needed"),
                [])
            : null;
        if (start is null)
            return null;
        var verdict = budget is not null && start.Rank > budget.Largest
            ? start with { Rank = budget.Rank, DecidedBy = "budget", Reason = Text(
                $"{start.DecidedBy} asks for {start.Rank}, and {budget.Budget:N0} trained parameters allow {budget.Largest}") }
            : start;
        return verdict with { Disagreements = [.. DisagreementsOf(verdict.Rank, task, budget, data, sweep)] };
    }

    private static RankVerdict OfTask(TaskRank task)
    {
        var (rank, by) = (task.Rank, task.DecidedBy);
        return by switch
        {
            "the capacity floor" => new(
                rank, "capacity floor", Text($"the data needs {task.Floor!.Rank} at least, the next power of two"), []),
            "the table" => new(rank, "task", $"{task.Start.Reason} ({task.Start.Source})", []),
            _ => new(rank, "narrowest weight", "a rank above half of a weight's smaller side saves nothing over training the weight", []),
        };
    }

    private static IEnumerable<string> DisagreementsOf(
        long rank, TaskRank? task, ParameterBudget? budget, DataSpectra? data, SweptRank? sweep)
    {
        if (sweep is { IsUncertain: true })
            yield return "the sweep is not sure: other ranks did as well within its noise";
        if (sweep is not null && task is not null && IsFar(sweep.Rank, task.Start.Value))
        {
            yield return Text($"tasks like this usually take {task.Start.Value} ({task.Start.Reason}); ")
                + "trials on the data itself count more";
        }

        if (task?.Floor is { } floor && floor.Rank > rank)
        {
            yield return Text($"the capacity floor is {floor.Rank}: at {rank} the adapter may not hold all that the data tells; ")
                + (sweep is not null && rank == sweep.Rank ? "the floor overestimates, and trials saw what is lost"
                    : "a larger budget, adapters on more modules or less data would fit together better");
        }

        if (budget is not null && sweep is not null && sweep.Rank > budget.Largest)
            yield return Text($"the sweep's rank {sweep.Rank} takes {budget.TrainableAt(sweep.Rank):N0} parameters, more than the budget");
        if (data?.Hint is { } hint && IsFar(hint, rank))
            yield return Text($"the data's spectrum hints at {hint}; no source ties spectra to ranks, so it changes nothing");
    }

    // More than a doubling apart.
    private static bool IsFar(long a, long b) => Math.Max(a, b) > 2 * Math.Min(a, b);

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
