using LoraLint.Rules.Linting;
using LoraLint.Tests.Support;

namespace LoraLint.Tests.Roslyn;

/// <summary>
/// Every rule has its place: code that it speaks of, in <see cref="CodeFixTests.Rows"/> and in tests/consumer, or a reason why it cannot
/// speak of C#.
/// </summary>
public sealed class RuleCoverageTests
{
    private const string Compiled = "the compiler has read the code, and refuses names and types that are wrong";
    private const string Comments = "in C# #pragma, attributes and .editorconfig silence findings";
    private const string NoCard = "the compiler knows no card";
    private const string NoFiles = "analyzers read no files";
    private const string NoMember = "no member holds such a setting";
    private const string Enumerated = "the member is an enumeration, and value-not-in-set speaks of what it has no name for";
    private const string NoSettings = "which server takes the adapter the settings say, which analyzers do not read";
    private const string OneFramework = "it is about how one framework reads its own keys";

    // By code, or by the first two characters of the code's number for a whole hundred.
    private static readonly Dictionary<string, string> s_reasons = new(StringComparer.Ordinal)
    {
        ["LL001"] = Compiled, ["LL002"] = Compiled, ["LL003"] = Compiled, ["LL004"] = Compiled,
        ["LL005"] = Comments, ["LL006"] = Comments, ["LL019"] = Comments,
        ["LL007"] = "it is a defect of a rule, which no code is known to bring about",
        ["LL010"] = Compiled, ["LL011"] = Compiled, ["LL012"] = Compiled, ["LL013"] = Compiled, ["LL015"] = Compiled, ["LL016"] = Compiled,
        ["LL017"] = Compiled, ["LL018"] = Compiled, ["LL021"] = Compiled,
        ["LL111"] = "no member says that a run is reinforcement learning", ["LL121"] = NoFiles, ["LL124"] = NoMember,
        ["LL125"] = OneFramework, ["LL145"] = Compiled,
        ["LL150"] = Enumerated, ["LL151"] = Enumerated, ["LL152"] = Enumerated, ["LL153"] = NoMember, ["LL155"] = Enumerated,
        ["LL158"] = NoMember, ["LL160"] = NoMember, ["LL161"] = NoMember, ["LL162"] = NoMember,
        ["LL163"] = NoMember, ["LL164"] = NoMember, ["LL165"] = NoMember, ["LL166"] = NoMember, ["LL167"] = NoMember,
        ["LL172"] = "our records have no target modules by themselves, whatever the model",
        ["LL183"] = NoMember, ["LL184"] = NoMember, ["LL185"] = NoMember, ["LL187"] = "the trainer has no models with such layers",
        ["LL189"] = NoMember, ["LL190"] = NoMember, ["LL191"] = NoMember,
        ["LL193"] = OneFramework, ["LL223"] = OneFramework, ["LL224"] = "the compiler knows no card", ["LL225"] = OneFramework,
        ["LL226"] = OneFramework,
        ["LL201"] = "our records quantize in one way; what another type does with two switches is not known",
        ["LL202"] = "whoever builds one of these types trains an adapter", ["LL205"] = "the precision is one member",
        ["LL207"] = "value-not-in-set speaks of the member's words", ["LL208"] = OneFramework, ["LL209"] = OneFramework,
        ["LL210"] = NoFiles + ", and how a base is quantized stands in its config.json", ["LL211"] = NoFiles
            + ", and how a base is quantized stands in its config.json",
        ["LL212"] = NoMember, ["LL213"] = OneFramework, ["LL220"] = OneFramework, ["LL221"] = OneFramework,
        ["LL222"] = NoFiles + ", and the type of a base's weights stands in its config.json",
        ["LL308"] = "value-not-in-set speaks of the schedules that are not there",
        ["LL310"] = "the trainer keeps the best weights wherever it evaluates", ["LL311"] = "the trainer keeps the best weights "
            + "wherever it evaluates",
        ["LL313"] = "without data to evaluate on the cadence of evaluations means nothing, as documented",
        ["LL314"] = "a cadence is one value", ["LL318"] = NoMember, ["LL320"] = NoMember, ["LL330"] = NoMember, ["LL331"] = NoMember,
        ["LL332"] = NoMember,
        ["LL401"] = "packed samples attend to themselves alone in the trainer", ["LL402"] = NoMember,
        ["LL403"] = "the trainer refuses both in a row of its own words; nothing is dropped in silence", ["LL404"] = NoFiles,
        ["LL405"] = NoMember, ["LL406"] = NoMember, ["LL408"] = OneFramework, ["LL409"] = NoMember, ["LL410"] = NoFiles,
        ["LL411"] = NoFiles, ["LL412"] = NoFiles, ["LL413"] = NoFiles, ["LL414"] = NoFiles,
        ["LL322"] = "analyzers count no rows", ["LL415"] = OneFramework, ["LL416"] = NoMember,
        ["LL5"] = "one process trains", ["LL601"] = NoCard, ["LL603"] = NoCard, ["LL604"] = NoCard,
        ["LL605"] = "the budget the settings say, which analyzers do not read", ["LL606"] = NoFiles,
        ["LL701"] = NoMember, ["LL703"] = OneFramework,
        ["LL704"] = NoSettings,
        ["LL705"] = NoSettings, ["LL706"] = NoFiles, ["LL707"] = NoFiles, ["LL708"] = OneFramework,
        ["LL709"] = NoSettings, ["LL710"] = NoFiles,
        ["LL721"] = NoMember,
        ["LL722"] = NoMember,
        ["LL9"] = OneFramework,
    };

    [Fact]
    public void Every_rule_speaks_of_CSharp_somewhere_or_has_a_reason_why_it_cannot()
    {
        var shown = CodeFixTests.Rows.Select(r => r.Data.Item2[..5]).ToHashSet();
        Assert.All(shown, code => Assert.NotNull(RuleCatalog.Find(code)));
        foreach (var rule in RuleCatalog.Infos)
        {
            var hasReason = s_reasons.ContainsKey(rule.Code) || s_reasons.ContainsKey(rule.Code[..3]);
            Assert.True(shown.Contains(rule.Code) != hasReason, shown.Contains(rule.Code)
                ? $"{rule.Code} {rule.Name} speaks of C#, and there is a reason why it could not"
                : $"{rule.Code} {rule.Name} has no code in CodeFixTests.Rows and no reason here");
        }
    }

    [Fact]
    public void The_reasons_are_about_rules_that_exist() => Assert.All(
        s_reasons.Keys, key => Assert.Contains(RuleCatalog.Infos, i => i.Code.StartsWith(key, StringComparison.Ordinal)));

    [Fact]
    public void A_rule_that_speaks_of_CSharp_lists_it_among_its_formats()
    {
        foreach (var code in CodeFixTests.Rows.Select(r => r.Data.Item2[..5]).Distinct())
            Assert.True(RuleCatalog.Find(code) is { Formats: var formats } && (formats.Count == 0 || formats.Contains("csharp")), code);
    }

    [Fact]
    public void The_consumer_shows_every_rule_that_speaks_of_CSharp()
    {
        var expected = File.ReadAllLines(Repository.PathTo("tests/consumer/expected.txt")).Select(l => l[^5..]).ToHashSet();
        Assert.Equal(
            CodeFixTests.Rows.Select(r => r.Data.Item2[..5]).Distinct().Order(StringComparer.Ordinal),
            expected.Order(StringComparer.Ordinal));
    }
}
