using System.Globalization;
using LoraLint.Rules.Configs;
using LoraLint.Rules.Formats;
using LoraLint.Rules.Text;
using Microsoft.CodeAnalysis;

namespace LoraLint.Rules.Roslyn;

/// <summary>Constants of the compiler as nodes of a config.</summary>
internal static class CodeScalar
{
    /// <summary>A value that cannot be known at compile time.</summary>
    public static ConfigNode Unknown(TextSpan span) => ConfigNode.Scalar(span, "", ScalarStyle.Plain, isUnknown: true);

    /// <summary>
    /// A constant. A member of an enumeration is its name; a value without a name is not known, but for the enumerations of our records.
    /// </summary>
    public static ConfigNode Of(object? value, ITypeSymbol? type, TextSpan span)
    {
        if (type is { TypeKind: TypeKind.Enum } && value is not null)
        {
            var member = type.GetMembers().OfType<IFieldSymbol>().FirstOrDefault(f => f.HasConstantValue && Equals(f.ConstantValue, value));
            if (member is not null)
                return ConfigNode.Scalar(span, member.Name, ScalarStyle.DoubleQuoted);
            // A number that ours have no name for is none of their values; others may be combined of several.
            return type.ContainingNamespace?.ToDisplayString() == RunMembers.Namespace && value is IFormattable own
                ? ConfigNode.Scalar(span, own.ToString(null, CultureInfo.InvariantCulture), ScalarStyle.Plain) : Unknown(span);
        }

        return value switch
        {
            null => ConfigNode.Scalar(span, "null", ScalarStyle.Plain),
            bool flag => ConfigNode.Scalar(span, flag ? "true" : "false", ScalarStyle.Plain),
            string text => ConfigNode.Scalar(span, text, ScalarStyle.DoubleQuoted),
            char letter => ConfigNode.Scalar(span, letter.ToString(), ScalarStyle.DoubleQuoted),
            float number => ConfigNode.Scalar(span, number.ToString("R", CultureInfo.InvariantCulture), ScalarStyle.Plain),
            double number => ConfigNode.Scalar(span, number.ToString("R", CultureInfo.InvariantCulture), ScalarStyle.Plain),
            IFormattable number => ConfigNode.Scalar(span, number.ToString(null, CultureInfo.InvariantCulture), ScalarStyle.Plain),
            _ => Unknown(span),
        };
    }
}
