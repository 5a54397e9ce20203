using LoraLint.Rules.Configs;
using LoraLint.Rules.Text;

namespace LoraLint.Rules.Linting;

/// <summary>
/// Ignore comments. <c># loralint-ignore NAME[, NAME]: reason</c> counts for its own line or, when it stands alone, for the next line
/// that holds more than a comment; <c># loralint-ignore-file NAME: reason</c> for the whole file. Syntax errors cannot be ignored.
/// </summary>
internal sealed class Suppressions
{
    private const string Marker = "loralint-ignore";

    // Each finding looks through all of them, and each that silences nothing is told.
    private const int MaxComments = 1000;
    private readonly List<Suppression> _all = [];
    private readonly SourceText _source;
    private readonly bool _isNotebook;
    private readonly TextSpan? _firstUnread;
    private (int From, int Found) _lastSearch = (int.MaxValue, int.MinValue);

    public Suppressions(ConfigDocument document)
    {
        _source = document.Source;
        _isNotebook = document.Language == ConfigLanguage.Notebook;
        foreach (var comment in document.Comments)
        {
            var text = comment.Text.Trim();
            if (!text.StartsWith(Marker, StringComparison.Ordinal))
                continue;
            if (_all.Count >= MaxComments)
            {
                _firstUnread = comment.Span;
                break;
            }

            Read(comment, text.Substring(Marker.Length));
        }
    }

    /// <summary>Whether a comment silences the finding; the comment then counts as used.</summary>
    public bool Silences(Finding finding)
    {
        if (finding.Rule == EngineRules.SyntaxError || finding.Rule == EngineRules.InputLimit || finding.Rule == EngineRules.UnreadableText)
            return false;
        var line = LineAt(finding.Span.Start);
        var silenced = false;
        foreach (var suppression in _all)
        {
            if ((suppression.Line is null || suppression.Line == line) && suppression.Rule == finding.Rule)
                suppression.IsUsed = silenced = true;
        }

        return silenced;
    }

    /// <summary>Findings about the comments themselves, after all rules have run.</summary>
    public IEnumerable<Finding> Findings(LintOptions options)
    {
        var limit = options.SeverityOf(EngineRules.InputLimit, EngineRules.InputLimit.Category);
        if (_firstUnread is { } unread && limit != Severity.Off)
            yield return new Finding(
                EngineRules.InputLimit, limit, "the file has more ignore comments than 1,000; from here on they are not read", unread,
                null);
        foreach (var suppression in _all.Where(s => !s.IsUsed))
        {
            var rule = suppression.Rule is null ? EngineRules.UnknownRuleName : EngineRules.UnusedSuppression;
            var severity = options.SeverityOf(rule, rule.Category);
            // A rule that is switched off finds nothing, so its comment cannot be used: that is not the comment's fault.
            if (severity == Severity.Off || (suppression.Rule is { } named && options.SeverityOf(named, named.Category) == Severity.Off))
                continue;
            var message = suppression.Rule is null
                ? $"no rule is called '{suppression.Name}', so this comment silences nothing; {HintFor(suppression.Name)}"
                : $"'{suppression.Name}' finds nothing here any more; remove it from the comment";
            var fix = suppression.Rule is not null
                ? new Fix(
                    FixSafety.Safe,
                    suppression.IsAlone ? "Remove the ignore comment" : $"Remove {suppression.Name} from the ignore comment",
                    new TextEdit(suppression.Removal, ""))
                : null;
            yield return new Finding(rule, severity, message, suppression.Span, fix);
        }
    }

    private void Read(ConfigComment comment, string rest)
    {
        var isWholeFile = rest.StartsWith("-file", StringComparison.Ordinal);
        if (isWholeFile)
            rest = rest.Substring("-file".Length);
        if (rest.Length == 0 || rest[0] is not (' ' or '\t' or ':'))
            return;
        var line = LineAt(comment.Span.Start);
        var names = rest.Split([':'], 2)[0];
        var spans = new List<TextSpan>();
        var searchFrom = comment.Span.Start;
        foreach (var part in names.Split(','))
        {
            var name = part.Trim();
            if (name.Length == 0)
                continue;
            var at = _source.Text.IndexOf(name, searchFrom, comment.Span.End - searchFrom, StringComparison.Ordinal);
            searchFrom = at + name.Length;
            spans.Add(new TextSpan(at, name.Length));
        }

        var targetLine = isWholeFile ? (int?)null : StandsAlone(comment.Span) ? NextLineOfContent(line) : line;
        for (var i = 0; i < spans.Count; i++)
        {
            // One of several goes with the comma beside it, the only one with the comment.
            var removal = spans.Count == 1 ? WholeLineOrComment(comment.Span)
                : i > 0 ? TextSpan.FromBounds(spans[i - 1].End, spans[i].End)
                : TextSpan.FromBounds(spans[0].Start, spans[1].Start);
            var name = _source.Slice(spans[i]);
            _all.Add(new Suppression(name, RuleCatalog.Find(name), targetLine, spans[i], removal, isAlone: spans.Count == 1));
        }
    }

