using LoraLint.Trainer.Engines.Managed.Kernels;

namespace LoraLint.Trainer.Engines.Managed;

/// <summary>What the layers need to know of the pass that they take part in.</summary>
internal sealed unsafe class Pass(WorkerPool pool)
{
    /// <summary>Who computes.</summary>
    public WorkerPool Pool { get; } = pool;

    /// <summary>Where each sequence starts, and T at the end.</summary>
    public int[] Starts { get; set; } = [0];

    /// <summary>Whether adapters, saved modules and trained biases count; else this is the base model.</summary>
    public bool UsesAdapter { get; set; } = true;

    /// <summary>The dropout before A.</summary>
    public Dropout Dropout { get; set; }

    /// <summary>The row of the micro batch that is a linear layer's first one: not 0 for a chunk of rows before the head.</summary>
    public int FirstRow { get; set; }

    /// <summary>Memory of a linear layer, for the time of one call; as much as <see cref="Linear.ScratchLength"/> says.</summary>
    public float* Scratch { get; set; }

    /// <summary>Is shown the input of each adapted module by its index in the plan, if not null.</summary>
    public Action<int, Matrix>? Capture { get; set; }

    /// <summary>Keys and values of the tokens before these ones, if the pass continues a sequence.</summary>
    public KeyValueCache? Cache { get; set; }
}
