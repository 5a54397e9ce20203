using LoraLint.Trainer.Engines.Torch;

namespace LoraLint.Tests.Trainer.Engines.Torch;

public sealed class AddressSpaceTests
{
    private const string Limits = """
        Limit                     Soft Limit           Hard Limit           Units
        Max cpu time              unlimited            unlimited            seconds
        Max address space         6348800000           unlimited            bytes
        Max file locks            unlimited            unlimited            locks
        """;

    // What was seen on a machine with OpenBLAS 0.3.21 at ulimit -v 6200000: 214 MiB are left, one thread trains, two never come back.
    [Theory]
    [InlineData(1, 0, false)]
    [InlineData(2, 0, true)]
    [InlineData(1, 1L << 27, true)]
    public void A_limit_that_leaves_no_room_for_the_buffers_of_each_thread_is_told(int threads, long bytes, bool isTold)
    {
        const string status = "Name:\tloralint-trainer\nVmPeak:\t 6000000 kB\nVmSize:\t 5980160 kB\n";
        var problem = AddressSpace.FindProblem(Limits, status, threads, bytes);
        Assert.Equal(isTold, problem is not null);
    }

    [Fact]
    public void The_message_has_the_limit_and_what_is_wanted() => Assert.Equal(
        "the addresses of a process are limited to 5.91 GiB here (ulimit -v), and the torch engine wants 5.95 GiB with 2 threads: raise "
        + "the limit, lower --threads, or take --engine managed",
        AddressSpace.FindProblem(Limits, "VmSize:\t 5980160 kB\n", 2, 0));

    [Fact]
    public void No_limit_is_no_problem() => Assert.Null(AddressSpace.FindProblem(
        Limits.Replace("6348800000", "unlimited ", StringComparison.Ordinal), "VmSize:\t 5980160 kB\n", 64, 1L << 40));

    [Fact]
    public void This_process_has_room() => AddressSpace.Require(1, 0);
}
