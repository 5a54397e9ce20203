using System.Globalization;
using LoraLint.Advisor.Advice.Suggesting;
using LoraLint.Advisor.Commands;
using LoraLint.Advisor.Reading;
using LoraLint.Rules.Linting;
using LoraLint.Rules.Runs;

namespace LoraLint.Advisor.Advice.Estimating;

/// <summary>
/// How many tokens a row of the config's data has, where the command line does not say: counted by the model's tokenizer where model,
/// trainer and data are here, else estimated from the letters, which is told as an assumption.
/// </summary>
internal sealed record RowLengths
{
    /// <summary>What was counted, or null.</summary>
    public TokenCount? Counted { get; private init; }

    /// <summary>What is taken for granted.</summary>
    public IReadOnlyList<string> Assumptions { get; private init; } = [];

    private double? TokensPerRow { get; init; }

    /// <summary>Counts, or estimates.</summary>
    public static RowLengths Of(Terminal terminal, EstimateRequest request, RecognisedConfig? recognised, CompanionFiles files)
    {
        if (request.TokensPerRow is not null || recognised is null
            || DataOf(terminal, request, recognised, files) is not { Train.Count: > 0 } data)
            return new RowLengths();
        if (request.MaxSequenceLength is { } length)
            data = data with { MaxSequenceLength = length };
        var name = request.Model ?? recognised.Config.BaseModel.Or("").Trim();
        var folder = BaseModelFolder.Of(terminal.Variable).Find(name, files.Locate(name) ?? terminal.FullPath(name), out _);
        if (TokenCount.Of(terminal, folder, data, out var problem) is { } counted)
            return new RowLengths { Counted = counted, TokensPerRow = counted.KeptMean };
        return Estimated(data) is not { } tokens ? new RowLengths() : new RowLengths
        {
            TokensPerRow = tokens,
            Assumptions =
            [
                string.Create(CultureInfo.InvariantCulture, $"tokens a row: about {tokens:0}, by the letters of the data ({problem})"),
            ],
        };
    }

    /// <summary>The request with the tokens of a row in it. Plain texts are rows of as many tokens as a sequence has.</summary>
    public EstimateRequest Into(EstimateRequest request) => Counted is { Sequences: { } sequences } texts
        ? request with { Rows = request.Rows ?? sequences, TokensPerRow = texts.Mean * texts.Counted / sequences }
        : request with { TokensPerRow = request.TokensPerRow ?? TokensPerRow };

    private static DataOptions? DataOf(Terminal terminal, EstimateRequest request, RecognisedConfig recognised, CompanionFiles files)
    {
        try
        {
            return DataSources.Find(terminal, [], request.Config, recognised, request.Model, files, out _);
        }
        catch (UserMistakeException)
        {
            return null;
        }
    }

    private static double? Estimated(DataOptions data)
    {
        try
        {
            var (rows, tokens) = (0L, 0.0);
            foreach (var source in data.Train)
            {
                var facts = DataMeasure.Measure(source.Path, source.Path);
                rows += facts.Rows;
                tokens += facts.Rows * (facts.Lengths?.Mean ?? 0);
            }

            return rows > 0 && tokens > 0 ? tokens / rows : null;
        }
        catch (UserMistakeException)
        {
            return null;
        }
    }
}
