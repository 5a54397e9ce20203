using LoraLint.Advisor.Lsp.Protocol;
using LoraLint.Advisor.Reading;
using LoraLint.Rules.Configs;
using LoraLint.Rules.Linting;
using LoraLint.Rules.Text;

namespace LoraLint.Advisor.Lsp;

/// <summary>The open documents and what lies around them.</summary>
internal sealed class Workspace
{
    private readonly Dictionary<string, OpenDocument> _documents = new(StringComparer.Ordinal);
    private readonly Dictionary<string, OpenNotebook> _notebooks = new(StringComparer.Ordinal);
    private readonly string _workingFolder;
    private readonly BaseModelFolder _hub;
    private readonly List<string> _folders = [];
    private readonly Dictionary<string, HashSet<OpenDocument>> _readers = new(StringComparer.Ordinal);
    private CompanionCache _companions;
    private OpenDocument? _atWork;

    /// <summary>A workspace with nothing open.</summary>
    /// <param name="workingFolder">The process's folder: what counts where the editor has no folder open.</param>
    /// <param name="hub">The Hugging Face cache of this machine.</param>
    /// <param name="tell">Takes a mistake that is worth a word to the user.</param>
    public Workspace(string workingFolder, BaseModelFolder hub, Action<string> tell)
    {
        _workingFolder = workingFolder;
        _hub = hub;
        Settings = new EditorSettings(tell);
        _companions = new CompanionCache(workingFolder, Unsaved, hub);
    }

    /// <summary>The settings for each file.</summary>
    public EditorSettings Settings { get; }

    /// <summary>The folders that are open in the editor, absolute.</summary>
    public IReadOnlyList<string> Folders => _folders;

    /// <summary>The first folder, or the process's own.</summary>
    public string MainFolder => _folders.Count > 0 ? _folders[0] : _workingFolder;

    /// <summary>Takes the folders that a client names when it starts.</summary>
    public void SetFolders(InitializeParams client)
    {
        _folders.Clear();
        var root = client.RootUri is { } uri ? DocumentUri.PathOf(uri) : client.RootPath;
        if (client.WorkspaceFolders is { Count: > 0 } folders)
            ChangeFolders(folders, []);
        else if (root is { Length: > 0 } && Path.IsPathFullyQualified(root))
            _folders.Add(Path.TrimEndingDirectorySeparator(root));
        _companions = new CompanionCache(MainFolder, Unsaved, _hub);
    }

    /// <summary>Adds and removes folders.</summary>
    public void ChangeFolders(IReadOnlyList<WorkspaceFolder> added, IReadOnlyList<WorkspaceFolder> removed)
    {
        foreach (var folder in removed)
        {
            if (DocumentUri.PathOf(folder.Uri) is { } path)
                _folders.Remove(Path.TrimEndingDirectorySeparator(path));
        }

        foreach (var folder in added)
        {
            if (DocumentUri.PathOf(folder.Uri) is { } path && !_folders.Contains(Path.TrimEndingDirectorySeparator(path)))
                _folders.Add(Path.TrimEndingDirectorySeparator(path));
        }
    }

    /// <summary>The folder of the editor that a file is in; the file's own where it is in none.</summary>
    public string FolderOf(string path) =>
        _folders.Where(f => CompanionFiles.IsWithin(path, f)).MaxBy(f => f.Length) ?? Path.GetDirectoryName(path)!;

    /// <summary>The open document at an address, or null.</summary>
    public OpenDocument? Find(string uri) => _documents.GetValueOrDefault(uri);

    /// <summary>The open document of a file, or null.</summary>
    public OpenDocument? FindPath(string path)
    {
        foreach (var document in _documents.Values)
        {
            if (document.Path == path)
                return document;
        }

        return null;
    }

    /// <summary>Takes a document over from the disk.</summary>
    public void Open(TextDocumentItem item)
    {
        var document = new OpenDocument(item);
        _documents[item.Uri] = document;
        ForgetReadersOf(document);
    }

    /// <summary>Changes a document; one that is not open is passed over.</summary>
    public void Change(VersionedDocument changed, IReadOnlyList<ContentChange> changes, PositionEncoding encoding)
    {
        if (Find(changed.Uri) is not { } document)
            return;
        document.Change(changes, changed.Version, encoding);
        document.Notebook?.Forget();
        ForgetReadersOf(document);
    }

    /// <summary>Takes a notebook over from the disk; cells that are not open are passed over.</summary>
    public void OpenNotebook(NotebookItem item, IReadOnlyList<TextDocumentItem> cells)
    {
        CloseNotebook(item.Uri);
        foreach (var cell in cells)
            Open(cell);
        _notebooks[item.Uri] = new OpenNotebook(item.Uri);
        _notebooks[item.Uri].Replace(0, 0, Find(item.Cells));
    }

    /// <summary>Changes the cells of a notebook and their texts; gives the addresses of those that are no longer open.</summary>
    public IReadOnlyList<string> ChangeNotebook(string uri, CellChanges changes, PositionEncoding encoding)
    {
        var closed = new List<string>();
        if (!_notebooks.TryGetValue(uri, out var notebook))
            return closed;
        if (changes.Structure is { } structure)
        {
            foreach (var cell in structure.DidOpen ?? [])
                Open(cell);
            notebook.Replace(structure.Array.Start, structure.Array.DeleteCount, Find(structure.Array.Cells ?? []));
            closed.AddRange((structure.DidClose ?? []).Select(c => c.Uri).Where(Close));
        }

        foreach (var change in changes.TextContent ?? [])
            Change(change.Document, change.Changes, encoding);
        return closed;
    }

