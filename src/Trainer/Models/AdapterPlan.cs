using LoraLint.Rules.Runs;

namespace LoraLint.Trainer.Models;

/// <summary>Which modules of a model get adapters of which rank and scaling, and what else is trained.</summary>
/// <param name="Modules">In the order of the model.</param>
/// <param name="UseDora">Whether each has a magnitude.</param>
/// <param name="Bias">Which biases are trained.</param>
/// <param name="SavedModules">Full names of modules trained in full: linear layers, norms, the embedding, the head.</param>
public sealed record AdapterPlan(
    IReadOnlyList<AdaptedModule> Modules, bool UseDora, LoraBias Bias, IReadOnlyList<string> SavedModules)
{
    /// <summary>
    /// Whether the embedding or the head is trained: where they share one weight, the trained one parts from it as a copy.
    /// </summary>
    public bool TrainsEmbeddingOrHead =>
        Modules.Select(m => m.Name).Concat(SavedModules).Any(n => n is ModelLayout.Embedding or ModelLayout.Head);
}

/// <summary>One module with an adapter: a linear layer, the head, or the embedding.</summary>
/// <param name="Name">Its full name, such as <c>model.layers.0.self_attn.q_proj</c>.</param>
/// <param name="InFeatures">Columns of A: those of its weight; of the embedding the vocabulary, which are the rows of its weight.</param>
/// <param name="OutFeatures">Rows of B: those of its weight; of the embedding the hidden size.</param>
/// <param name="Rank">The rank.</param>
/// <param name="Scaling">alpha/r or alpha/sqrt(r).</param>
public sealed record AdaptedModule(string Name, int InFeatures, int OutFeatures, int Rank, double Scaling)
{
    /// <summary>
    /// Whether it is the embedding, whose weight is stored the other way round: with one-hot tokens for its input it would be a linear
    /// layer with the transposed weight, and BA is added to that.
    /// </summary>
    public bool IsEmbedding => Name == ModelLayout.Embedding;
}
