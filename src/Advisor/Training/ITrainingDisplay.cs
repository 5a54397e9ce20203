namespace LoraLint.Advisor.Training;

/// <summary>Shows people how a training goes on.</summary>
internal interface ITrainingDisplay
{
    /// <summary>Runs what makes the events, with the display open around it.</summary>
    void Around(Action run);

    /// <summary>Shows an event.</summary>
    void Show(TrainerEvent trainerEvent);
}
