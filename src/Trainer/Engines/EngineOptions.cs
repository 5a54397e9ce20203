namespace LoraLint.Trainer.Engines;

/// <summary>What an engine needs to know beside the model and where the adapters sit.</summary>
public sealed record EngineOptions
{
    /// <summary>What computes, one of the kind's devices: cpu, cuda:0.</summary>
    public string Device { get; init; } = "cpu";

    /// <summary>bf16, fp16 or fp32: in what an engine that has them computes. The managed one has fp32.</summary>
    public string Precision { get; init; } = "fp32";

    /// <summary>Threads that compute, 1 or more.</summary>
    public int Threads { get; init; } = Environment.ProcessorCount;

    /// <summary>The dropout probability before A, 0 to below 1.</summary>
    public double Dropout { get; init; }

    /// <summary>Keep only each layer's input and compute the rest again in the backward pass.</summary>
    public bool GradientCheckpointing { get; init; }

    /// <summary>How frozen linear layers are stored: as in the files, or in 4 bits.</summary>
    public LoraLint.Rules.Runs.QuantizationOptions? Quantization { get; init; }

    /// <summary>Keep frozen 32-bit weights in 32 bits; else they are rounded to bf16, which halves their memory.</summary>
    public bool KeepFloat32 { get; init; } = true;

    /// <summary>What the run is estimated to take, for a message when that was too much; null when it is not known.</summary>
    public LoraLint.Rules.Knowledge.Memory.MemoryEstimate? Memory { get; init; }

    /// <summary>adamw or sgd.</summary>
    public string Optimizer { get; init; } = "adamw";

    /// <summary>AdamW's decay of the first moment.</summary>
    public double Beta1 { get; init; } = 0.9;

    /// <summary>AdamW's decay of the second moment.</summary>
    public double Beta2 { get; init; } = 0.999;

    /// <summary>What AdamW adds to the root of the second moment.</summary>
    public double Epsilon { get; init; } = 1e-8;

    /// <summary>Whether AdamW makes up for moments that start at zero.</summary>
    public bool BiasCorrection { get; init; } = true;

    /// <summary>Decoupled weight decay of A, B and saved weights.</summary>
    public double WeightDecay { get; init; }

    /// <summary>The factor on the learning rate of B.</summary>
    public double LoraPlusRatio { get; init; } = 1;
}