    private static string HintFor(string name) =>
        Spelling.Closest(name, RuleCatalog.Infos.SelectMany(i => new[] { i.Name, i.Code })) is { } closest
            ? $"did you mean '{closest}'?" : "`loralint rules` lists the names";

    // A notebook's lines are those of its cells, however its JSON text is broken.
    private int LineAt(int offset) => _source.Cells?.LineAt(offset) ?? _source.Lines.LineAt(offset);

    private int NextLineOfContent(int line)
    {
        if (_source.Cells is { } cells)
            return NextLineOfCell(cells, line);
        // Comments come in order: of a thousand, one below the other, each but the first is answered by the search before.
        if (line >= _lastSearch.From && line < _lastSearch.Found)
            return _lastSearch.Found;
        _lastSearch.From = line;
        for (line++; line < _source.Lines.Count; line++)
        {
            var text = _source.Slice(_source.Lines.LineSpan(line)).TrimStart();
            if (text.Length > 0 && text[0] != '#' && !text.StartsWith("//", StringComparison.Ordinal))
                break;
        }

        _lastSearch.Found = line;
        return line;
    }

    // A comment says nothing about the next cell: then it silences no line.
    private int NextLineOfCell(CellMap cells, int line)
    {
        if (line >= _lastSearch.From && line < _lastSearch.Found)
            return _lastSearch.Found;
        var cell = cells.PositionOf(line).Cell;
        _lastSearch.From = line;
        for (line++; line < cells.LineCount && cells.PositionOf(line).Cell == cell; line++)
        {
            var at = SkipBlanks(cells.LineStart(line));
            // The line ends with a break, which a file has as an escape, or with its JSON string.
            var isEmpty = at + 1 >= _source.Text.Length || _source.Text[at] is '"' or '\n' or '\r'
                || (_source.Text[at] == '\\' && _source.Text[at + 1] is 'n' or 'r');
            if (!isEmpty && _source.Text[at] != '#')
            {
                _lastSearch.Found = line;
                return line;
            }
        }

        return -1;
    }

    // Tabs are escapes in JSON, and themselves in the cells that an editor holds.
    private int SkipBlanks(int at)
    {
        var text = _source.Text;
        while (at < text.Length && (text[at] is ' ' or '\t' || (text[at] == '\\' && at + 1 < text.Length && text[at + 1] == 't')))
            at += text[at] == '\\' ? 2 : 1;
        return at;
    }

    private bool StandsAlone(TextSpan comment)
    {
        if (_source.Cells is { } cells && cells.LineAt(comment.Start) is >= 0 and var line)
            return SkipBlanks(cells.LineStart(line)) >= comment.Start;
        var start = _source.Lines.LineStart(_source.Lines.LineAt(comment.Start));
        return _source.Text.Substring(start, comment.Start - start).Trim().Length == 0;
    }

    private TextSpan WholeLineOrComment(TextSpan comment)
    {
        var lines = _source.Lines;
        var line = lines.LineAt(comment.Start);
        if (_isNotebook)
            return comment;
        if (StandsAlone(comment))
            return TextSpan.FromBounds(lines.LineStart(line), line + 1 < lines.Count ? lines.LineStart(line + 1) : _source.Text.Length);
        var start = comment.Start;
        while (start > 0 && _source.Text[start - 1] is (' ' or '\t'))
            start--;
        return TextSpan.FromBounds(start, comment.End);
    }

    private sealed class Suppression(string name, RuleInfo? rule, int? line, TextSpan span, TextSpan removal, bool isAlone)
    {
        public string Name { get; } = name;

        public RuleInfo? Rule { get; } = rule;

        public int? Line { get; } = line;

        public TextSpan Span { get; } = span;

        /// <summary>What to take out of the text to be rid of it.</summary>
        public TextSpan Removal { get; } = removal;

        /// <summary>Whether its comment names no other rule.</summary>
        public bool IsAlone { get; } = isAlone;

        public bool IsUsed { get; set; }
    }
}
