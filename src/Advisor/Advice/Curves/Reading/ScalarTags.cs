namespace LoraLint.Advisor.Advice.Curves.Reading;

/// <summary>
/// The tags that trainers give their curves in TensorBoard: Hugging Face's Trainer (transformers, integration_utils.py, rewrite_logs),
/// ours, Lightning (what modules usually log), torchtune and litgpt, sd-scripts, PyTorch's tutorials. A tag that stands further ahead
/// wins where a file has several.
/// </summary>
internal static class ScalarTags
{
    private static readonly (CurveKind Kind, string[] Tags)[] s_tags =
    [
        (CurveKind.TrainLoss,
        [
            "train/loss", "loss", "train_loss", "train_loss_step", "train/loss_step", "training_loss", "loss/train", "Loss/train",
            "train_loss_epoch", "loss/current", "loss/average", "training loss",
        ]),
        (CurveKind.ValidationLoss,
        [
            "eval/loss", "eval_loss", "val_loss", "val/loss", "validation_loss", "validation/loss", "valid_loss", "loss/val", "Loss/val",
            "val_loss_epoch", "loss/validation", "validation loss", "Loss/test",
        ]),
        (CurveKind.GradientNorm, ["train/grad_norm", "gradient_norm", "grad_norm", "train/gradient_norm", "grad_2.0_norm_total"]),
        (CurveKind.LearningRate, ["train/learning_rate", "learning_rate", "lr", "train/lr", "lr-AdamW", "lr/unet", "lr/group0"]),
        (CurveKind.Epoch, ["train/epoch", "epoch"]),
    ];

    /// <summary>Which curve a tag is, and how far behind others it stands, from 0; null for a tag that is not looked at.</summary>
    public static (CurveKind Kind, int Order)? Find(string tag)
    {
        foreach (var (kind, tags) in s_tags)
        {
            if (Array.IndexOf(tags, tag) is >= 0 and var order)
                return (kind, order);
        }

        // Hugging Face's Trainer with several evaluation sets: eval/NAME_loss.
        return tag.StartsWith("eval/", StringComparison.Ordinal) && tag.EndsWith("_loss", StringComparison.Ordinal)
            ? (CurveKind.ValidationLoss, s_tags[1].Tags.Length) : null;
    }
}
