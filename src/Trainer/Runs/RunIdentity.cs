namespace LoraLint.Trainer.Runs;

/// <summary>
/// What the bits of an adapter follow from, beside the state of the training. A run goes on only where all of it but the last two is the
/// same.
/// </summary>
/// <param name="Data">A hash of all tokens, masks and batches.</param>
/// <param name="BaseModel">A hash of the base model's files.</param>
/// <param name="Engine">The engine by name.</param>
/// <param name="Device">What computes and in which precision: it decides in which order sums are taken.</param>
/// <param name="Version">The trainer's version.</param>
internal sealed record RunIdentity(string Data, string BaseModel, string Engine, string Device, string Version);
