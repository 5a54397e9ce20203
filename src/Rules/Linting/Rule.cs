namespace LoraLint.Rules.Linting;

/// <summary>One check. Rules hold no state, know nothing of where they run and see only what <see cref="CheckContext"/> gives.</summary>
public abstract class Rule
{
    /// <summary>What is fixed about the rule.</summary>
    public abstract RuleInfo Info { get; }

    /// <summary>
    /// Whether it also looks at files that train no low-rank adapter (full fine-tunes that mention LoRA, inference, companions).
    /// </summary>
    public virtual bool AlsoWithoutLora => false;

    /// <summary>
    /// Whether it looks at each key for itself, whatever else is there: then it also sees settings that a command line puts over a file's.
    /// </summary>
    public virtual bool LooksAtKeysAlone => false;

    /// <summary>Looks at one config and reports what it finds.</summary>
    public abstract void Check(CheckContext context);
}
