using System.Numerics.Tensors;
using LoraLint.Rules.Runs;

namespace LoraLint.Trainer.Models.Initialisation;

/// <summary>
/// The values that A and B start from, by PEFT's definitions (src/peft/tuners/lora/layer.py). The same seed gives the same bits,
/// whatever the number of threads.
/// </summary>
/// <remarks>
/// PiSSA and OLoRA take what A and B hold out of the base weight, so that the model as a whole starts unchanged up to the rounding of
/// that weight. Their adapters are saved for the unchanged base all the same, see <see cref="InitialAdapter.ForOriginalBase"/>.
/// </remarks>
public static class AdapterInitialisation
{
    /// <summary>Draws or computes A and B of every module of a plan.</summary>
    /// <param name="plan">The modules.</param>
    /// <param name="init">How; <see cref="LoraInit.Eva"/> needs data and is made elsewhere.</param>
    /// <param name="weights">The base, which must outlive the result.</param>
    /// <param name="seed">The run's.</param>
    /// <param name="isQuantized">Whether the base will be quantized.</param>
    /// <param name="threads">Threads that work, 1 or more.</param>
    /// <exception cref="TrainerException">PiSSA or OLoRA are to change a base that will be quantized.</exception>
    public static InitialAdapter Create(
        AdapterPlan plan, LoraInit init, IWeights weights, long seed, bool isQuantized = false, int threads = 1)
    {
        if (init is LoraInit.Pissa or LoraInit.Olora && isQuantized)
        {
            throw new TrainerException(
                $"initialisation {init.ToString().ToLowerInvariant()} of a quantized base is not supported: what is left of a weight is "
                + "quantized otherwise than the weight, so that the saved adapter would not do on the base what it did in training; use "
                + "another initialisation, or train without quantization");
        }

        var residual = new ResidualWeights(weights);
        var modules = new Dictionary<string, InitialModule>(StringComparer.Ordinal);
        try
        {
            foreach (var module in plan.Modules)
            {
                modules.Add(module.Name, module.IsEmbedding ? Embedding(module, seed) : init switch
                {
                    LoraInit.Kaiming => Kaiming(module, seed),
                    LoraInit.Gaussian => Gaussian(module, seed),
                    LoraInit.Pissa => Pissa(module, residual, weights, seed, threads),
                    LoraInit.Olora => Olora(module, residual, weights, threads),
                    _ => throw new ArgumentOutOfRangeException(nameof(init), init, "needs data"),
                });
            }

            return new InitialAdapter(plan, modules, residual, init is LoraInit.Pissa or LoraInit.Olora);
        }
        catch
        {
            residual.Dispose();
            throw;
        }
    }

    /// <summary>
    /// The embedding starts the other way round, however the linear layers start: A is zero and B normal with deviation 1, as the weights
    /// of an embedding are drawn.
    /// </summary>
    internal static InitialModule Embedding(AdaptedModule module, long seed)
    {
        var random = new CounterRandom(seed, module.Name);
        var b = new float[module.OutFeatures * module.Rank];
        for (var i = 0; i < b.Length; i++)
            b[i] = (float)random.Normal(i);
        return new InitialModule(new float[module.Rank * module.InFeatures], b);
    }

    // kaiming_uniform_(a = sqrt(5)) over fan_in columns: uniform in ±1/sqrt(fan_in). B is zero, so that the model starts unchanged.
    private static InitialModule Kaiming(AdaptedModule module, long seed)
    {
        var random = new CounterRandom(seed, module.Name);
        var bound = 1 / Math.Sqrt(module.InFeatures);
        return Drawn(module, i => ((2 * random.Uniform(i)) - 1) * bound);
    }

    private static InitialModule Gaussian(AdaptedModule module, long seed)
    {
        var random = new CounterRandom(seed, module.Name);
        return Drawn(module, i => random.Normal(i) / module.Rank);
    }

    private static InitialModule Drawn(AdaptedModule module, Func<long, double> draw)
    {
        var a = new float[module.Rank * module.InFeatures];
        for (var i = 0; i < a.Length; i++)
            a[i] = (float)draw(i);
        return new InitialModule(a, new float[module.OutFeatures * module.Rank]);
    }

    // W = U S V^T. B = U sqrt(S/s), A = sqrt(S/s) V^T of the largest r; W keeps W - s B A.
    private static InitialModule Pissa(AdaptedModule module, ResidualWeights residual, IWeights weights, long seed, int threads)
    {
        var read = RowsOf(weights, module);
        var (left, values, right) = LowRankSvd.Decompose(
            module.OutFeatures, module.InFeatures, module.Rank, read, new CounterRandom(seed, module.Name), threads);
        var a = new float[module.Rank * module.InFeatures];
        var b = new float[module.OutFeatures * module.Rank];
        for (var k = 0; k < module.Rank; k++)
        {
            var root = Math.Sqrt(values[k] / module.Scaling);
            for (var j = 0; j < module.InFeatures; j++)
                a[(k * module.InFeatures) + j] = (float)(root * right[k, j]);
            for (var i = 0; i < module.OutFeatures; i++)
                b[(i * module.Rank) + k] = (float)(root * left[k, i]);
        }

        return Subtract(module, new InitialModule(a, b), residual, read, threads);
    }

    // W = Q R. B = the first r columns of Q, A = the first r rows of R; W keeps W - s B A. Only the first r columns of W decide on Q's, and
    // R = Q^T W. (Signs of a column of Q and its row of R may both differ from LAPACK's; their product does not.)
    private static InitialModule Olora(AdaptedModule module, ResidualWeights residual, IWeights weights, int threads)
    {
        var read = RowsOf(weights, module);
        var q = new DenseMatrix(module.Rank, module.OutFeatures);
        var row = new float[module.InFeatures];
        for (var i = 0; i < module.OutFeatures; i++)
        {
            read(i, row);
            for (var k = 0; k < module.Rank; k++)
                q[k, i] = row[k];
        }

        q.OrthonormaliseRows();
        var r = new DenseMatrix(module.Rank, module.InFeatures);
        var wide = new double[module.InFeatures];
        for (var i = 0; i < module.OutFeatures; i++)
        {
            read(i, row);
            TensorPrimitives.ConvertChecked<float, double>(row, wide);
            for (var k = 0; k < module.Rank; k++)
                TensorPrimitives.MultiplyAdd(wide, q[k, i], r.Row(k), r.Row(k));
        }

        var a = Array.ConvertAll(r.Values, v => (float)v);
        var b = Array.ConvertAll(q.Transpose().Values, v => (float)v);
        return Subtract(module, new InitialModule(a, b), residual, read, threads);
    }

    private static InitialModule Subtract(
        AdaptedModule module, InitialModule initial, ResidualWeights residual, Action<int, Span<float>> read, int threads)
    {
        residual.Replace(
            module.Name + ".weight",
            (row, values) =>
            {
                read(row, values);
                for (var k = 0; k < module.Rank; k++)
                {
                    var factor = -(float)(module.Scaling * initial.B[(row * module.Rank) + k]);
                    var part = initial.A.AsSpan(k * module.InFeatures, module.InFeatures);
                    TensorPrimitives.MultiplyAdd(part, factor, values, values);
                }
            },
            threads);
        return initial;
    }

    private static Action<int, Span<float>> RowsOf(IWeights weights, AdaptedModule module)
    {
        var tensor = weights.Find(module.Name + ".weight")
            ?? throw new ArgumentException($"there is no {module.Name}.weight", nameof(weights));
        return (row, values) => tensor.CopyTo((long)row * module.InFeatures, values);
    }
}