    /// <summary>Gives a notebook back to the disk; gives the addresses of its cells.</summary>
    public IReadOnlyList<string> CloseNotebook(string uri)
    {
        if (!_notebooks.Remove(uri, out var notebook))
            return [];
        var cells = notebook.Cells.Select(c => c.Uri).ToList();
        notebook.Replace(0, cells.Count, []);
        return [.. cells.Where(Close)];
    }

    private IEnumerable<OpenDocument> Find(IReadOnlyList<NotebookCell> cells) => cells.Select(c => Find(c.Document)).OfType<OpenDocument>();

    /// <summary>Gives a document back to the disk; false when it was not open.</summary>
    public bool Close(string uri)
    {
        if (!_documents.Remove(uri, out var document))
            return false;
        if (document.Notebook is { } notebook)
            notebook.Replace(notebook.Cells.ToList().IndexOf(document), 1, []);
        ForgetReadersOf(document);
        foreach (var readers in _readers.Values)
            readers.Remove(document);
        return true;
    }

    /// <summary>Forgets all that was found: something around the documents has changed.</summary>
    public void ForgetAll()
    {
        _companions.ForgetRoots();
        _readers.Clear();
        foreach (var document in _documents.Values)
            document.Forget();
        foreach (var notebook in _notebooks.Values)
            notebook.Forget();
    }

    /// <summary>A document whose findings are out of date, or null.</summary>
    public OpenDocument? NextStale()
    {
        foreach (var document in _documents.Values)
        {
            if (document.IsStale)
                return document;
        }

        return null;
    }

    /// <summary>What is found in a document.</summary>
    public Analysis Analyse(OpenDocument document) => document.Analyse(Check);

    /// <summary>What would be found in a document if its text were another.</summary>
    public Analysis Analyse(OpenDocument document, string text) => Check(document, new SourceText(document.Source.Path, text));

    private Analysis Check(OpenDocument document) => Check(document, document.Source);

    /// <summary>What is found in a file that is not open, or null when it cannot be read.</summary>
    public Analysis? AnalyseClosed(string path) =>
        ConfigReader.LanguageOf(path) is { } language && FileReader.Read(path).Decoded is { } decoded
            ? Check(ConfigReader.Read(decoded, path.Replace('\\', '/'), language), path) : null;

    private Analysis Check(OpenDocument document, SourceText source)
    {
        // A check of folders passes such files over too: that is data, and nobody asked for it to be checked.
        if (document.Language is not { } language || source.Text.Length > ReadLimits.MaxBytes)
            return Nothing(new ConfigDocument { Source = source, Language = ConfigLanguage.Yaml, Roots = [] });
        var read = ConfigReader.Read(source, language);
        if (document.IsSettings)
            return Nothing(read) with { Mistakes = MistakesIn(source, Path.GetDirectoryName(document.Path)!) };
        _atWork = document;
        try
        {
            return document.Notebook is { } notebook ? CheckCell(document, read, notebook) : Check(read, document.Path);
        }
        finally
        {
            _atWork = null;
        }
    }

    // What a cell holds is shown by itself, what is wrong in it follows from all of them.
    private Analysis CheckCell(OpenDocument cell, ConfigDocument read, OpenNotebook notebook)
    {
        var alone = Check(read, notebook.Path);
        var findings = notebook.FindingsIn(cell, read.Source, script => Check(script, notebook.Path).Result.Findings);
        return alone with { Result = alone.Result with { Findings = findings } };
    }

    private Analysis Check(ConfigDocument read, string? path)
    {
        if (Settings.OptionsFor(path) is not { } options)
            return Nothing(read);
        ICompanionFiles files = path is null
            ? NoCompanionFiles.Instance : new CompanionFiles(Path.GetDirectoryName(path)!, _companions);
        return new Analysis(read, options, files, Linter.Check(read, options, files));
    }

    private static Analysis Nothing(ConfigDocument read) =>
        new(read, LintOptions.Default, NoCompanionFiles.Instance, new LintResult([], []));

    private static IReadOnlyList<SettingsMistake> MistakesIn(SourceText source, string folder)
    {
        try
        {
            SettingsReader.Parse(source, folder);
            return [];
        }
        catch (SettingsMistakesException exception)
        {
            return exception.Mistakes;
        }
    }

    // Remembers who looks, so that an edit of the one file refreshes the other.
    private ConfigDocument? Unsaved(string path)
    {
        if (_atWork is { } reader)
        {
            if (!_readers.TryGetValue(path, out var readers))
                _readers[path] = readers = [];
            readers.Add(reader);
        }

        return FindPath(path) is { Language: { } language } open ? ConfigReader.Read(open.Source, language) : null;
    }

    private void ForgetReadersOf(OpenDocument changed)
    {
        if (changed.Path is null || !_readers.Remove(changed.Path, out var readers))
            return;
        foreach (var reader in readers)
        {
            reader.Forget();
            reader.Notebook?.Forget();
        }
    }
}
