using LoraLint.Rules.Configs;
using LoraLint.Rules.Text;
using YamlDotNet.Core;
using YamlDotNet.Core.Tokens;

namespace LoraLint.Advisor.Reading;

/// <summary>
/// YamlDotNet's scanner, watched: comments are what stands behind a <c>#</c> between two tokens. The scanner's own comment tokens are
/// not used because its parser trips over them (<c>a: &amp;x 1 # why</c> is an error to it).
/// </summary>
internal sealed class YamlTokens(string text) : IScanner
{
    private readonly Scanner _scanner = new(new StringReader(text), skipComments: true);
    private readonly List<ConfigComment> _comments = [];
    private readonly List<int> _brackets = [];
    private int _end;
    private int _firstTab = -1;

    /// <summary>The comments so far, in order.</summary>
    public List<ConfigComment> Comments => _comments;

    /// <summary>
    /// The last quoted text that goes on over several lines, or null: its closing quote may be another one's opening quote.
    /// </summary>
    public TextSpan? LastManyLineQuote { get; private set; }

    /// <summary>The innermost bracket that is open, or null.</summary>
    public int? OpenBracket => _brackets.Count > 0 ? _brackets[^1] : null;

    /// <summary>The outermost bracket that is open, or null.</summary>
    public int? OuterBracket => _brackets.Count > 0 ? _brackets[0] : null;

    /// <summary>The first tab between two tokens, or -1: PyYAML's scanner skips only spaces there.</summary>
    public int FirstTab => _firstTab;

    /// <summary>The first line, by its offset, that begins with <c>%</c> and is no directive that YAML knows, or -1.</summary>
    public int FirstDirective { get; private set; } = -1;

    public Mark CurrentPosition => _scanner.CurrentPosition;

    public Token? Current => _scanner.Current;

    public bool MoveNext()
    {
        if (Current is not null)
            ConsumeCurrent();
        return MoveNextWithoutConsuming();
    }

    public bool MoveNextWithoutConsuming()
    {
        if (!_scanner.MoveNextWithoutConsuming())
            return false;
        var token = _scanner.Current!;
        var start = (int)Math.Min(token.Start.Index, text.Length);
        var end = (int)Math.Min(token.End.Index, text.Length);
        if (start > _end)
            ReadGap(start);
        Watch(token, start, end);
        _end = Math.Max(_end, end);
        return true;
    }

    public void ConsumeCurrent() => _scanner.ConsumeCurrent();

    /// <summary>Takes the comments behind the last token too.</summary>
    public void Finish() => ReadGap(text.Length);

    private void Watch(Token token, int start, int end)
    {
        switch (token)
        {
            case FlowSequenceStart or FlowMappingStart:
                _brackets.Add(start);
                break;
            case FlowSequenceEnd or FlowMappingEnd when _brackets.Count > 0:
                _brackets.RemoveAt(_brackets.Count - 1);
                break;
            case Scalar { Style: YamlDotNet.Core.ScalarStyle.Literal or YamlDotNet.Core.ScalarStyle.Folded }:
                // `key: |  # comment`: the comment stands inside of the token.
                var header = text.AsSpan(start).IndexOfAny('\r', '\n');
                _end = start;
                ReadGap(header < 0 ? text.Length : start + header);
                break;
            case Scalar { Style: YamlDotNet.Core.ScalarStyle.Plain }:
                FindTab(start, end);
                break;
            case Scalar when text.AsSpan(start, end - start).Contains('\n'):
                LastManyLineQuote = TextSpan.FromBounds(start, end);
                break;
        }
    }

    private void FindTab(int start, int end)
    {
        if (_firstTab >= 0 || end <= start)
            return;
        var tab = text.AsSpan(start, end - start).IndexOf('\t');
        _firstTab = tab < 0 ? -1 : start + tab;
    }

    // `%` at the beginning of a line is a directive to YamlDotNet wherever it stands, and one it does not know is skipped.
    private void FindDirective(int start, int end)
    {
        for (var i = start; FirstDirective < 0 && i < end && text.AsSpan(i, end - i).IndexOf('%') is var at && at >= 0; i += at + 1)
        {
            var place = i + at;
            var isAtLineStart = place == 0 || text[place - 1] is '\n' or '\r';
            var line = text.AsSpan(place);
            if (isAtLineStart && !line.StartsWith("%YAML ", StringComparison.Ordinal)
                && !line.StartsWith("%TAG ", StringComparison.Ordinal))
                FirstDirective = place;
        }
    }

    private void ReadGap(int end)
    {
        while (_end < end)
        {
            var hash = text.AsSpan(_end, end - _end).IndexOf('#');
            FindTab(_end, hash < 0 ? end : _end + hash);
            FindDirective(_end, hash < 0 ? end : _end + hash);
            if (hash < 0)
                break;
            var start = _end + hash;
            var length = text.AsSpan(start).IndexOfAny('\r', '\n');
            var stop = length < 0 ? text.Length : start + length;
            _comments.Add(new ConfigComment(text.AsSpan(start + 1, stop - start - 1).Trim().ToString(), TextSpan.FromBounds(start, stop)));
            _end = stop;
        }

        _end = Math.Max(_end, end);
    }
}
