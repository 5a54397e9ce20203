using LoraLint.Rules.Configs;
using LoraLint.Rules.Text;

namespace LoraLint.Tests.Mutations;

/// <summary>Slips that break the file or move a key: quotes, brackets, commas, indentation.</summary>
internal static class SlipsOfReading
{
    private static readonly string[] s_flat = ["axolotl", "llama-factory", "trl", "ms-swift"];

    public static IReadOnlyList<Mistake> All { get; } =
    [
        Yaml("indentation with a tab", s => Nested(s) is { } line ? At(s, line.Start, line.Indent, "\t") : null),
        Yaml("one space of indentation too many", s => IsSecond(s, out var line) ? At(s, line.Start, 0, " ") : null),
        Yaml("colon forgotten", s => Colon(s) is { } at ? At(s, at, 1, "") : null),
        Yaml("space behind the colon forgotten", s => Colon(s) is { } at && s.Text[at + 1] == ' ' ? At(s, at + 1, 1, "") : null),
        Yaml("= in place of the colon", s => Colon(s) is { } at ? At(s, at, 1, " =") : null),
        Yaml("quote not closed", s => s.IsPlain(s.Config.BaseModel, out var e) && e.Value.Style == ScalarStyle.Plain
            ? At(s, e.Value.Span.Start, 0, "\"") : null),
        Yaml("bracket not closed", s => FlowList(s) is { } list ? At(s, list.Span.End - 1, 1, "") : null),
        Yaml("brace where a bracket belongs", s => FlowList(s) is { } list ? At(s, list.Span.End - 1, 1, "}") : null),
        Any("marks of a merge conflict", s => s.Language == ConfigLanguage.Json || s.Config.Rank.Entry is not { } rank
            || rank.IsMerged ? null
            : At(s, LineStart(s, rank.KeySpan.Start), 0, "<<<<<<< HEAD\n")),
        Yaml("an @ before a value", s => s.IsPlain(s.Config.OutputDir, out var e) && e.Value.Style == ScalarStyle.Plain
            ? At(s, e.Value.Span.Start, 0, "@") : null),
        Yaml("a template's mark left in", s => s.IsPlain(s.Config.Rank, out var e) ? At(s, e.Value.Span, "%RANK%") : null),
        Yaml("quoted value with something behind it", s => s.IsPlain(s.Config.BaseModel, out var e) && e.Value.Style == ScalarStyle.Plain
            ? At(s, e.Value.Span, $"\"{e.Value.Text}\" v2") : null),
        Yaml("alias without an anchor", s => s.IsPlain(s.Config.LearningRate, out var e) ? At(s, e.Value.Span, "*lr") : null),
        Yaml("item of a list beside a key", s => s.Is(s_flat) && s.IsPlain(s.Config.Rank, out var e) && IsTop(s, e)
            ? At(s, LineStart(s, e.KeySpan.Start), 0, "- ") : null),
        Json("comma behind the last entry", s => s.Document.Roots[0] is { IsMapping: true, Entries: [.., var last] }
            ? At(s, last.Span.End, 0, ",") : null),
        Json("comma forgotten", s => s.Document.Roots[0] is { IsMapping: true, Entries: [var first, _, ..] }
            && s.Text.IndexOf(',', first.Span.End) is var comma and > 0 && s.Text[first.Span.End..comma].Trim().Length == 0
            ? At(s, comma, 1, "") : null),
        Json("comment in JSON", s => s.Document.Roots[0] is { IsMapping: true, Entries: [var first, ..] }
            ? At(s, first.KeySpan.Start, 0, "// the base\n") : null),
        Json("single quotes in JSON", s => s.Document.Roots[0] is { IsMapping: true, Entries: [var first, ..] }
            ? At(s, first.KeySpan, $"'{first.Key}'") : null),
        Json("True in JSON", s => s.IsPlain(s.Config.Rank, out var e) ? At(s, e.Value.Span, "True") : null),
        Json("NaN in JSON", s => s.IsPlain(s.Config.Rank, out var e) ? At(s, e.Value.Span, "NaN") : null),
        Any("typographic quotes", s => s.Language != ConfigLanguage.Yaml && s.IsPlain(s.Config.BaseModel, out var e)
            ? At(s, e.Value.Span, $"\u201c{e.Value.Text}\u201d") : null),
        Any("text without quotes in TOML", s => s.Language == ConfigLanguage.Toml && s.IsPlain(s.Config.OutputDir, out var e)
            ? At(s, e.Value.Span, "out") : null),
        Any("the last lines cut off", s => s.Language == ConfigLanguage.Json ? At(s, s.Text.LastIndexOf('}'), 1, "") : null),
        new("rank written twice", s => s.IsPlain(s.Config.Rank, out var e) && s.Config.Rank.TryGet(out var r)
            ? s.Changed(s.Edit.InsertAfter(e, e.Key, ConfigEditor.Number(r * 2)), e.Key) : null),
        new("learning rate written twice", s => s.IsPlain(s.Config.LearningRate, out var e) && s.Config.LearningRate.TryGet(out var lr)
            ? s.Changed(s.Edit.InsertAfter(e, e.Key, ConfigEditor.Number(lr / 2)), e.Key) : null),
        new("alpha moved into another mapping", s => Moved(s, s.Config.Alpha)),
        new("learning rate moved into another mapping", s => Moved(s, s.Config.LearningRate)),
    ];

