using System.Collections.Concurrent;
using LoraLint.Rules.Configs;
using LoraLint.Rules.Formats;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace LoraLint.Rules.Roslyn;

/// <summary>
/// Which types of a compilation hold LoRA settings: our records, and classes, records and structs whose names end in LoraConfig or
/// LoraOptions and that have a rank and another of the settings. (Radio people call theirs LoRaConfig: those have no rank.) Safe to use
/// from several threads.
/// </summary>
internal sealed class ConfigTypes
{
    private readonly ConcurrentDictionary<ITypeSymbol, ConfigType?> _found = new(SymbolEqualityComparer.Default);

    /// <summary>What is known of a type, or null when it holds no such settings.</summary>
    public ConfigType? Find(ITypeSymbol? type)
    {
        if (type is INamedTypeSymbol { IsReferenceType: false, OriginalDefinition.SpecialType: SpecialType.System_Nullable_T } nullable)
            type = nullable.TypeArguments[0];
        if (type is not INamedTypeSymbol { TypeKind: TypeKind.Class or TypeKind.Struct } named
            || !(ConfigNames.IsRecord(named.Name) || ConfigNames.SaysLora(named.Name)))
            return null;
        return _found.GetOrAdd(named.WithNullableAnnotation(NullableAnnotation.None), t => Read((INamedTypeSymbol)t));
    }

    private static ConfigType? Read(INamedTypeSymbol type)
    {
        var isOwn = ConfigNames.IsRecord(type.Name) && type.ContainingNamespace?.ToDisplayString() == RunMembers.Namespace;
        if (!isOwn && !ConfigNames.SaysLora(type.Name))
            return null;
        var declared = new List<(string Name, ITypeSymbol Type, object? Default)>();
        for (var level = type; level is { SpecialType: SpecialType.None }; level = level.BaseType!)
            declared.AddRange(MembersOf(level));
        foreach (var parameter in type.InstanceConstructors.SelectMany(c => c.Parameters))
        {
            if (!declared.Any(d => ConfigNames.Fold(d.Name) == ConfigNames.Fold(parameter.Name)))
            {
                var value = parameter.HasExplicitDefaultValue ? Known(parameter.ExplicitDefaultValue) : null;
                declared.Add((parameter.Name, parameter.Type, value));
            }
        }

        var types = declared.GroupBy(d => d.Name).ToDictionary(d => d.Key, d => SingleType(d.First().Type));
        if (isOwn)
            return new ConfigType(RunMembers.OfRecord(type.Name)!, type.Name, types);
        var members = declared
            .Select(d => (Member: new CodeMember(d.Name, d.Default), Setting: ConfigNames.SettingOf(d.Name)))
            .Where(m => m.Setting is not null && Holds(m.Setting.Value.Setting, m.Member.Key))
            .GroupBy(m => m.Setting!.Value.Setting)
            .ToDictionary(g => g.Key, g => g.OrderBy(m => m.Setting!.Value.Order).First().Member);
        // A batch that is put together of several may be called batch as well as its parts.
        if (members.TryGetValue(nameof(TrainingConfig.MicroBatchSize), out var batch) && ConfigNames.Fold(batch.Key) == "batchsize"
            && members.ContainsKey(nameof(TrainingConfig.GradientAccumulationSteps)))
            members.Remove(nameof(TrainingConfig.MicroBatchSize));
        return members.TryGetValue(nameof(TrainingConfig.Rank), out var rank) && IsNumber(types[rank.Key]) && members.Count > 1
            ? new ConfigType(members, null, types) : null;

        // A bias that is on or off is one of the adapter's own layers, and no choice among the model's.
        bool Holds(string setting, string member) => setting switch
        {
            nameof(TrainingConfig.Bias) or nameof(TrainingConfig.QuantizationType) =>
                types[member] == SpecialType.System_String
                || declared.First(d => d.Name == member).Type.TypeKind == TypeKind.Enum,
            CSharpFormat.LoadIn4Bit or nameof(TrainingConfig.DoubleQuantization) => types[member] == SpecialType.System_Boolean,
            nameof(TrainingConfig.Epochs) or nameof(TrainingConfig.MaxSteps) or nameof(TrainingConfig.MicroBatchSize)
                or nameof(TrainingConfig.GradientAccumulationSteps) or nameof(WarmupUnit.Ratio) or nameof(WarmupUnit.Steps)
                or nameof(TrainingConfig.WeightDecay) => IsNumber(types[member]),
            _ => true,
        };
    }

    private static IEnumerable<(string Name, ITypeSymbol Type, object? Default)> MembersOf(INamedTypeSymbol type)
    {
        // A constructor with a body may assign what it likes.
        var mayAssign = type.InstanceConstructors.Any(c => !c.IsImplicitlyDeclared
            && c.DeclaringSyntaxReferences.All(r => r.GetSyntax() is ConstructorDeclarationSyntax));
        foreach (var member in type.GetMembers())
        {
            if (member.IsStatic || member.IsImplicitlyDeclared || member.DeclaredAccessibility == Accessibility.Private)
                continue;
            if (member is IPropertySymbol { IsIndexer: false } property)
                yield return (property.Name, property.Type, mayAssign ? null : DefaultOf(property));
            else if (member is IFieldSymbol { IsConst: false } field)
                yield return (field.Name, field.Type, mayAssign ? null : DefaultOf(field));
        }
    }

    private static object? DefaultOf(ISymbol member) => member.DeclaringSyntaxReferences.Select(r => r.GetSyntax()).FirstOrDefault() switch
    {
        PropertyDeclarationSyntax { Initializer.Value: { } value } => LiteralOf(value),
        ParameterSyntax { Default.Value: { } value } => LiteralOf(value),
        VariableDeclaratorSyntax { Initializer.Value: { } value } => LiteralOf(value),
        _ => null,
    };

    // The type may be declared in another file, of which there is no semantic model here.
    private static object? LiteralOf(ExpressionSyntax value) => value switch
    {
        LiteralExpressionSyntax literal => Known(literal.Token.Value),
        PrefixUnaryExpressionSyntax { Operand: LiteralExpressionSyntax literal } minus
            when minus.IsKind(SyntaxKind.UnaryMinusExpression) && Known(literal.Token.Value) is double number => -number,
        _ => null,
    };

    private static object? Known(object? value) => value switch
    {
        bool or string => value,
        sbyte or byte or short or ushort or int or uint or long or ulong or double or decimal =>
            Convert.ToDouble(value, System.Globalization.CultureInfo.InvariantCulture),
        // 0.1f is one tenth for people.
        float single => (double)(decimal)single,
        _ => null,
    };

    private static SpecialType SingleType(ITypeSymbol type) =>
        type is INamedTypeSymbol { OriginalDefinition.SpecialType: SpecialType.System_Nullable_T } nullable
            ? nullable.TypeArguments[0].SpecialType : type.SpecialType;

    private static bool IsNumber(SpecialType type) => type is >= SpecialType.System_SByte and <= SpecialType.System_Double;
}
