namespace LoraLint.Trainer.Engines;

/// <summary>A device has not enough memory; the message says which, for what, and what to change.</summary>
public sealed class EngineMemoryException(string message, Exception inner) : OutOfMemoryException(message, inner);
