namespace LoraLint.Advisor.Commands;

/// <summary>Something the user got wrong: a path that is not there, settings that do not make sense. Shown as is; exit code 2.</summary>
/// <param name="message">What is wrong and what to do, without a final period.</param>
internal class UserMistakeException(string message) : Exception(message);
