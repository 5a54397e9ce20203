using LoraLint.Trainer.Engines.Managed;

namespace LoraLint.Trainer.Engines.Torch;

/// <summary>The trainer with the TorchSharp engine: all that <see cref="Program"/> does, with one engine more.</summary>
internal static class TorchProgram
{
    /// <summary>Runs a command.</summary>
    public static int Main(string[] args) => Program.Run(args, [new TorchEngineKind(), new ManagedEngineKind()]);
}
