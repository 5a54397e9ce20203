using LoraLint.Rules.Configs;
using LoraLint.Rules.Formats;
using LoraLint.Rules.Knowledge;
using LoraLint.Rules.Linting;

namespace LoraLint.Rules.Checks;

/// <summary>Training goes on with an adapter that is there, whose own file says other than the config.</summary>
public sealed class AdapterFolderDiffers : Rule
{
    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL706",
        Name = "adapter-folder-differs",
        Category = Category.Suspicious,
        Summary = "Training goes on with an adapter whose rank, alpha or modules are other than those written.",
        Why = "A saved adapter brings its own adapter_config.json; what the config says about rank, alpha and modules is passed over "
            + "without a word.",
        Sources =
        [
            new(Upstream.Axolotl, "src/axolotl/loaders/adapter.py:300-328: a warning, for patterns only"),
            new(Upstream.LlamaFactory, "src/llamafactory/model/adapter.py:181-215: PeftModel.from_pretrained"),
        ],
        Formats = ["axolotl", "llama-factory"],
        Fix = FixSafety.Unsafe,
    };

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        var read = context.Read;
        var key = context.Format.Name == "axolotl" ? "lora_model_dir" : "adapter_name_or_path";
        if (read.IsOn("create_new_adapter") || !read.Text(key).TryGet(out var folder) || folder.IndexOf(',') >= 0 || folder.Length == 0)
            return;
        var path = folder.TrimEnd('/') + "/adapter_config.json";
        if (context.Files.Open(path) is not { } document || document.Roots.FirstOrDefault(r => r.IsMapping) is not { } root)
            return;
        var saved = new SettingReader(root, ScalarDialect.Strict);
        // The config's own values do not count then, so they are read as written.
        CheckNumber(context, document, saved.Number("r"), read.Number(context.Format.Name == "axolotl" ? "lora_r" : "lora_rank"), path);
        CheckNumber(context, document, saved.Number("lora_alpha"), read.Number("lora_alpha"), path);
        CheckModules(context, document, saved, path);
    }

    private static void CheckNumber(
        CheckContext context, ConfigDocument document, Setting<double> saved, Setting<double> written, string path)
    {
        if (!written.IsWritten || !written.TryGet(out var ours) || !saved.TryGet(out var theirs) || ours == theirs)
            return;
        context.Report(
            written,
            $"{written.Key} {ConfigEditor.Number(ours)} has no effect: training goes on with an adapter that has {saved.Key} "
            + $"{ConfigEditor.Number(theirs)} ({path}); write that, or start a new adapter",
            AskedFix.Set(context, written, theirs),
            related: [new RelatedPlace(document.Source, saved.Entry!.Span, $"{saved.Key} is {ConfigEditor.Number(theirs)} here")]);
    }

    private static void CheckModules(CheckContext context, ConfigDocument document, SettingReader saved, string path)
    {
        if (PeftTargetValue.Read(context.Format, context.Read) is not { Pattern: null } written || written.Names.Count == 0
            || written.ExpandsAllInList || written.Names.Any(n => n.Text is "all" or "all-linear")
            || saved.Find("target_modules") is not { Value: { IsSequence: true, Items.Count: > 0 } list } theirs)
            return;
        var ours = new HashSet<string>(written.Names.Select(n => n.Text), StringComparer.Ordinal);
        if (ours.SetEquals(list.Items.Select(i => i.Text)))
            return;
        context.Report(
            written.Entry,
            $"{written.Entry.Key} has no effect: training goes on with an adapter on {string.Join(", ", list.Items.Select(i => i.Text))} "
            + $"({path}); write those, or start a new adapter",
            written.Entry.Value.IsSequence
                ? AskedFix.Set(context, written.Entry, context.Edit.Words(list.Items.Select(i => i.Text))) : null,
            related: [new RelatedPlace(document.Source, theirs.Span, "the adapter's modules are here")]);
    }
}
