using LoraLint.Rules.Configs;
using LoraLint.Rules.Knowledge;
using LoraLint.Rules.Linting;

namespace LoraLint.Rules.Checks;

/// <summary>The output head gets an adapter.</summary>
public sealed class LmHeadTargeted : Rule
{
    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL138",
        Name = "lm-head-targeted",
        Category = Category.Correctness,
        Summary = "The output head gets an adapter.",
        Why = "Fused losses read the head's weight directly and refuse an adapter on it; elsewhere it costs memory by the size of the "
            + "vocabulary.",
        Sources =
        [
            new(Upstream.Trl, "trl/trainer/sft_trainer.py:1309-1317, sft_config.py:336: chunked_nll is the default loss of this version"),
            new(Upstream.Trl, "trl/trainer/dpo_trainer.py:809-820: Liger's loss"),
            new(Upstream.Peft, "src/peft/utils/save_and_load.py: a targeted embedding layer is saved whole"),
        ],
        Formats = KnownModel.PeftFormats,
        Fix = FixSafety.Unsafe,
    };

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        var targets = context.Config.TargetModules;
        var head = context.BaseModel.Model is { NamesAreOfFiles: false } model ? model.Shape.Head : null;
        var isTargeted = targets.TryGet(out var modules)
            && (modules.Names.Any(n => IsHead(n, head))
                || (modules.Pattern is { } pattern && PythonPattern.FullMatch(pattern, head ?? "lm_head") == true));
        if (!targets.IsWritten || !isTargeted)
            return;
        // Trained in full it gets no adapter (LL137).
        if (context.Config.ModulesToSave.TryGet(out var saved) && PeftMatching.IsSaved(saved, head ?? "lm_head") == true)
            return;
        var list = targets.Entry!.Value;
        var item = list.IsSequence ? list.Items.FirstOrDefault(i => IsHead(i.Text, head)) : null;
        var fix = item is not null && list is { IsAlias: false, Items.Count: > 1 }
            ? new Fix(FixSafety.Unsafe, $"Remove {item.Text} from {targets.Key}", context.Edit.RemoveItem(list, item)) : null;
        var (message, weaker) = Judge(context);
        context.Report(item?.Span ?? targets.Entry!.Value.Span, message, fix, weaker);
    }

    // Known models call it by their own names, and lm_head is nothing to some.
    private static bool IsHead(string name, string? head) =>
        head is null ? ModuleNames.RoleOf(name) == ModuleRoles.Head : PeftMatching.HasName([name], head);

    private static (string Message, Category? Weaker) Judge(CheckContext context)
    {
        var read = context.Read;
        var task = context.Config.Task;
        if (context.Format.Name == "trl" && task == TrainingTask.SupervisedFineTuning)
        {
            var loss = read.Text("loss_type");
            if (loss.Or("") == "chunked_nll")
                return ("loss_type chunked_nll cannot be computed with an adapter on the output head, and TRL stops; leave the head out "
                    + "or set loss_type to nll", null);
            if (!loss.IsWritten && !read.IsOn("use_liger_kernel"))
                return ("the default loss of current TRL, chunked_nll, cannot be computed with an adapter on the output head; leave the "
                    + "head out or set loss_type to nll", Category.Suspicious);
        }

        if (context.Format.Name == "trl" && task == TrainingTask.Preference && read.IsOn("use_liger_kernel"))
            return ("use_liger_kernel reads the output head's weight directly and refuses an adapter on it; leave the head out or switch "
                + "Liger off", null);
        return ("the output head gets an adapter too: it costs memory by the size of the vocabulary, some servers cannot load it, and "
            + "where the head is "
            + "tied to the embeddings both change; leave it out unless new tokens have to be learnt", Category.Advice);
    }
}
