using LoraLint.Rules.Runs;
using LoraLint.Trainer.Models;

namespace LoraLint.Benchmarks;

/// <summary>The shape of a Llama that training steps are timed with; bench/lora_decoder.py has the same.</summary>
internal sealed record TrainingShape(
    int Layers, int Hidden, int Inner, int Heads, int KeyValueHeads, int HeadSize, int Vocabulary, double RopeBase, bool TiesEmbeddings)
{
    private const int Rank = 16;

    /// <summary>A shape by its name, or null.</summary>
    public static TrainingShape? Find(string name) => name switch
    {
        // As both sides' losses are compared: every kind of layer, heads that share keys, sizes that are no multiples of each other.
        "tiny" => new(3, 96, 160, 6, 2, 16, 499, 10000, TiesEmbeddings: true),
        "smollm2-135m" => new(30, 576, 1536, 9, 3, 64, 49152, 100000, TiesEmbeddings: true),
        "llama-3-8b" => new(32, 4096, 14336, 32, 8, 128, 128256, 500000, TiesEmbeddings: false),
        _ => null,
    };

    /// <summary>The model's description.</summary>
    public ModelConfig Describe() => new()
    {
        ModelType = "llama",
        HiddenSize = Hidden,
        IntermediateSize = Inner,
        Layers = Layers,
        Heads = Heads,
        KeyValueHeads = KeyValueHeads,
        HeadSize = HeadSize,
        VocabularySize = Vocabulary,
        MaxPositions = 8192,
        NormEpsilon = 1e-5,
        AttentionScale = 1 / Math.Sqrt(HeadSize),
        SlidingWindows = new int[Layers],
        RopeOfLayer = new int[Layers],
        Ropes = [new RotaryEmbedding([.. Enumerable.Range(0, HeadSize / 2).Select(i => Math.Pow(RopeBase, -2.0 * i / HeadSize))], 1)],
        TiesEmbeddings = TiesEmbeddings,
    };

    /// <summary>Adapters of rank 16 and alpha 32 on all seven linear layers of each block.</summary>
    public AdapterPlan Plan() => new(
        [.. ModelLayout.Linears(Describe()).Select(module => new AdaptedModule(module.Name, module.Shape[1], module.Shape[0], Rank, 2))],
        UseDora: false, LoraBias.None, []);
}