    private static Mistake Yaml(string name, Func<Subject, Mutant?> make) =>
        new(name, s => s.Language == ConfigLanguage.Yaml ? make(s) : null) { Anywhere = true };

    private static Mistake Json(string name, Func<Subject, Mutant?> make) =>
        new(name, s => s.Language == ConfigLanguage.Json ? make(s) : null) { Anywhere = true };

    private static Mistake Any(string name, Func<Subject, Mutant?> make) => new(name, make) { Anywhere = true };

    private static Mutant At(Subject subject, TextSpan span, string text) => subject.Changed(new TextEdit(span, text));

    private static Mutant At(Subject subject, int start, int length, string text) => At(subject, new TextSpan(start, length), text);

    private static bool IsTop(Subject subject, ConfigEntry entry) => subject.Recognised.Root.Entries.Any(e => e.KeySpan == entry.KeySpan);

    private static int LineStart(Subject subject, int offset) =>
        subject.Document.Source.Lines.LineStart(subject.Document.Source.Lines.LineAt(offset));

    // The rank's key at the top of the file, when a scalar stands on the line before it: indented, it continues that one.
    private static bool IsSecond(Subject subject, out (int Start, int Length) line)
    {
        line = default;
        if (!subject.IsPlain(subject.Config.Rank, out var entry) || !IsTop(subject, entry))
            return false;
        var start = LineStart(subject, entry.KeySpan.Start);
        line = (start, 0);
        return entry.KeySpan.Start == start && subject.Recognised.Root.Entries.Any(e => e.Value.IsScalar && e.Value.Text.Length > 0
            && e.Value.Style == ScalarStyle.Plain && LineStart(subject, e.Value.Span.End) == LineStart(subject, Math.Max(start - 1, 0)));
    }

    // The first line with a key of a mapping inside the root, and its indentation.
    private static (int Start, int Indent)? Nested(Subject subject)
    {
        foreach (var entry in subject.Recognised.Root.Entries)
        {
            if (entry.IsMerged || entry.Value is not { IsMapping: true, IsFlow: false, IsAlias: false, Entries: [var inner, ..] })
                continue;
            var start = LineStart(subject, inner.KeySpan.Start);
            if (inner.KeySpan.Start > start && subject.Text[start..inner.KeySpan.Start].Trim(' ').Length == 0)
                return (start, inner.KeySpan.Start - start);
        }

        return null;
    }

    // The colon behind the rank.
    private static int? Colon(Subject subject) =>
        subject.IsPlain(subject.Config.Rank, out var entry) && subject.Text[entry.KeySpan.End] == ':' ? entry.KeySpan.End : null;

    private static ConfigNode? FlowList(Subject subject) =>
        subject.Config.TargetModules is { IsWritten: true, Entry: { IsMerged: false, Value: { IsSequence: true, IsFlow: true,
            IsAlias: false } list } }
            ? list : null;

    // Only where the framework reads no key of this name there, and the mapping is not one of free names.
    private static Mutant? Moved(Subject subject, ISetting setting)
    {
        if (!subject.IsPlain(setting, out var entry) || subject.Format == "python")
            return null;
        foreach (var other in subject.Recognised.Root.Entries)
        {
            if (other.IsMerged || other.Value is not { IsMapping: true, IsFlow: false, IsAlias: false, Entries: [.., var last] }
                || last.IsMerged || !last.Value.IsScalar || last.Value.Span.Length == 0 || other.Value.Find(entry.Key) is not null
                || other.Value.Span.Contains(entry.KeySpan.Start)
                || subject.Recognised.Format.Keys is not { } keys || keys.Find(other.Key + "." + entry.Key) is not null)
                continue;
            TextEdit[] edits =
            [
                subject.Edit.Remove(entry),
                subject.Edit.InsertAfter(last, entry.Key, subject.Document.Source.Slice(entry.Value.Span)),
            ];
            return new Mutant(subject.Text, TextEdit.Apply(subject.Text, edits), entry.Key);
        }

        return null;
    }
}
