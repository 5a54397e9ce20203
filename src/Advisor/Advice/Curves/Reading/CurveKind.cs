namespace LoraLint.Advisor.Advice.Curves.Reading;

/// <summary>Which curve a logged value belongs to.</summary>
internal enum CurveKind
{
    /// <summary>The training loss.</summary>
    TrainLoss,

    /// <summary>The validation loss.</summary>
    ValidationLoss,

    /// <summary>The norm of the gradient.</summary>
    GradientNorm,

    /// <summary>The learning rate.</summary>
    LearningRate,

    /// <summary>Passes over the data.</summary>
    Epoch,
}
