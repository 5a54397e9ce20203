using System.CommandLine;
using System.Text;
using LoraLint.Advisor.Output;
using LoraLint.Advisor.Reading;
using LoraLint.Rules.Formats;

namespace LoraLint.Advisor.Commands;

/// <summary><c>loralint schema</c>: the JSON Schema of a format, for editors and validators.</summary>
internal static class SchemaCommand
{
    /// <summary>The command for the parser.</summary>
    public static Command Build(Terminal terminal)
    {
        var format = new Argument<string?>("FORMAT")
        {
            Description = "A format, or settings for loralint.yaml. All are listed without it.", Arity = ArgumentArity.ZeroOrOne,
        };
        var command = new Command("schema", "Print the JSON Schema of a format, or list the formats.") { format };
        command.SetAction(parsed =>
        {
            if (parsed.GetValue(format) is { } name)
                terminal.Out.Write(TextOf(name));
            else
                List(terminal);
            return ExitCode.Clean;
        });
        return command;
    }

    /// <summary>A format's schema as JSON.</summary>
    /// <exception cref="UserMistakeException">No schema is called so.</exception>
    private static string TextOf(string name)
    {
        var known = FormatSchemas.All.FirstOrDefault(s => string.Equals(s.Name, name, StringComparison.OrdinalIgnoreCase));
        if (known is null)
        {
            var suggestion = Suggestion.For(name, FormatSchemas.All.Select(s => s.Name));
            throw new UserMistakeException($"no format is called '{name}'{suggestion} (`loralint schema` lists them)");
        }

        return Encoding.UTF8.GetString(FormatSchemas.Read(known.Name)!);
    }

    private static void List(Terminal terminal)
    {
        var table = new ColumnTable("format", "schema of", "read from", "files") { Folded = 2 };
        foreach (var schema in FormatSchemas.All)
        {
            // The framework itself is the first of the sources; its libraries follow.
            var source = FormatCatalog.Find(schema.Name)?.Keys?.Source.Split(';')[0] ?? "docs/settings.md";
            table.Add(schema.Name, schema.Title, source, string.Join(" ", schema.Files));
        }

        table.Write(terminal);
    }
}
