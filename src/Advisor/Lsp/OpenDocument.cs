using LoraLint.Advisor.Lsp.Protocol;
using LoraLint.Advisor.Reading;
using LoraLint.Rules.Configs;
using LoraLint.Rules.Text;

namespace LoraLint.Advisor.Lsp;

/// <summary>A document that is open in the editor; its text is the editor's, whatever is on disk.</summary>
internal sealed class OpenDocument
{
    private Analysis? _analysis;
    private bool _isTold;

    /// <summary>A document as the editor opened it.</summary>
    public OpenDocument(TextDocumentItem item)
    {
        Uri = item.Uri;
        Path = DocumentUri.PathOf(item.Uri);
        Language = LanguageOf(item.LanguageId, Path ?? item.Uri);
        Version = item.Version;
        Source = new SourceText(ShownPath, item.Text);
    }

    /// <summary>The address, spelt as the client spells it.</summary>
    public string Uri { get; }

    /// <summary>The absolute path, or null when it is no file (yet).</summary>
    public string? Path { get; }

    /// <summary>What to read it as, or null when it is nothing that configs are written in.</summary>
    public ConfigLanguage? Language { get; }

    /// <summary>The editor's count of changes.</summary>
    public int Version { get; private set; }

    /// <summary>The text.</summary>
    public SourceText Source { get; private set; }

    /// <summary>The notebook whose cell it is, where the editor says so.</summary>
    public OpenNotebook? Notebook { get; set; }

    /// <summary>Whether it is a settings file of ours.</summary>
    public bool IsSettings => System.IO.Path.GetFileName(Path) == SettingsFile.FileName;

    /// <summary>Whether what was told of it last is out of date. A question may have had it analysed since, which tells nobody.</summary>
    public bool IsStale => !_isTold;

    /// <summary>The name of the format it was last recognised as: what half-typed text is taken for.</summary>
    public string? LastFormat { get; private set; }

    /// <summary>Makes the editor's changes, one behind the other.</summary>
    public void Change(IReadOnlyList<ContentChange> changes, int? version, PositionEncoding encoding)
    {
        foreach (var change in changes)
        {
            var text = change.Text;
            if (change.Range is { } range)
            {
                var span = encoding.SpanOf(Source, range);
                text = string.Concat(Source.Text.AsSpan(0, span.Start), text, Source.Text.AsSpan(span.End));
            }

            Source = new SourceText(ShownPath, text);
        }

        Version = version ?? Version + 1;
        Forget();
    }

    /// <summary>Forgets what was found: the text or something around it has changed.</summary>
    public void Forget()
    {
        _analysis = null;
        _isTold = false;
    }

    /// <summary>Notes that its findings are told.</summary>
    public void MarkTold() => _isTold = true;

    /// <summary>What is found in it, computed when it is out of date.</summary>
    public Analysis Analyse(Func<OpenDocument, Analysis> analyse)
    {
        if (_analysis is null)
        {
            _analysis = analyse(this);
            if (_analysis.Result.Configs.Count > 0)
                LastFormat = _analysis.Result.Configs[0].Format.Name;
        }

        return _analysis;
    }

    private string ShownPath => (Path ?? Uri).Replace('\\', '/');

    // The editor's word counts; for one that says nothing to us (plaintext, a dialect) the file's name does.
    private static ConfigLanguage? LanguageOf(string id, string path) => id.ToLowerInvariant() switch
    {
        "yaml" => ConfigLanguage.Yaml,
        "json" or "jsonc" => ConfigLanguage.Json,
        "toml" => ConfigLanguage.Toml,
        "python" => ConfigLanguage.Python,
        "shellscript" => ConfigLanguage.Shell,
        _ => ConfigReader.LanguageOf(path),
    };
}
