namespace LoraLint.Trainer.Training;

/// <summary>Where training stands: with the trained tensors and their moments, all that the steps to come depend on.</summary>
internal sealed record TrainingState
{
    /// <summary>Optimizer steps done.</summary>
    public int Step { get; init; }

    /// <summary>The step after which evaluation last happened; 0 for none yet.</summary>
    public int EvaluatedStep { get; init; }

    /// <summary>The last evaluation's loss in nats a token, or null.</summary>
    public double? EvaluationLoss { get; init; }

    /// <summary>The step of the lowest evaluation loss; 0 for none yet.</summary>
    public int BestStep { get; init; }

    /// <summary>The lowest evaluation loss, or null.</summary>
    public double? BestLoss { get; init; }

    /// <summary>Evaluations since the lowest loss, for early stopping.</summary>
    public int EvaluationsWithoutGain { get; init; }

    /// <summary>The training loss of the last step in nats a token, or null.</summary>
    public double? Loss { get; init; }

    /// <summary>Tokens trained on so far, supervised or not.</summary>
    public long Tokens { get; init; }

    /// <summary>Seconds of training so far, evaluation and saving included, over all parts of an interrupted run.</summary>
    public double Seconds { get; init; }

    /// <summary>The state after an evaluation. Only a lower loss is a gain; an equal one is none.</summary>
    public TrainingState AfterEvaluation(double loss)
    {
        var isBest = BestLoss is not { } best || loss < best;
        return this with
        {
            EvaluatedStep = Step,
            EvaluationLoss = loss,
            BestStep = isBest ? Step : BestStep,
            BestLoss = isBest ? loss : BestLoss,
            EvaluationsWithoutGain = isBest ? 0 : EvaluationsWithoutGain + 1,
        };
    }

    /// <summary>Whether early stopping ends training here, as transformers' EarlyStoppingCallback does.</summary>
    /// <param name="patience">Evaluations without gain that are borne, or null for no early stopping.</param>
    public bool IsOutOfPatience(int? patience) => patience is { } borne && EvaluationsWithoutGain >= borne;
}
