using LoraLint.Rules.Configs;
using LoraLint.Rules.Text;

namespace LoraLint.Advisor.Reading;

/// <summary>Where the reading of a script ends for a limit, if it does: of several places the first.</summary>
internal sealed class CodeLimit
{
    private ReadProblem? _problem;

    /// <summary>The problem to report: one, or none.</summary>
    public IReadOnlyList<ReadProblem> Problems => _problem is null ? [] : [_problem];

    /// <summary>There are more than a script's, a call's or a command's.</summary>
    /// <param name="message">What there is too much of.</param>
    /// <param name="most">The limit.</param>
    /// <param name="span">The first that is not read.</param>
    public void Pass(string message, int most, TextSpan span)
    {
        if (_problem is null || span.Start < _problem.Span.Start)
            _problem = new ReadProblem(
                ReadProblemKind.Limit, FormattableString.Invariant($"{message} than {most:N0}; from here on they are not read"), span);
    }
}
