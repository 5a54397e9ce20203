using LoraLint.Rules.Configs;

namespace LoraLint.Rules.Formats;

/// <summary>
/// A Python script that trains with Unsloth: the keywords of <c>FastLanguageModel.from_pretrained</c> and <c>.get_peft_model</c> (and
/// their kin for vision) with those of the trainer's arguments. Defaults: unslothai/unsloth@015bdef0 models/llama.py, models/vision.py,
/// models/loader.py.
/// </summary>
public sealed class UnslothFormat : ConfigFormat
{
    /// <inheritdoc/>
    public override string Name => "unsloth";

    /// <inheritdoc/>
    public override string Title => "Unsloth";

    /// <inheritdoc/>
    public override string Upstream => "unslothai/unsloth@015bdef0 (2026-08-22)";

    /// <inheritdoc/>
    public override int Recognise(ConfigNode root, string path) => 0;

    /// <inheritdoc/>
    public override TrainingConfig Map(SettingReader read) => new PythonRun(read).Map();
}
