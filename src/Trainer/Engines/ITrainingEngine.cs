namespace LoraLint.Trainer.Engines;

/// <summary>
/// What computes: a frozen base model with a trainable adapter, and the optimizer of the adapter's weights. It sees token batches and
/// tensors by name, and knows nothing of files, configs or consoles.
/// </summary>
/// <remarks>
/// The same calls with the same arguments give the same bits, whatever the number of threads. An instance is used by one thread at a
/// time.
/// </remarks>
public interface ITrainingEngine : IDisposable
{
    /// <summary>The engine by name: managed or torch.</summary>
    string Name { get; }

    /// <summary>What it computes on and in which precision, in words: sums are taken in another order elsewhere.</summary>
    string Device { get; }

    /// <summary>Bytes in use: of the process's memory, or of the GPU's; 0 where the driver does not say.</summary>
    long MemoryBytes { get; }

    /// <summary>What is trained, in the order of the adapter's file. Names are the keys of PEFT's adapter_model.safetensors.</summary>
    IReadOnlyList<TrainableTensor> Parameters { get; }

    /// <summary>The sum of the cross-entropies of the supervised positions, in nats. Without dropout, without gradients.</summary>
    LossSum Evaluate(TokenBatch batch);

    /// <summary>
    /// The same with dropout: adds the sum to <see cref="ReadSums"/>'s, and the gradient of <paramref name="scale"/> times it to the
    /// gradients. May return before it is done.
    /// </summary>
    /// <param name="batch">A micro batch.</param>
    /// <param name="scale">One over the supervised tokens of the whole optimizer step, so that each token weighs the same.</param>
    /// <param name="dropoutKey">Names the dropout masks: the same key draws the same masks.</param>
    void Accumulate(TokenBatch batch, double scale, ulong dropoutKey);

    /// <summary>
    /// Announces the micro batch that the next <see cref="Accumulate"/> gets, so that what it needs lies on the device by then: called
    /// while the device still computes what came before. Changes no result, may be left out, and the batch may turn out to be another.
    /// </summary>
    /// <param name="next">The very object that will come; it must not change until then.</param>
    void Prepare(TokenBatch next)
    {
    }

    /// <summary>
    /// What was accumulated since the last step. Waits until it is computed: once a step, so that a GPU is never idle between.
    /// </summary>
    AccumulatedSums ReadSums();

    /// <summary>One optimizer step with the gradients so far, which are zero after it.</summary>
    /// <param name="step">Counts from 1: AdamW's bias correction needs it.</param>
    /// <param name="learningRate">Of this step; that of B is <see cref="EngineOptions.LoraPlusRatio"/> times as much.</param>
    /// <param name="gradientScale">What gradients are multiplied by, for clipping; 1 for not at all.</param>
    void Step(int step, double learningRate, double gradientScale);

    /// <summary>Copies a tensor out of the engine.</summary>
    /// <param name="kind">Which of the tensors of a parameter.</param>
    /// <param name="index">Into <see cref="Parameters"/>.</param>
    /// <param name="values">Row by row; as long as the parameter.</param>
    void Read(ParameterState kind, int index, Span<float> values);

    /// <summary>Copies a tensor into the engine.</summary>
    void Write(ParameterState kind, int index, ReadOnlySpan<float> values);

    /// <summary>The logits of the last position of each sequence, without dropout: shape (sequences, vocabulary).</summary>
    float[] LastLogits(TokenBatch batch);

    /// <summary>Shows the input of each adapted linear layer in a forward pass of the base model, in the order of the pass.</summary>
    /// <param name="batch">Some sequences.</param>
    /// <param name="capture">
    /// Takes the module's index in the plan and what copies a row of its input, of the batch's T rows, while it runs.
    /// </param>
    void CaptureInputs(TokenBatch batch, Action<int, ReadRow> capture);

    /// <summary>The norms of the rows of W + s B A of a module with DoRA, as the weights are: what its magnitude starts at.</summary>
    /// <param name="module">Index in the plan.</param>
    float[] WeightNorms(int module);
}

/// <summary>Copies a row of a matrix.</summary>
/// <param name="row">Its index.</param>
/// <param name="values">As long as a row.</param>
public delegate void ReadRow(int row, Span<float> values);

/// <summary>What micro batches added up to.</summary>
/// <param name="Loss">Cross-entropies of the supervised positions, in nats.</param>
/// <param name="GradientNorm">The Euclidean norm of all gradients together.</param>
public readonly record struct AccumulatedSums(double Loss, double GradientNorm);

/// <summary>The tensors that belong to a parameter. All have its shape and are in 32 bits.</summary>
public enum ParameterState
{
    /// <summary>Its value.</summary>
    Value,

    /// <summary>The gradient summed up since the last step.</summary>
    Gradient,

    /// <summary>AdamW's average of the gradient.</summary>
    FirstMoment,

    /// <summary>AdamW's average of the squared gradient.</summary>
    SecondMoment,
}

/// <summary>One trained tensor.</summary>
/// <param name="Name">PEFT's key, such as <c>base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight</c>.</param>
/// <param name="Shape">Its shape as in the file.</param>
/// <param name="Role">What it is.</param>
public sealed record TrainableTensor(string Name, int[] Shape, TensorRole Role)
{
    /// <summary>Its number of values.</summary>
    public int Length { get; } = Shape.Aggregate(1, (product, size) => checked(product * size));
}

/// <summary>What a trained tensor is to its module.</summary>
public enum TensorRole
{
    /// <summary>A: (rank, in).</summary>
    LoraA,

    /// <summary>B: (out, rank).</summary>
    LoraB,

    /// <summary>DoRA's magnitude: (out).</summary>
    Magnitude,

    /// <summary>A bias: (out).</summary>
    Bias,

    /// <summary>The whole weight of a module that is trained in full.</summary>
    Saved,
}

/// <summary>A sum of losses and over how many positions.</summary>
/// <param name="Loss">In nats.</param>
/// <param name="Tokens">Supervised positions.</param>
public readonly record struct LossSum(double Loss, long Tokens)
{
    /// <summary>The loss of a position on average; not a number over none.</summary>
    public double Mean => Loss / Tokens;

    /// <summary>Both together.</summary>
    public static LossSum operator +(LossSum a, LossSum b) => new(a.Loss + b.Loss, a.Tokens + b.Tokens);
}
