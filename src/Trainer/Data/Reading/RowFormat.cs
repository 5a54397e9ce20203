using System.Text.Json;
using LoraLint.Rules.Runs;
using LoraLint.Trainer.Data.ChatTemplates;

namespace LoraLint.Trainer.Data.Reading;

/// <summary>How rows of one <see cref="DataFormat"/> become text.</summary>
internal abstract class RowFormat
{
    private readonly Dictionary<string, string> _columns;

    // A row may lack them.
    private static readonly string[] Optional = ["input", "system"];

    /// <summary>
    /// Takes over a source's columns. An empty name switches an optional field off; so does, unless it is named itself, a source that has
    /// its column serve another field.
    /// </summary>
    /// <param name="source">The file that has the format.</param>
    /// <param name="fields">The fields of the format, and the columns that they have when the source names no others.</param>
    /// <exception cref="TrainerException">The source names a column for a field that the format does not have.</exception>
    protected RowFormat(DataSource source, params (string Field, string Column)[] fields)
    {
        _columns = fields.ToDictionary(field => field.Field, field => field.Column);
        foreach (var (field, column) in source.Columns)
        {
            if (!_columns.ContainsKey(field))
            {
                throw new TrainerException(
                    $"{source.Path}: a column is named for '{field}', which {NameOf(source.Format)} does not have; "
                    + $"its fields are {string.Join(", ", _columns.Keys)}");
            }

            _columns[field] = column;
        }

        foreach (var field in Optional)
        {
            if (_columns.ContainsKey(field) && !source.Columns.ContainsKey(field) && source.Columns.Values.Contains(field))
                _columns[field] = "";
        }

        Format = source.Format;
    }

    /// <summary>Which format it is.</summary>
    public DataFormat Format { get; }

    /// <summary>The format of a source.</summary>
    /// <param name="source">The file.</param>
    /// <param name="template">How conversations are written; null when there is none.</param>
    public static RowFormat Of(DataSource source, ChatTemplate? template) => source.Format switch
    {
        DataFormat.Chat or DataFormat.ShareGpt => new ConversationFormat(source, Needed(source, template)),
        DataFormat.ChatExchange => new ChatExchangeFormat(source, Needed(source, template)),
        DataFormat.PromptCompletion => new PromptCompletionFormat(source),
        DataFormat.Alpaca => new AlpacaFormat(source),
        DataFormat.Text => new TextFormat(source),
        _ => throw new ArgumentOutOfRangeException(nameof(source)),
    };

    /// <summary>A format by the name that our run format has for it.</summary>
    public static string NameOf(DataFormat format) => format switch
    {
        DataFormat.Chat => "format chat",
        DataFormat.ShareGpt => "format sharegpt",
        DataFormat.ChatExchange => "format exchange",
        DataFormat.PromptCompletion => "format instruction",
        DataFormat.Alpaca => "format alpaca",
        _ => "format text",
    };

    /// <summary>Writes a row as text.</summary>
    /// <returns>Null when there is nothing to learn in it.</returns>
    /// <exception cref="TrainerException">The row is not of this format.</exception>
    public RenderedRow? Render(JsonElement row, DataPlace place) => Render(new RowFields(row, place, _columns));

    /// <summary>Writes a row as text.</summary>
    protected abstract RenderedRow? Render(RowFields row);

    /// <summary>The fields of an object within a row.</summary>
    protected RowFields Within(JsonElement value, DataPlace place, string name) => new(value, place, _columns, name);

    /// <summary>The error that a row lacks a column that this format needs.</summary>
    protected TrainerException Missing(RowFields row, string field)
    {
        var other = Meant(row);
        return row.Error(
            $"there is no \"{row.ColumnOf(field)}\", which {NameOf(Format)} needs; the row has {row.Names()}"
            + (other is null ? "; name the column that has it, or choose another format" : $"; did you mean {NameOf(other.Value)}?"));
    }

    // The format that the columns speak of.
    private DataFormat? Meant(RowFields row)
    {
        ReadOnlySpan<(DataFormat Format, string[] Columns)> signs =
        [
            (DataFormat.Chat, ["messages"]),
            (DataFormat.ShareGpt, ["conversations"]),
            (DataFormat.Alpaca, ["instruction", "output"]),
            (DataFormat.PromptCompletion, ["prompt", "completion"]),
            (DataFormat.Text, ["text"]),
        ];
        foreach (var (format, columns) in signs)
        {
            if (format != Format && columns.All(row.HasColumn))
                return format;
        }

        return null;
    }

    private static ChatTemplate Needed(DataSource source, ChatTemplate? template) => template ?? throw new TrainerException(
        $"{source.Path}: {NameOf(source.Format)} needs a chat template, and the model's tokenizer names none; choose one, such as chatml");
}

/// <summary>A row as text.</summary>
/// <param name="Segments">The text in order.</param>
/// <param name="HasSpecialTokens">
/// Whether the text spells out all special tokens. If not, the begin of the sequence goes before it, where the model has one, and its end
/// behind it.
/// </param>
/// <param name="IsDocument">Whether it goes on in another sequence where it is too long, rather than being cut.</param>
internal sealed record RenderedRow(IReadOnlyList<ChatSegment> Segments, bool HasSpecialTokens, bool IsDocument = false);
