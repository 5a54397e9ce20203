using LoraLint.Rules.Configs;

namespace LoraLint.Rules.Formats;

/// <summary>
/// A Python script that makes a LoraConfig: its keywords with those of the calls that feed the same run, of transformers and TRL. Each
/// keyword has the name that its call gives it, and a call that is not there, or is not known in full, has no defaults. Defaults:
/// peft@5d602fdb src/peft/tuners/lora/config.py; transformers@00349ae8 training_args.py, utils/quantization_config.py; trl@f2cd5771.
/// </summary>
public sealed class PythonFormat : ConfigFormat
{
    /// <inheritdoc/>
    public override string Name => "python";

    /// <inheritdoc/>
    public override string Title => "PEFT in Python";

    /// <inheritdoc/>
    public override string Upstream => "huggingface/peft@5d602fdb (2026-08-21), huggingface/trl@f2cd5771 (2026-07-24)";

    /// <inheritdoc/>
    public override int Recognise(ConfigNode root, string path) => 0;

    /// <inheritdoc/>
    public override TrainingConfig Map(SettingReader read) => new PythonRun(read).Map();
}
