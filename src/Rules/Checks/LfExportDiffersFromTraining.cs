using LoraLint.Rules.Configs;
using LoraLint.Rules.Formats;
using LoraLint.Rules.Knowledge;
using LoraLint.Rules.Linting;

namespace LoraLint.Rules.Checks;

/// <summary>LLaMA-Factory: an adapter is merged or served with other settings than it was trained with.</summary>
public sealed class LfExportDiffersFromTraining : Rule
{
    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL926",
        Name = "lf-export-differs-from-training",
        Category = Category.Suspicious,
        Summary = "An adapter is exported or served with another base model or template than it was trained with.",
        Why = "LLaMA-Factory takes what this file says and does not look at how the adapter was trained: on another base model its weights "
            + "mean nothing, and a model merged with another template is asked in a way that it never saw.",
        Sources =
        [
            new(Upstream.LlamaFactory, "README.md, Supported Models: the same template for training and inference"),
            new(Upstream.LlamaFactory, "examples/README.md, Merging LoRA Adapters and Quantization"),
        ],
        Formats = ["llama-factory"],
        Fix = FixSafety.Unsafe,
    };

    /// <inheritdoc/>
    public override bool AlsoWithoutLora => true;

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        var read = context.Read;
        if (context.Recognised.Root.Origin is not null || read.Has("dataset") || read.Has("output_dir") || read.IsOn("do_train")
            || !read.Text("adapter_name_or_path").TryGet(out var adapter) || adapter.Length == 0 || adapter.IndexOf(',') >= 0)
            return;
        var folder = FolderOf(adapter);
        var runs = new List<(ConfigDocument Document, SettingReader Read)>();
        foreach (var document in context.Files.OpenNeighbours().Where(d => d.Roots.Count == 1 && d.Roots[0].IsMapping))
        {
            var other = new SettingReader(document.Roots[0], read.Dialect);
            if (other.Has("dataset") && !other.Has("export_dir") && other.Text("output_dir").TryGet(out var trained)
                && FolderOf(trained) == folder)
                runs.Add((document, other));
        }

        // Of several runs into the same folder it is not known which was the last.
        if (runs.Count != 1)
            return;
        var (run, keys) = runs[0];
        Compare(context, run, keys, "template", (a, b) => a == b, "a model merged or served so is asked in a way that it never saw");
        Compare(context, run, keys, "model_name_or_path", IsSameModel, "an adapter fits only the base model that it was trained on");
    }

    private static void Compare(
        CheckContext context, ConfigDocument run, SettingReader keys, string key, Func<string, string, bool> isSame, string harm)
    {
        var (ours, theirs) = (context.Read.Text(key), keys.Text(key));
        if (!ours.IsWritten || !theirs.IsWritten || !ours.TryGet(out var here) || !theirs.TryGet(out var there) || isSame(here, there))
            return;
        var name = run.Source.Path.Substring(run.Source.Path.LastIndexOf('/') + 1);
        context.Report(
            ours,
            $"{key} is {here}, but the adapter was trained with {there} ({name}): {harm}; write {there}, or name the adapter of another run",
            new Fix(FixSafety.Unsafe, $"Set {key} to {there}", context.Edit.Replace(ours.Entry!, context.Edit.Word(there))),
            related: [new RelatedPlace(run.Source, theirs.Entry!.Span, $"{key} is {there} here")]);
    }

    // A checkpoint of a run lies in the run's folder.
    private static string FolderOf(string path)
    {
        path = path.Replace('\\', '/').TrimEnd('/');
        if (path.StartsWith("./", StringComparison.Ordinal))
            path = path.Substring(2);
        var slash = path.LastIndexOf('/');
        return slash > 0 && path.Substring(slash + 1).StartsWith("checkpoint-", StringComparison.Ordinal) ? path.Substring(0, slash) : path;
    }

    // The same model lies in many places, under its name; quantized, it is trained on and merged into as another file of the same model.
    private static bool IsSameModel(string here, string there)
    {
        var (a, b) = (NameOf(here), NameOf(there));
        return a == b || IsQuantized(a) || IsQuantized(b);
    }

    private static string NameOf(string path) =>
        path.TrimEnd('/').Substring(path.TrimEnd('/').LastIndexOf('/') + 1).ToLowerInvariant();

    private static bool IsQuantized(string name) =>
        new[] { "bnb", "gptq", "awq", "aqlm", "bit", "int4", "int8", "fp8" }.Any(w => name.IndexOf(w, StringComparison.Ordinal) >= 0);
}
