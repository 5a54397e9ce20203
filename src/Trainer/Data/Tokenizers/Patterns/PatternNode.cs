namespace LoraLint.Trainer.Data.Tokenizers.Patterns;

/// <summary>A parsed piece of a pattern.</summary>
internal abstract record PatternNode
{
    /// <summary>How many code points it matches when that is always the same number; null else.</summary>
    public abstract int? FixedLength { get; }

    /// <summary>Whether it can match without consuming anything.</summary>
    public abstract bool CanBeEmpty { get; }
}

/// <summary>One code point out of a set.</summary>
internal sealed record SetNode(CharacterSet Set) : PatternNode
{
    public override int? FixedLength => 1;

    public override bool CanBeEmpty => false;
}

/// <summary>A condition on the place, which consumes nothing.</summary>
internal sealed record PlaceNode(PatternPlace Place) : PatternNode
{
    public override int? FixedLength => 0;

    public override bool CanBeEmpty => true;
}

/// <summary>Pieces one behind the other.</summary>
internal sealed record SequenceNode(IReadOnlyList<PatternNode> Parts) : PatternNode
{
    public override int? FixedLength => Parts.Aggregate((int?)0, (sum, part) => sum + part.FixedLength);

    public override bool CanBeEmpty => Parts.All(part => part.CanBeEmpty);
}

/// <summary>Alternatives, the first that leads to a match wins.</summary>
internal sealed record ChoiceNode(IReadOnlyList<PatternNode> Choices) : PatternNode
{
    public override int? FixedLength =>
        Choices.All(choice => choice.FixedLength == Choices[0].FixedLength) ? Choices[0].FixedLength : null;

    public override bool CanBeEmpty => Choices.Any(choice => choice.CanBeEmpty);
}

/// <summary>A piece several times.</summary>
/// <param name="Body">What is repeated.</param>
/// <param name="Min">At least so often.</param>
/// <param name="Max">At most so often; <see cref="int.MaxValue"/> for any number.</param>
/// <param name="Greed">Whether more or fewer are tried first, or whether what was taken is kept.</param>
internal sealed record RepeatNode(PatternNode Body, int Min, int Max, PatternGreed Greed) : PatternNode
{
    public override int? FixedLength => Min == Max ? Min * Body.FixedLength : null;

    public override bool CanBeEmpty => Min == 0 || Body.CanBeEmpty;
}

/// <summary>A group whose inside is not tried again once it has matched.</summary>
internal sealed record AtomicNode(PatternNode Body) : PatternNode
{
    public override int? FixedLength => Body.FixedLength;

    public override bool CanBeEmpty => Body.CanBeEmpty;
}

/// <summary>A look ahead or behind.</summary>
internal sealed record LookNode(PatternNode Body, bool Behind, bool Negative) : PatternNode
{
    public override int? FixedLength => 0;

    public override bool CanBeEmpty => true;
}

/// <summary>A kind of place.</summary>
internal enum PatternPlace
{
    TextStart,
    TextEnd,
    TextEndOrLastNewline,
    LineStart,
    LineEnd,
    WordBoundary,
    NoWordBoundary,
}

/// <summary>How a repetition takes.</summary>
internal enum PatternGreed
{
    Greedy,
    Lazy,
    Possessive,
}
