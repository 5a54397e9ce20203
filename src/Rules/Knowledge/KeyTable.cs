namespace LoraLint.Rules.Knowledge;

/// <summary>
/// The keys that a framework's configuration has. The text is generated from schemas/*.schema.json by
/// scripts/generate-keys.py, which documents its lines, and is read once, when a key is first asked for.
/// </summary>
public sealed class KeyTable
{
    private const string AnyName = "*";
    private const string Element = "[]";

    private readonly string _text;
    private readonly KeyTable? _basedOn;
    private Node? _root;

    /// <param name="format">The name of the format, or of the class whose keywords they are.</param>
    /// <param name="unknownKeys">What is done with others.</param>
    /// <param name="source">Where it was read.</param>
    /// <param name="text">The lines.</param>
    /// <param name="basedOn">A table whose keys this one has too, but for those that it has itself.</param>
    internal KeyTable(string format, UnknownKeys unknownKeys, string source, string text, KeyTable? basedOn = null)
    {
        Format = format;
        UnknownKeys = unknownKeys;
        Source = source;
        _text = text;
        _basedOn = basedOn;
    }

    /// <summary>The name of the format, such as <c>llama-factory</c>, or of a class that scripts call.</summary>
    public string Format { get; }

    /// <summary>What the framework does with a key that is not in the table.</summary>
    public UnknownKeys UnknownKeys { get; }

    /// <summary>The repositories and commits that the table was read from.</summary>
    public string Source { get; }

    private Node Root
    {
        get
        {
            var root = Volatile.Read(ref _root);
            if (root is null)
            {
                root = Read();
                root = Interlocked.CompareExchange(ref _root, root, null) ?? root;
            }

            return root;
        }
    }

    /// <summary>
    /// Whether keys that the table lacks may stand below the path. The empty path is the root.
    /// A place whose keys are not known is open, and so is a place that is itself not in the table.
    /// </summary>
    public bool IsOpenAt(string path)
    {
        var node = Locate(path);
        return node is null || node.Names.Count == 0 || node.Below(AnyName) is not null;
    }

    /// <summary>The key at a path, such as <c>datasets[].type</c>; list indexes are written as <c>[]</c>.</summary>
    public KeyInfo? Find(string path) => path.Length == 0 ? null : Locate(path)?.Info;

    /// <summary>The keys that are known by name below a path; the empty path is the root.</summary>
    public IReadOnlyList<KeyInfo> ChildrenOf(string parentPath) =>
        (IReadOnlyList<KeyInfo>?)Locate(parentPath)?.Names ?? Array.Empty<KeyInfo>();

    /// <summary>The paths of the mappings that have a key of this name, but for those in lists; the root's is empty.</summary>
    public IEnumerable<string> ParentsOf(string name)
    {
        var open = new Stack<string>();
        open.Push("");
        while (open.Count > 0)
        {
            var parent = open.Pop();
            foreach (var child in ChildrenOf(parent))
            {
                if (child.Name == name)
                    yield return parent;
                open.Push(child.Path);
            }
        }
    }

    /// <summary>
    /// The known keys below <paramref name="parentPath"/> that <paramref name="name"/> was most likely meant to be,
    /// the likeliest first. A key that has a new name stands for its successor; one that is gone is not named.
    /// </summary>
    public IEnumerable<string> Suggest(string parentPath, string name, int max)
    {
        var candidates = new List<KeyValuePair<int, string>>();
        foreach (var child in ChildrenOf(parentPath))
        {
            if (child.Removed && child.RenamedTo is null)
            {
                continue;
            }

            var cost = NameDistance.Between(name, child.Name);
            if (cost is not null)
            {
                candidates.Add(new KeyValuePair<int, string>(cost.Value, child.RenamedTo ?? child.Name));
            }
        }

        candidates.Sort((a, b) => a.Key != b.Key ? a.Key.CompareTo(b.Key) : string.CompareOrdinal(a.Value, b.Value));
        var suggestions = new List<string>();
        foreach (var candidate in candidates)
        {
            if (suggestions.Count == max)
            {
                break;
            }

            if (!suggestions.Contains(candidate.Value) && !string.Equals(candidate.Value, name, StringComparison.Ordinal))
            {
                suggestions.Add(candidate.Value);
            }
        }

        return suggestions;
    }

    private Node? Locate(string path)
    {
        var node = Root;
        foreach (var part in Parts(path))
        {
            var next = node.Below(part) ?? (part == Element ? null : node.Below(AnyName));
            if (next is null)
            {
                return null;
            }

            node = next;
        }

        return node;
    }

    private static IEnumerable<string> Parts(string path)
    {
        var start = 0;
        while (start < path.Length)
        {
            var end = start;
            if (path[start] == '[')
            {
                end = start + Element.Length;
                yield return Element;
            }
            else
            {
                while (end < path.Length && path[end] != '.' && !IsElement(path, end))
                {
                    end++;
                }

                yield return path.Substring(start, end - start);
            }

            start = end < path.Length && path[end] == '.' ? end + 1 : end;
        }
    }

    private static bool IsElement(string path, int at) =>
        path[at] == '[' && at + 1 < path.Length && path[at + 1] == ']';

    private Node Read()
    {
        var root = new Node();
        if (_basedOn is not null)
            Read(_basedOn._text, root);
        Read(_text, root);
        return root;
    }

    private static void Read(string text, Node root)
    {
        var start = 0;
        while (start < text.Length)
        {
            var end = text.IndexOf('\n', start);
            end = end < 0 ? text.Length : end;
            var line = text.Substring(start, end - start).TrimEnd('\r');
            if (line.Length > 0)
            {
                Add(root, KeyLine.Read(line));
            }

            start = end + 1;
        }
    }

    private static void Add(Node root, KeyInfo info)
    {
        var node = root;
        var parent = root;
        var last = string.Empty;
        foreach (var part in Parts(info.Path))
        {
            parent = node;
            last = part;
            node = node.Make(part);
        }

        if (node.Info is { } replaced)
            parent.Names.Remove(replaced);
        node.Info = info;
        if (last != Element && last != AnyName)
        {
            parent.Names.Add(info);
        }
    }

    private sealed class Node
    {
        private Dictionary<string, Node>? _below;

        public KeyInfo? Info { get; set; }

        public List<KeyInfo> Names { get; } = new();

        public Node? Below(string name) =>
            _below is not null && _below.TryGetValue(name, out var node) ? node : null;

        public Node Make(string name)
        {
            _below ??= new Dictionary<string, Node>(StringComparer.Ordinal);
            if (!_below.TryGetValue(name, out var node))
            {
                _below[name] = node = new Node();
            }

            return node;
        }
    }
}
