using System.Text;

namespace LoraLint.Trainer.Data.Tokenizers.Patterns;

/// <summary>
/// A regular expression over code points, not UTF-16 units: a letter beyond U+FFFF is one letter, as it is for the library that made the
/// tokenizer. Matching backtracks, without recursion, and stops after a number of steps that grows with the text.
/// </summary>
internal sealed class TokenPattern
{
    private const int LongestProgram = 20_000;
    private const long StepsPerCharacter = 2_000;
    private const long StepsAtLeast = 1_000_000;
    private readonly List<Instruction> _program = [];
    private readonly string _pattern;

    /// <summary>Parses a pattern.</summary>
    /// <exception cref="FormatException">It is malformed, or uses what is not supported.</exception>
    public TokenPattern(string pattern)
    {
        _pattern = pattern;
        Emit(PatternParser.Parse(pattern));
        _program.Add(new Instruction(Operation.Done));
    }

    /// <summary>All matches from left to right, none overlapping another. An empty one does not follow another at the same place.</summary>
    /// <exception cref="TrainerException">The pattern takes too many steps on this text.</exception>
    public void FindAll(ReadOnlySpan<char> text, List<(int Start, int End)> matches)
    {
        var search = new Search(this, text);
        var (start, lastEnd) = (0, -1);
        while (start <= text.Length)
        {
            var end = search.Match(start);
            if (end < 0 || end == start && end == lastEnd)
            {
                start += Width(text, start);
                continue;
            }
            matches.Add((start, end));
            lastEnd = end;
            start = end > start ? end : start + Width(text, start);
        }
    }

    private static int Width(ReadOnlySpan<char> text, int at) =>
        at + 1 < text.Length && char.IsHighSurrogate(text[at]) && char.IsLowSurrogate(text[at + 1]) ? 2 : 1;

    private int Add(Instruction instruction)
    {
        if (_program.Count >= LongestProgram)
            throw new FormatException("repetitions that make the pattern too long");
        _program.Add(instruction);
        return _program.Count - 1;
    }

    private void Emit(PatternNode node)
    {
        switch (node)
        {
            case SetNode set:
                Add(new Instruction(Operation.Take, Set: set.Set));
                break;
            case PlaceNode place:
                Add(new Instruction(Operation.Place, A: (int)place.Place));
                break;
            case SequenceNode sequence:
                foreach (var part in sequence.Parts)
                    Emit(part);
                break;
            case ChoiceNode choice:
                EmitChoice(choice.Choices);
                break;
            case AtomicNode atomic:
                EmitInner(Operation.Atomic, atomic.Body, 0);
                break;
            case LookNode look when look.Behind:
                // Alternatives of different lengths each step back by their own.
                var choices = look.Body is ChoiceNode body ? body.Choices : [look.Body];
                if (look.Negative)
                    foreach (var part in choices)
                        EmitInner(Operation.LookNot, part, part.FixedLength!.Value);
                else
                    EmitEach(choices, part => EmitInner(Operation.Look, part, part.FixedLength!.Value));
                break;
            case LookNode look:
                EmitInner(look.Negative ? Operation.LookNot : Operation.Look, look.Body, 0);
                break;
            case RepeatNode repeat:
                EmitRepeat(repeat);
                break;
            default:
                throw new InvalidOperationException(node.GetType().Name);
        }
    }

    private void EmitChoice(IReadOnlyList<PatternNode> choices) => EmitEach(choices, Emit);

    private void EmitEach(IReadOnlyList<PatternNode> choices, Action<PatternNode> emit)
    {
        var jumps = new List<int>();
        for (var i = 0; i < choices.Count; i++)
        {
            var split = i + 1 < choices.Count ? Add(new Instruction(Operation.Split)) : -1;
            emit(choices[i]);
            if (split < 0)
                break;
            jumps.Add(Add(new Instruction(Operation.Jump)));
            _program[split] = new Instruction(Operation.Split, A: split + 1, B: _program.Count);
        }
        foreach (var jump in jumps)
            _program[jump] = new Instruction(Operation.Jump, A: _program.Count);
    }

