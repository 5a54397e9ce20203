using LoraLint.Rules.Configs;
using LoraLint.Rules.Knowledge;
using LoraLint.Rules.Linting;

namespace LoraLint.Rules.Checks;

/// <summary>The dropout is above what any primary source uses.</summary>
public sealed class DropoutHigh : Rule
{
    private static readonly RuleOption s_high = new("high-dropout", 0.2, "From here on the dropout is mentioned: guidance 1.16 calls 0.2 "
        + "to 0.5 high.");
    private static readonly RuleOption s_veryHigh = new("very-high-dropout", 0.3, "A greater dropout is a warning. No primary source goes "
        + "above 0.1.");

    private static readonly RuleOption s_smallRows = new(
        "small-rows", 1000, "With fewer training rows it stays info, because guidance 1.34 asks for 0.3 to 0.5 on little data.");

    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL122",
        Name = "dropout-high",
        Category = Category.Suspicious,
        Summary = "The dropout is high.",
        Why = "Each step then trains the adapter on inputs with a good part missing, which holds back learning more than it helps.",
        Sources =
        [
            new(Upstream.Guidance, "1.16, 2.27 (usually 0.05 to 0.1)"),
            new(Upstream.Qlora, "searched 0, 0.05 and 0.1 only"),
            new("Against it: " + Upstream.Guidance, "1.34: 0.3 to 0.5 on little data"),
        ],
        Guidance = ["1.16", "1.34", "2.27"],
        Options = [s_high, s_veryHigh, s_smallRows],
        Fix = FixSafety.Unsafe,
    };

    private const double UsualMost = 0.1;

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        var dropout = context.Config.Dropout;
        if (!dropout.IsWritten || !dropout.TryGet(out var p) || p < context.Option(s_high) || p >= 1
            || HighRankWithHighDropout.Applies(context))
            return;
        var isVeryHigh = p > context.Option(s_veryHigh) && !(context.DatasetRows < context.Option(s_smallRows));
        context.Report(
            dropout,
            $"{dropout.Key} {ConfigEditor.Number(p)} is above the usual 0 to 0.1 and may hold back learning. One article recommends 0.3 "
            + "to 0.5 for very small data; no primary source was found above 0.1",
            AskedFix.Set(context, dropout, UsualMost),
            weaker: isVeryHigh ? null : Category.Advice);
    }
}
