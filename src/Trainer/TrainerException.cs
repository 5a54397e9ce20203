namespace LoraLint.Trainer;

/// <summary>
/// A run that cannot go on for a reason outside of this program: a model, a dataset or an option that is wrong, a disk that is full.
/// Shown to people as it is.
/// </summary>
/// <param name="message">Names the file and place, what is wrong with it, and what to do; no final period.</param>
/// <param name="inner">What was caught, if anything.</param>
public sealed class TrainerException(string message, Exception? inner = null) : Exception(message, inner);