    /// <summary>A part that runs by itself: its own end, then the instruction behind it.</summary>
    private void EmitInner(Operation operation, PatternNode body, int back)
    {
        var inner = Add(new Instruction(operation));
        Emit(body);
        Add(new Instruction(Operation.Done));
        _program[inner] = new Instruction(operation, A: _program.Count, B: back);
    }

    private void EmitRepeat(RepeatNode repeat)
    {
        if (repeat.Greed != PatternGreed.Lazy && Simplify(repeat.Body) is SetNode set)
        {
            var operation = repeat.Greed == PatternGreed.Greedy ? Operation.Loop : Operation.PossessiveLoop;
            Add(new Instruction(operation, A: repeat.Min, B: repeat.Max, Set: set.Set));
            return;
        }
        if (repeat.Max == int.MaxValue && repeat.Body.CanBeEmpty)
            throw new FormatException("a repetition without bound of something that can be empty, which is not supported");
        if (repeat.Greed == PatternGreed.Possessive)
        {
            EmitInner(Operation.Atomic, repeat with { Greed = PatternGreed.Greedy }, 0);
            return;
        }
        for (var i = 0; i < repeat.Min; i++)
            Emit(repeat.Body);
        var splits = new List<int>();
        if (repeat.Max == int.MaxValue)
        {
            splits.Add(Add(new Instruction(Operation.Split)));
            Emit(repeat.Body);
            Add(new Instruction(Operation.Jump, A: splits[0]));
        }
        else
        {
            for (var i = repeat.Min; i < repeat.Max; i++)
            {
                splits.Add(Add(new Instruction(Operation.Split)));
                Emit(repeat.Body);
            }
        }
        foreach (var split in splits)
            _program[split] = repeat.Greed == PatternGreed.Lazy
                ? new Instruction(Operation.Split, A: _program.Count, B: split + 1)
                : new Instruction(Operation.Split, A: split + 1, B: _program.Count);
    }

    private static PatternNode Simplify(PatternNode node) =>
        node is SequenceNode { Parts.Count: 1 } sequence ? Simplify(sequence.Parts[0]) : node;

    private enum Operation
    {
        /// <summary>One code point of the set.</summary>
        Take,

        /// <summary>As many as there are, at least A, at most B; fewer when what follows fails.</summary>
        Loop,

        /// <summary>As many as there are, never fewer.</summary>
        PossessiveLoop,

        /// <summary>Go on at A; at B when that fails.</summary>
        Split,

        /// <summary>Go on at A.</summary>
        Jump,

        /// <summary>The place is of kind A.</summary>
        Place,

        /// <summary>What follows, up to its Done, matches B code points back; go on at A where this stands.</summary>
        Look,

        /// <summary>The same when it does not match.</summary>
        LookNot,

        /// <summary>What follows, up to its Done, matches; go on at A behind that match.</summary>
        Atomic,

        /// <summary>The end of the pattern or of an inner part.</summary>
        Done,
    }

    private readonly record struct Instruction(Operation Operation, int A = 0, int B = 0, CharacterSet? Set = null);

    /// <summary>What remains to be tried: go on at Next from Position, and from each place down to Lowest when that fails.</summary>
    private readonly record struct Attempt(int Next, int Position, int Lowest);

