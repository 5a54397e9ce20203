namespace LoraLint.Advisor.Training.Engines;

/// <summary>How a thing that <c>loralint doctor</c> looked at is.</summary>
internal enum DoctorState
{
    /// <summary>It is there and works.</summary>
    Works,

    /// <summary>It is not there, and nothing that is there needs it.</summary>
    Absent,

    /// <summary>It does not work, or something that is there lacks it.</summary>
    Broken,
}

/// <summary>A thing that <c>loralint doctor</c> looked at.</summary>
/// <param name="Name">What: dotnet, memory, an engine.</param>
/// <param name="State">How it is.</param>
/// <param name="Detail">What was found, in words.</param>
/// <param name="Remedy">What to do; null where nothing needs doing.</param>
/// <param name="Devices">For an engine: what it computes on.</param>
internal sealed record DoctorEntry(
    string Name, DoctorState State, string Detail, string? Remedy = null, IReadOnlyList<ProbedDevice>? Devices = null);
