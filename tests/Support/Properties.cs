using FsCheck;

namespace LoraLint.Tests.Support;

/// <summary>
/// How property tests run: from a fixed seed, so that a red run is red again, or from a random one with LORALINT_SEED=random.
/// </summary>
public static class Properties
{
    private const ulong Seed = 2026;

    public static Config Runs(int count)
    {
        var config = Config.QuickThrowOnFailure.WithMaxTest(count);
        return Environment.GetEnvironmentVariable("LORALINT_SEED") == "random" ? config : config.WithReplay(Seed, 1);
    }
}
