using LoraLint.Rules.Configs;
using LoraLint.Rules.Knowledge;
using LoraLint.Rules.Linting;

namespace LoraLint.Rules.Checks;

/// <summary>The adapter starts with random values instead of as nothing.</summary>
public sealed class InitFalse : Rule
{
    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL151",
        Name = "init-false",
        Category = Category.Suspicious,
        Summary = "The adapter is not initialized to do nothing.",
        Why = "With false both matrices start at random, so the model is disturbed before the first step; PEFT keeps it for debugging.",
        Sources =
        [
            new(Upstream.Peft, "src/peft/tuners/lora/config.py: docstring of init_lora_weights; layer.py:311: null skips the "
                + "initialization too"),
            new(Upstream.Guidance, "1.26: B starts at zero"),
        ],
        Formats = ["peft", "ms-swift", "python"],
        Fix = FixSafety.Safe,
        Guidance = ["1.26"],
    };

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        // What a saved adapter says is overwritten by its weights.
        if (InitValue.Find(context) is not { } init || context.Read.IsOn("inference_mode"))
            return;
        var value = context.Read.Dialect.Read(init.Value);
        var isPeft = context.Format.Name is "peft" or "python";
        var isFalse = value is { Kind: ConfigValueKind.Bool, IsTrue: false } || (isPeft && value.Kind == ConfigValueKind.Null)
            || (!isPeft && value.Kind == ConfigValueKind.String && value.Text.Equals("false", StringComparison.OrdinalIgnoreCase));
        if (!isFalse)
            return;
        context.Report(
            init,
            $"{init.Key} {init.Value.Text} leaves the adapter with random values, so it changes the model from the first step on; true "
            + "starts it as nothing",
            new Fix(FixSafety.Safe, $"Set {init.Key} to true", context.Edit.Replace(init, ConfigEditor.Bool(true))));
    }
}
