using LoraLint.Advisor.Commands;
using LoraLint.Rules.Knowledge.Models;

namespace LoraLint.Advisor.Advice.Ranks;

/// <summary>What <c>--budget</c> says.</summary>
internal static class BudgetOption
{
    /// <summary>Reads it.</summary>
    /// <param name="text">A number of parameters with k, M or B behind it, or a share of the base model's with a percent sign.</param>
    /// <param name="parameters">The base model's; null when it is not known.</param>
    /// <exception cref="UserMistakeException">It is none.</exception>
    public static long Parse(string text, long? parameters)
    {
        var isAmount = ParameterAmount.TryParse(text, out var amount);
        if (isAmount && amount.IsShare && parameters is null)
            throw new UserMistakeException($"--budget {text} is a share of the base model, which is not known: name it with --model");
        return (isAmount ? amount.Of(parameters) : null) ?? throw new UserMistakeException(
            $"--budget {text}: write a number of parameters such as 10M, 1.5B or 800k, or a share such as 0.5%");
    }
}
