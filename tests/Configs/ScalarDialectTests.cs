using System.Globalization;
using LoraLint.Rules.Configs;

namespace LoraLint.Tests.Configs;

/// <summary>
/// What loaders make of words without quotes. The YAML columns were compared with PyYAML 6.0, and OmegaConf's rule added to it, over 4,000
/// words; the last one with Python's tomllib.
/// </summary>
public sealed class ScalarDialectTests
{
    [Theory]
    [InlineData("1", "Int 1", "Int 1", "Int 1", "Int 1")]
    [InlineData("-1_000", "Int -1000", "Int -1000", "String", "Int -1000")]
    [InlineData("010", "Int 8", "Int 8", "Int 10", "Int 10")]
    [InlineData("08", "String", "String", "Int 8", "Int 8")]
    [InlineData("0o17", "String", "String", "Int 15", "Int 15")]
    [InlineData("0x1F", "Int 31", "Int 31", "Int 31", "Int 31")]
    [InlineData("0b11", "Int 3", "Int 3", "String", "Int 3")]
    [InlineData("0xDEAD_BEEF", "Int 3735928559", "Int 3735928559", "String", "Int 3735928559")]
    [InlineData("1:30", "Int 90", "Int 90", "String", "String")]
    [InlineData("1:30.5", "Float 90.5", "Float 90.5", "String", "String")]
    [InlineData("1:75", "String", "String", "String", "String")]
    [InlineData("1.5", "Float 1.5", "Float 1.5", "Float 1.5", "Float 1.5")]
    [InlineData("1.", "Float 1", "Float 1", "Float 1", "Float 1")]
    [InlineData(".5", "Float 0.5", "Float 0.5", "Float 0.5", "Float 0.5")]
    [InlineData("-.5", "String", "String", "Float -0.5", "Float -0.5")]
    [InlineData("._5", "String", "Float 0.5", "String", "Float 0.5")]
    [InlineData("2e-4", "String", "Float 0.0002", "Float 0.0002", "Float 0.0002")]
    [InlineData("2.0e-4", "Float 0.0002", "Float 0.0002", "Float 0.0002", "Float 0.0002")]
    [InlineData("2.0e4", "String", "Float 20000", "Float 20000", "Float 20000")]
    [InlineData("1E+5", "String", "Float 100000", "Float 100000", "Float 100000")]
    [InlineData("1e1_0", "String", "String", "String", "Float 10000000000")]
    [InlineData("1.0e+400", "Float Infinity", "Float Infinity", "Float Infinity", "Float Infinity")]
    [InlineData(".inf", "Float Infinity", "Float Infinity", "Float Infinity", "String")]
    [InlineData("-.INF", "Float -Infinity", "Float -Infinity", "Float -Infinity", "String")]
    [InlineData(".nan", "Float NaN", "Float NaN", "Float NaN", "String")]
    [InlineData("inf", "String", "String", "String", "Float Infinity")]
    [InlineData("+nan", "String", "String", "String", "Float NaN")]
    [InlineData("-Infinity", "String", "String", "String", "Float -Infinity")]
    [InlineData("1979-05-27", "String", "String", "String", "String")]
    [InlineData("1979-05-27T07:32:00Z", "String", "String", "String", "String")]
    [InlineData("07:32:00", "String", "String", "String", "String")]
    [InlineData("yes", "Bool 1", "Bool 1", "String", "String")]
    [InlineData("Off", "Bool 0", "Bool 0", "String", "String")]
    [InlineData("y", "String", "String", "String", "String")]
    [InlineData("True", "Bool 1", "Bool 1", "Bool 1", "String")]
    [InlineData("~", "Null", "Null", "Null", "String")]
    [InlineData("", "Null", "Null", "Null", "Null")]
    [InlineData("None", "String", "String", "String", "String")]
    [InlineData("1.2.3", "String", "String", "String", "String")]
    [InlineData("--1", "String", "String", "String", "String")]
    [InlineData("e5", "String", "String", "String", "String")]
    [InlineData("1e", "String", "String", "String", "String")]
    [InlineData("-", "String", "String", "String", "String")]
    [InlineData(".", "String", "String", "String", "String")]
    public void A_word_is_what_its_loader_makes_of_it(string word, string pyYaml, string withFloats, string yaml12, string strict)
    {
        Assert.Equal(pyYaml, Show(ScalarDialect.PyYaml, word));
        Assert.Equal(withFloats, Show(ScalarDialect.PyYamlWithFloats, word));
        Assert.Equal(yaml12, Show(ScalarDialect.Yaml12, word));
        Assert.Equal(strict, Show(ScalarDialect.Strict, word));
    }

    [Fact]
    public void Quotes_make_text_and_tags_decide()
    {
        Assert.Equal(ConfigValueKind.String, ScalarDialect.PyYaml.Read(ConfigNode.Scalar(default, "1", ScalarStyle.SingleQuoted)).Kind);
        Assert.Equal(2e-4, ScalarDialect.PyYaml.Read(ConfigNode.Scalar(default, "2e-4", ScalarStyle.Plain, "!!float")).Number);
        Assert.Equal(ConfigValueKind.String, ScalarDialect.PyYaml.Read(ConfigNode.Scalar(default, "1", ScalarStyle.Plain, "!!str")).Kind);
        Assert.Equal(
            ConfigValueKind.Unknown,
            ScalarDialect.PyYaml.Read(ConfigNode.Scalar(default, "${x}", ScalarStyle.Plain, isUnknown: true)).Kind);
    }

    private static string Show(ScalarDialect dialect, string word)
    {
        var value = dialect.Read(ConfigNode.Scalar(default, word, ScalarStyle.Plain));
        return value.IsNumber || value.Kind == ConfigValueKind.Bool
            ? $"{value.Kind} {value.Number.ToString(CultureInfo.InvariantCulture)}" : value.Kind.ToString();
    }
}
