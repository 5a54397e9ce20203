namespace LoraLint.Trainer.Data.ChatTemplates;

/// <summary>One turn of a conversation.</summary>
/// <param name="Role"><c>system</c>, <c>user</c> or <c>assistant</c>.</param>
/// <param name="Content">What was said.</param>
public sealed record ChatMessage(string Role, string Content);

/// <summary>A stretch of a rendered conversation.</summary>
/// <param name="Text">As the model sees it, special tokens spelled out; the begin of the sequence too, where the family has one.</param>
/// <param name="IsAnswer">
/// Whether the assistant wrote it: the text of an answer and the token that ends the turn, which is what a model has to learn.
/// </param>
public readonly record struct ChatSegment(string Text, bool IsAnswer);