    private ref struct Search
    {
        private readonly TokenPattern _owner;
        private readonly ReadOnlySpan<char> _text;
        private readonly ReadOnlySpan<Instruction> _program;
        private readonly Stack<Attempt> _open = new();
        private long _steps;

        public Search(TokenPattern owner, ReadOnlySpan<char> text)
        {
            _owner = owner;
            _text = text;
            _program = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(owner._program);
            _steps = StepsAtLeast + StepsPerCharacter * text.Length;
        }

        /// <summary>Where the match that starts here ends, or -1.</summary>
        public int Match(int start) => Run(0, start);

        private int Run(int next, int position)
        {
            var floor = _open.Count;
            while (true)
            {
                if (--_steps < 0)
                    throw new TrainerException(
                        $"The pattern '{Shorten(_owner._pattern)}' of the tokenizer takes too long on a text of {_text.Length} characters; "
                        + "use the model's original tokenizer.json or shorter texts");
                var instruction = _program[next];
                var matched = true;
                switch (instruction.Operation)
                {
                    case Operation.Take:
                        matched = Take(instruction.Set!, ref position);
                        next++;
                        break;
                    case Operation.Loop:
                        matched = Loop(instruction, next + 1, ref position);
                        next++;
                        break;
                    case Operation.PossessiveLoop:
                        matched = Repeat(instruction.Set!, instruction.A, ref position);
                        if (matched)
                            Repeat(instruction.Set!, instruction.B - instruction.A, ref position);
                        next++;
                        break;
                    case Operation.Split:
                        _open.Push(new Attempt(instruction.B, position, position));
                        next = instruction.A;
                        break;
                    case Operation.Jump:
                        next = instruction.A;
                        break;
                    case Operation.Place:
                        matched = IsAt((PatternPlace)instruction.A, position);
                        next++;
                        break;
                    case Operation.Look or Operation.LookNot:
                        var from = Back(position, instruction.B);
                        matched = (from >= 0 && Run(next + 1, from) >= 0) == (instruction.Operation == Operation.Look);
                        next = instruction.A;
                        break;
                    case Operation.Atomic:
                        var end = Run(next + 1, position);
                        matched = end >= 0;
                        position = end;
                        next = instruction.A;
                        break;
                    case Operation.Done:
                        while (_open.Count > floor)
                            _open.Pop();
                        return position;
                }
                if (matched)
                    continue;
                if (_open.Count == floor)
                    return -1;
                var attempt = _open.Pop();
                (next, position) = (attempt.Next, attempt.Position);
                if (position > attempt.Lowest)
                    _open.Push(attempt with { Position = Back(position, 1) });
            }
        }

        private readonly bool Take(CharacterSet set, ref int position)
        {
            if (position >= _text.Length)
                return false;
            var unit = _text[position];
            if (!char.IsSurrogate(unit))
            {
                if (!set.Contains(unit))
                    return false;
                position++;
                return true;
            }
            Rune.DecodeFromUtf16(_text[position..], out var rune, out var length);
            if (!set.Contains(rune.Value))
                return false;
            position += length;
            return true;
        }

        /// <summary>Takes so many, or all there are; false when there are fewer.</summary>
        private bool Repeat(CharacterSet set, int count, ref int position)
        {
            var start = position;
            for (var i = 0; i < count; i++)
            {
                if (!Take(set, ref position))
                {
                    _steps -= position - start;
                    return false;
                }
            }
            _steps -= position - start;
            return true;
        }

        private bool Loop(Instruction instruction, int next, ref int position)
        {
            if (!Repeat(instruction.Set!, instruction.A, ref position))
                return false;
            var lowest = position;
            Repeat(instruction.Set!, instruction.B - instruction.A, ref position);
            if (position > lowest)
                _open.Push(new Attempt(next, Back(position, 1), lowest));
            return true;
        }

        private readonly int Back(int position, int points)
        {
            for (var i = 0; i < points; i++)
            {
                if (position == 0)
                    return -1;
                position--;
                if (position > 0 && char.IsLowSurrogate(_text[position]) && char.IsHighSurrogate(_text[position - 1]))
                    position--;
            }
            return position;
        }

        private readonly bool IsAt(PatternPlace place, int position) => place switch
        {
            PatternPlace.TextStart => position == 0,
            PatternPlace.TextEnd => position == _text.Length,
            PatternPlace.TextEndOrLastNewline =>
                position == _text.Length || position == _text.Length - 1 && _text[position] == '\n',
            PatternPlace.LineStart => position == 0 || _text[position - 1] == '\n' && position < _text.Length,
            PatternPlace.LineEnd => position == _text.Length || _text[position] == '\n',
            PatternPlace.WordBoundary => IsWordBefore(position) != IsWordAfter(position),
            _ => IsWordBefore(position) == IsWordAfter(position),
        };

        private readonly bool IsWordBefore(int position) =>
            Back(position, 1) is >= 0 and var before && Rune.DecodeFromUtf16(_text[before..], out var rune, out _) == 0
            && CharacterSet.IsWord(rune.Value);

        private readonly bool IsWordAfter(int position) =>
            Rune.DecodeFromUtf16(_text[position..], out var rune, out _) == 0 && CharacterSet.IsWord(rune.Value);

        private static string Shorten(string pattern) => pattern.Length <= 60 ? pattern : pattern[..57] + "...";
    }
}
