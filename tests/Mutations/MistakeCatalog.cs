namespace LoraLint.Tests.Mutations;

/// <summary>The mistakes that are made in every config where they are one.</summary>
internal static class MistakeCatalog
{
    public static IReadOnlyList<Mistake> All { get; } =
        [.. SlipsOfReading.All, .. SlipsOfKeys.All, .. MistakesInAdapters.All, .. MistakesInTraining.All];
}
