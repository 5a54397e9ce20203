namespace LoraLint.Trainer.Spectra;

/// <summary>A module that is to get a rank.</summary>
/// <param name="Name">Its full name.</param>
/// <param name="Inputs">Input features.</param>
/// <param name="Outputs">Output features.</param>
/// <param name="Importance">The mean of |W * G| over its values, 0 or more.</param>
internal sealed record WeightedImportance(string Name, int Inputs, int Outputs, double Importance);

/// <summary>
/// Shares out ranks by importance as GoRA does (arXiv 2502.12171; hhnqqq/MyTransformers, common/lora_modules/gora.py): a module's share of
/// the importance, of the budget sum(r0 sqrt(in + out)), over its own sqrt(in + out), held between half and four times r0. GoRA lets the
/// parameters come out as they may; here they never exceed those of r0 on every module, and no rank more would fit.
/// </summary>
internal static class RankAllocation
{
    /// <summary>The rank of each module.</summary>
    /// <param name="modules">The modules.</param>
    /// <param name="rank">r0, 1 or more.</param>
    public static int[] Share(IReadOnlyList<WeightedImportance> modules, int rank)
    {
        var total = modules.Sum(m => m.Importance);
        var budget = modules.Sum(m => rank * Math.Sqrt(m.Inputs + m.Outputs));
        var wanted = modules.Select(m => total > 0 ? m.Importance / total * budget / Math.Sqrt(m.Inputs + m.Outputs) : rank).ToArray();
        var most = modules.Select(m => Math.Min(4L * rank, Math.Min(m.Inputs, m.Outputs))).ToArray();
        var ranks = most.Select(m => (int)Math.Min(m, Math.Max(1, rank / 2))).ToArray();
        var left = modules.Select((m, i) => (long)(rank - ranks[i]) * (m.Inputs + m.Outputs)).Sum();
        // One rank after the other to the module that is furthest below what it should have (d'Hondt's highest averages).
        var queue = new PriorityQueue<int, (double, int)>();
        for (var i = 0; i < ranks.Length; i++)
            Enqueue(i);
        while (queue.TryDequeue(out var i, out _))
        {
            var cost = modules[i].Inputs + modules[i].Outputs;
            if (cost > left)
                continue;
            left -= cost;
            ranks[i]++;
            Enqueue(i);
        }

        return ranks;

        void Enqueue(int i)
        {
            if (ranks[i] < most[i])
                queue.Enqueue(i, (-wanted[i] / (ranks[i] + 1), i));
        }
    }
}
