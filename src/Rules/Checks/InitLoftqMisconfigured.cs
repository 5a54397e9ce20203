using LoraLint.Rules.Configs;
using LoraLint.Rules.Knowledge;
using LoraLint.Rules.Linting;

namespace LoraLint.Rules.Checks;

/// <summary>LoftQ without its numbers, with numbers it does not take, or on a base that is quantized already.</summary>
public sealed class InitLoftqMisconfigured : Rule
{
    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL152",
        Name = "init-loftq-misconfigured",
        Category = Category.Correctness,
        Summary = "LoftQ lacks its configuration, has one it does not take, or starts from a quantized base.",
        Why = "LoftQ quantizes the weights itself and fits the adapter to the error, so it needs the number of bits and weights in full "
            + "precision.",
        Sources =
        [
            new(Upstream.Peft, "src/peft/tuners/lora/config.py:1035-1039, src/peft/utils/loftq_utils.py:59-62"),
            new(Upstream.Unsloth, "unsloth/models/llama.py:3279-3285: refuses a quantized base"),
            new(Upstream.Axolotl, "src/axolotl/loaders/adapter.py:142-147"),
            new(Upstream.MsSwift, "swift/pipelines/train/tuner.py: hands on no loftq_config"),
        ],
        Formats = InitValue.Formats,
        Fix = FixSafety.Unsafe,
    };

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        var config = context.Config;
        if (config.Init.Or("") != "loftq")
            return;
        var read = context.Read;
        var section = context.Format.Name switch { "axolotl" => "peft.loftq_config", "peft" or "python" => "loftq_config", _ => null };
        if (section is null)
        {
            context.Report(config.Init, "ms-swift hands PEFT no loftq_config, without which loftq is refused; choose another "
                + "initialization", AskedFix.Remove(context, config.Init.Entry));
            return;
        }

        // Axolotl fills an empty section in with 4 bits.
        var isEmpty = read.Find(section)?.Value is { IsMapping: true, Entries.Count: 0 } && context.Format.Name is "peft" or "python";
        if (!read.Has(section) || isEmpty)
        {
            context.Report(config.Init, $"{config.Init.Key} loftq is refused without {section}; write it with loftq_bits: 4",
                context.Recognised.Root.Origin is not null ? null
                : context.Format.Name == "axolotl" ? AskedFix.Insert(context, config.Init.Entry, "peft", "{loftq_config: {loftq_bits: 4}}")
                : read.Find(section) is { } blank ? AskedFix.Set(context, blank, "{\"loftq_bits\": 4}")
                : AskedFix.Insert(context, config.Init.Entry, section, "{\"loftq_bits\": 4}"));
            return;
        }

        if (read.Number(section + ".loftq_bits") is { IsKnown: true } bits && bits.Or(4) is not (4 or 8))
            context.Report(bits, $"loftq_bits {ConfigEditor.Number(bits.Or(0))} is refused: LoftQ quantizes to 4 or 8 bits",
                AskedFix.Set(context, bits, 4));
        if (read.Number(section + ".loftq_iter") is { IsKnown: true } rounds && rounds.Or(1) <= 0)
            context.Report(rounds, $"loftq_iter {ConfigEditor.Number(rounds.Or(0))} is refused: it has to be at least 1",
                AskedFix.Set(context, rounds, 1));
        if (config.Method.Or(TuningMethod.Unknown) == TuningMethod.Qlora || config.QuantizationBits.Or(16) < 16)
        {
            context.Report(
                config.Init,
                "LoftQ starts from the base's full weights and quantizes them itself, but here the base is loaded quantized; load it in "
                + "16 bits (adapter: lora without load_in_4bit or load_in_8bit)",
                AskedFix.Remove(context, config.Init.Entry));
        }
    }
}
